import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { readHead } from './schema.ts'

/** Some of what waits, and the place where the rest begins. */
export interface Waiting {
  readonly items: readonly (Message & { readonly state: 'ready' | 'leased' })[]
  readonly next?: number
}

/** What waits from a place on: one record of it. */
export function messages(connection: Connection, from: number): Promise<Waiting> {
  return connection.read(['inbox', 'meta'], async (tx) => {
    const head = await readHead(tx)
    const [record] = await tx.objectStore('inbox').getAll(IDBKeyRange.lowerBound(Math.max(from, head.record)), 1)
    if (!record) return { items: [] }
    const { first } = record
    const items = record.messages
      .map((message, offset) => ({ ...message, state: first + offset < head.reserved ? ('leased' as const) : ('ready' as const) }))
      .slice(Math.max(0, head.position - first))
    return { items, next: first + record.messages.length }
  })
}
