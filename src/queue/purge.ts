import { dropBody } from './bodies.ts'
import type { Connection } from './connection.ts'
import { messagesOf, takeDeadLetters } from './dead-letters.ts'
import type { MayTake } from './dead-letters.ts'
import { readTail, writeTail } from './meta.ts'
import type { DeadRecord } from './schema.ts'
import { release } from './stops.ts'

/** Deletes dead letters; a group that one of them halts goes on without it. Gives what was taken, transaction by transaction. */
export function purge(
  connection: Connection,
  ids: readonly string[] | undefined,
  now: number,
  mayTake: MayTake = () => true,
): AsyncGenerator<readonly DeadRecord[]> {
  return takeDeadLetters(connection, ids, mayTake, async (tx, some) => {
    let tail = await readTail(tx)
    for (const letter of some) if (letter.halts) tail = await release(tx, tail, letter.stopped ?? '', letter, { isRetried: false, now })
    for (const message of some.flatMap(messagesOf)) await dropBody(tx, message)
    await writeTail(tx, { ...tail, deadOut: tail.deadOut + some.length })
  })
}
