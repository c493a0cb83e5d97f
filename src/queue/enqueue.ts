import type { Message } from '../message/message.ts'
import type { Connection, Durability } from './connection.ts'
import { toRecords } from './record.ts'
import { readTail, writeTail } from './schema.ts'
import type { Tail, WriteTransaction } from './schema.ts'

/** A producer's batch, ready to be stored. */
export interface IncomingBatch {
  readonly producer: string
  readonly number: number
  readonly messages: readonly Message[]
}

/** How many producers' last batches are remembered. A producer is a page; one that is forgotten was silent for this many others. */
const MOST_MARKS = 64

/** Stores batches at the tail, in one transaction. One that its producer's mark says was stored before is not stored again. */
export function enqueue(connection: Connection, durability: Durability, batches: readonly IncomingBatch[]): Promise<void> {
  return connection.write(['inbox', 'meta'], durability, async (tx) => {
    const tail = await readTail(tx)
    const last = new Map(tail.marks.map(({ producer, batch }) => [producer, batch]))
    const fresh = batches.filter((batch) => isNew(batch, last))
    const marks = Array.from(last, ([producer, batch]) => ({ producer, batch })).slice(-MOST_MARKS)
    await append(
      tx,
      { ...tail, marks },
      fresh.flatMap(({ messages }) => messages),
    )
  })
}

/** Writes messages and the tail that counts them. */
export async function append(tx: WriteTransaction, tail: Tail, messages: readonly Message[]): Promise<void> {
  const inbox = tx.objectStore('inbox')
  const next = tail.next + messages.length
  const bytes = messages.reduce((sum, message) => sum + message.bytes, tail.bytes)
  await Promise.all([
    // add, not put: a number that is given out twice must fail, and not overwrite a message.
    ...toRecords(messages, tail.next).map((record) => inbox.add(record, record.first)),
    writeTail(tx, { ...tail, next, bytes }),
  ])
}

/** Whether a batch was not stored before; it is the last of its producer then. Whoever wrote last stands last, and the first are forgotten. */
function isNew({ producer, number }: IncomingBatch, last: Map<string, number>): boolean {
  if (number <= (last.get(producer) ?? -1)) return false
  last.delete(producer)
  last.set(producer, number)
  return true
}
