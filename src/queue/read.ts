import type { Connection } from './connection.ts'
import type { InboxRecord } from './schema.ts'

/** The first record at or after a key: at most about 56 kB, or one larger message. */
export function readRecord(connection: Connection, from: number): Promise<InboxRecord | undefined> {
  return connection.read(['inbox'], async (tx) => {
    const [record] = await tx.objectStore('inbox').getAll(IDBKeyRange.lowerBound(from), 1)
    return record
  })
}
