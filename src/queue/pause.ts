import type { Connection } from './connection.ts'
import { readTail, writeTail } from './schema.ts'

/** Holds the queue, or lets it go on: in every tab, and after a reload too. What is under way is finished. */
export function setPaused(connection: Connection, paused: boolean): Promise<void> {
  return connection.writeFromReserve(['meta'], 'strict', async (tx) => {
    await writeTail(tx, { ...(await readTail(tx)), paused })
  })
}
