import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import { CHUNKS } from './documents.ts'
import { chunks } from './queue.ts'
import type { Chunk } from './queue.ts'
import { clearShelf, shelf } from './shelf.ts'
import type { Begun } from './shelf.ts'

export const queue: Queue<Chunk> = openQueue(chunks)

/** Enqueues the whole corpus, unless another tab has just done so. Resolves when all of it is on the disk. */
export async function begin(letters: number): Promise<void> {
  await navigator.locks.request('index-of-letters', async () => {
    const { ready, leased } = await queue.depth()
    if (ready + leased > 0) return
    const begun = { at: Date.now(), letters }
    await clearShelf(begun)
    const batch = await queue.enqueueAll(Array.from({ length: CHUNKS }, (_, chunk) => ({ chunk, size: letters / CHUNKS })))
    await (await shelf).put('begun', { ...begun, ids: batch.receipts.map(({ id }) => id) }, 'batch')
  })
}

/** The ids of a batch, begun in whichever tab, on whichever visit: `queue.batchReceipt(ids)` tells how far it is. */
export async function idsOf(begun: Begun): Promise<readonly string[]> {
  if (begun.ids) return begun.ids
  // Whoever began it ended before the ids were noted: what is on the disk has them.
  const found = new Set<string>()
  // In this order: what leaves the queue meanwhile is in both, and not in neither.
  for await (const { id } of queue.messages()) found.add(id)
  for await (const { id } of queue.receipts({ since: begun.at })) found.add(id)
  return [...found]
}
