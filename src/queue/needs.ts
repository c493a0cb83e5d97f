import type { Connection } from './connection.ts'
import { readTail } from './meta.ts'

/** The functions that are to be asked in a page alone, as whoever enqueued last has said. */
export function needs(connection: Connection): Promise<readonly string[]> {
  return connection.read(['meta'], async (tx) => (await readTail(tx)).needs ?? [])
}
