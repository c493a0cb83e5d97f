import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { takeDeadLetters } from './dead-letters.ts'
import { append } from './enqueue.ts'
import { readTail } from './schema.ts'
import type { DeadRecord } from './schema.ts'

/** Puts dead letters back at the tail, in the order in which they once were enqueued, under their old ids. Gives the ids, transaction by transaction. */
export function redrive(connection: Connection, ids: readonly string[] | undefined): AsyncGenerator<string[]> {
  return takeDeadLetters(connection, ids, async (tx, some) => {
    const tail = await readTail(tx)
    await append(tx, { ...tail, deadOut: tail.deadOut + some.length }, some.map(revived))
  })
}

function revived({ id, body, bytes, enqueuedAt, group }: DeadRecord): Message {
  return { id, body, bytes, enqueuedAt, ...(group !== undefined && { group }) }
}
