import type { Connection } from './connection.ts'
import { readTail } from './schema.ts'
import type { DeadRecord, WriteTransaction } from './schema.ts'

/** How much of the dead letters one transaction reads: so many, or so many bytes, whichever comes first. */
const MOST_LETTERS = 100
const MOST_BYTES = 256 * 1024

/** Some of the dead letters, and the place where the rest begins. */
export interface DeadLetters {
  readonly items: readonly DeadRecord[]
  readonly next?: number
}

/** The dead letters from a place on, in the order in which they were enqueued. */
export function deadLetters(connection: Connection, from: number): Promise<DeadLetters> {
  return connection.read(['dead'], async (tx) => {
    const items: DeadRecord[] = []
    let bytes = 0
    let cursor = await tx.objectStore('dead').openCursor(IDBKeyRange.lowerBound(from))
    while (cursor) {
      if (items.length === MOST_LETTERS || bytes > MOST_BYTES) return { items, next: cursor.value.sequence }
      items.push(cursor.value)
      bytes += cursor.value.bytes
      cursor = await cursor.continue()
    }
    return { items }
  })
}

/** Says what becomes of dead letters that are taken out of the store, in the same transaction. */
export type Use = (tx: WriteTransaction, letters: readonly DeadRecord[]) => Promise<void>

/** Takes out the dead letters with these ids, or all that there are now; a bounded number to a transaction. Returns their ids. */
export async function takeDeadLetters(connection: Connection, ids: readonly string[] | undefined, use: Use): Promise<string[]> {
  const taken: string[] = []
  for await (const some of ids ? named(ids) : present(connection)) taken.push(...(await takeSome(connection, some, use)))
  return taken
}

function* named(ids: readonly string[]): Generator<string[]> {
  const distinct = [...new Set(ids)]
  for (let start = 0; start < distinct.length; start += MOST_LETTERS) yield distinct.slice(start, start + MOST_LETTERS)
}

/** The ids of the dead letters that there are now: what is redriven and dies again meanwhile stands behind them. */
async function* present(connection: Connection): AsyncGenerator<string[]> {
  const end = await connection.read(['meta'], async (tx) => (await readTail(tx)).next)
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: DeadLetters = await deadLetters(connection, from)
    yield items.filter(({ sequence }) => sequence < end).map(({ id }) => id)
    from = next !== undefined && next < end ? next : undefined
  }
}

function takeSome(connection: Connection, ids: readonly string[], use: Use): Promise<string[]> {
  return connection.write(['inbox', 'meta', 'dead'], 'strict', async (tx) => {
    const dead = tx.objectStore('dead')
    const found = await Promise.all(ids.map((id) => dead.index('id').get(id)))
    const letters = found.filter((letter) => letter !== undefined).sort((a, b) => a.sequence - b.sequence)
    if (letters.length === 0) return []
    await Promise.all([use(tx, letters), ...letters.map(({ sequence }) => dead.delete(sequence))])
    return letters.map(({ id }) => id)
  })
}
