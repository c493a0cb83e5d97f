import type { Connection } from './connection.ts'
import { countsOf, readHead, readTail, writeHead } from './schema.ts'
import type { Head } from './schema.ts'

/** Begins a new epoch: from here on, whoever led before can write nothing, and nothing is reserved. */
export function lead(connection: Connection): Promise<Head> {
  return connection.writeFromReserve(['meta'], 'relaxed', async (tx) => {
    const [tail, before] = await Promise.all([readTail(tx), readHead(tx)])
    // What was set aside unread has taken along nobody knows how much.
    const bytes = countsOf(tail, before).waiting === 0 ? tail.bytes : before.bytes
    const head = { ...before, epoch: before.epoch + 1, reserved: before.position, serving: [], bytes }
    await writeHead(tx, head)
    return head
  })
}
