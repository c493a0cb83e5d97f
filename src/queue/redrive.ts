import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { takeDeadLetters } from './dead-letters.ts'
import { append } from './enqueue.ts'
import { isInboxRecord, isMessage, isParkedRecord } from './readable.ts'
import { isDone, readTail } from './schema.ts'
import type { DeadRecord, InboxRecord } from './schema.ts'

/**
 * Puts dead letters back at the tail, in the order in which they once were enqueued, under their old ids. What could not be read stays, unless this
 * release can. Gives the ids, transaction by transaction.
 */
export function redrive(connection: Connection, ids: readonly string[] | undefined): AsyncGenerator<string[]> {
  const canRevive = (letter: DeadRecord): boolean => messagesOf(letter).length > 0
  return takeDeadLetters(connection, ids, canRevive, async (tx, some) => {
    const tail = await readTail(tx)
    await append(tx, { ...tail, deadOut: tail.deadOut + some.length }, some.flatMap(messagesOf).map(revived))
  })
}

/** What of a dead letter can be delivered: of a record, what was not done with before it was set aside. */
function messagesOf(letter: DeadRecord): readonly Message[] {
  const { reason, found, done = [] } = letter
  if (reason !== 'unreadable') return [letter]
  const isLeft = (number: number): boolean => !isDone({ position: 0, done }, number)
  if (isParkedRecord(found)) return found.messages.filter((message) => isLeft(message.sequence))
  const { first = NaN } = Object(found) as Partial<InboxRecord>
  if (!isInboxRecord(found, first)) return isMessage(found) ? [found] : []
  return found.messages.every(isMessage) ? found.messages.filter((_, offset) => isLeft(first + offset)) : []
}

function revived({ id, body, bytes, enqueuedAt, group }: Message): Message {
  return { id, body, bytes, enqueuedAt, ...(group !== undefined && { group }) }
}
