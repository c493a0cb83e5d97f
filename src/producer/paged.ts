import type { Page, Place } from '../protocol/host.ts'

/** All items of a list that the host gives part by part. */
export async function* paged<Item>(ask: (from: Place | undefined) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let from: Place | undefined
  do {
    const page: Page<Item> = await ask(from)
    yield* page.items
    from = page.next
  } while (from !== undefined)
}
