import type { Connection } from './connection.ts'
import { readHead, writeHead } from './schema.ts'
import type { Head } from './schema.ts'

/** Begins a new epoch: from here on, whoever led before can write nothing, and nothing is reserved. */
export function lead(connection: Connection): Promise<Head> {
  return connection.writeFromReserve(['meta'], 'relaxed', async (tx) => {
    const before = await readHead(tx)
    const head = { ...before, epoch: before.epoch + 1, reserved: before.position, serving: [] }
    await writeHead(tx, head)
    return head
  })
}
