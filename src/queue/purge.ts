import type { Connection } from './connection.ts'
import { takeDeadLetters } from './dead-letters.ts'
import { readTail, writeTail } from './schema.ts'

/** Deletes dead letters. Gives their ids, transaction by transaction. */
export function purge(connection: Connection, ids: readonly string[] | undefined): AsyncGenerator<string[]> {
  return takeDeadLetters(
    connection,
    ids,
    () => true,
    async (tx, some) => {
      const tail = await readTail(tx)
      await writeTail(tx, { ...tail, deadOut: tail.deadOut + some.length })
    },
  )
}
