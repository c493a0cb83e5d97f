import type { Depth } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { readHead, readTail } from './schema.ts'

/** How many messages are in each state: `tail` minus `head`, and one look at the head. */
export function depth(connection: Connection): Promise<Depth> {
  return connection.read(['inbox', 'meta'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const waiting = tail.next - head.position
    const leased = Math.max(0, head.reserved - head.position)
    const [record] = waiting > 0 ? await tx.objectStore('inbox').getAll(IDBKeyRange.lowerBound(head.record), 1) : []
    return {
      ready: waiting - leased,
      delayed: 0,
      leased,
      dead: head.deadIn - tail.deadOut,
      bytes: tail.bytes - head.bytes,
      oldest: record?.messages[Math.max(0, head.position - record.first)]?.enqueuedAt,
      due: head.held?.due,
      paused: tail.paused,
    }
  })
}
