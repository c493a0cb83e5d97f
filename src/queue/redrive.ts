import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { takeDeadLetters } from './dead-letters.ts'
import { append } from './enqueue.ts'
import { isInboxRecord, isMessage, isParkedRecord } from './readable.ts'
import { readTail } from './schema.ts'
import type { DeadRecord } from './schema.ts'

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

function messagesOf(letter: DeadRecord): readonly Message[] {
  const { reason, sequence, found } = letter
  if (reason !== 'unreadable') return [letter]
  if (isInboxRecord(found, sequence) || isParkedRecord(found)) return found.messages.every(isMessage) ? found.messages : []
  return isMessage(found) ? [found] : []
}

function revived({ id, body, bytes, enqueuedAt, group }: Message): Message {
  return { id, body, bytes, enqueuedAt, ...(group !== undefined && { group }) }
}
