import type { Message } from '../message/message.ts'
import { bytesWithin } from '../message/spooled.ts'
import type { Connection } from './connection.ts'
import { isDone, readTail } from './meta.ts'
import { isInboxRecord, isMessage, isParkedRecord } from './readable.ts'
import type { DeadRecord, InboxRecord, WriteTransaction } from './schema.ts'
import { STOP_STORES } from './stops.ts'

/** How much of the dead letters one transaction reads: so many, or so many bytes, whichever comes first. */
const MOST_LETTERS = 100
const MOST_BYTES = 256 * 1024

type ShownLetter = Omit<DeadRecord, 'found' | 'done' | 'stopped'>

/** Some of the dead letters, and the place where the rest begins. */
export interface DeadLetters {
  readonly items: readonly ShownLetter[]
  readonly next?: number
}

/** The dead letters from a place on, in the order in which they were enqueued. */
export function deadLetters(connection: Connection, from: number): Promise<DeadLetters> {
  return connection.read(['dead'], async (tx) => {
    const items: ShownLetter[] = []
    let bytes = 0
    let cursor = await tx.objectStore('dead').openCursor(IDBKeyRange.lowerBound(from))
    while (cursor) {
      if (items.length === MOST_LETTERS || bytes > MOST_BYTES) return { items, next: cursor.value.sequence }
      const { found: _, done: _done, stopped: _stopped, ...letter } = cursor.value
      items.push(letter)
      bytes += bytesWithin(cursor.value)
      cursor = await cursor.continue()
    }
    return { items }
  })
}

/** Whether a dead letter may be taken out; others stay. */
export type MayTake = (letter: DeadRecord) => boolean

/** Says what becomes of dead letters that are taken out of the store, in the same transaction. */
type Use = (tx: WriteTransaction, letters: readonly DeadRecord[]) => Promise<void>

/** Takes out the dead letters with these ids, or all that there are now, in their order; a bounded number to a transaction, which it gives. */
export async function* takeDeadLetters(
  connection: Connection,
  ids: readonly string[] | undefined,
  mayTake: MayTake,
  use: Use,
): AsyncGenerator<readonly DeadRecord[]> {
  for await (const some of ids ? named(connection, ids) : present(connection)) {
    const taken = await takeSome(connection, some, mayTake, use)
    if (taken.length > 0) yield taken
  }
}

/** The dead letters with these ids. */
async function* named(connection: Connection, ids: readonly string[]): AsyncGenerator<number[]> {
  const sequences = await connection.read(['dead'], async (tx) => {
    const index = tx.objectStore('dead').index('id')
    const keys = await Promise.all([...new Set(ids)].map((id) => index.getKey(id)))
    return keys.filter((key) => key !== undefined).sort((a, b) => a - b)
  })
  for (let start = 0; start < sequences.length; start += MOST_LETTERS) yield sequences.slice(start, start + MOST_LETTERS)
}

/** The dead letters that there are now: what is redriven and dies again meanwhile stands behind them. */
async function* present(connection: Connection): AsyncGenerator<number[]> {
  const end = await connection.read(['meta'], async (tx) => (await readTail(tx)).next)
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: DeadLetters = await deadLetters(connection, from)
    yield items.map(({ sequence }) => sequence).filter((sequence) => sequence < end)
    from = next !== undefined && next < end ? next : undefined
  }
}

function takeSome(connection: Connection, sequences: readonly number[], mayTake: MayTake, use: Use): Promise<readonly DeadRecord[]> {
  let taken: readonly DeadRecord[] = []
  return connection.writeFromReserve([...STOP_STORES, 'dedup', 'bodies'], 'strict', async (tx) => {
    const dead = tx.objectStore('dead')
    const found = await Promise.all(sequences.map((sequence) => dead.get(sequence)))
    const letters = found.filter((letter) => letter !== undefined && mayTake(letter)) as DeadRecord[]
    // Issued again, since nobody heard that it was written: they are gone by now.
    if (letters.length === 0) return taken
    taken = letters
    await Promise.all([use(tx, letters), ...letters.map(({ sequence }) => dead.delete(sequence))])
    return taken
  })
}

/** What of a dead letter can be delivered: of a record, what was not done with before it was set aside. */
export function messagesOf(letter: DeadRecord): readonly Message[] {
  const { reason, found, done = [] } = letter
  if (reason !== 'unreadable') return [letter]
  const isLeft = (number: number): boolean => !isDone({ position: 0, done }, number)
  if (isParkedRecord(found)) return found.messages.filter((message) => isLeft(message.sequence))
  const { first = NaN } = Object(found) as Partial<InboxRecord>
  if (!isInboxRecord(found, first)) return isMessage(found) ? [found] : []
  return found.messages.every(isMessage) ? found.messages.filter((_, offset) => isLeft(first + offset)) : []
}
