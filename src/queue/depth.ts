import type { Depth } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { firstRecord } from './read.ts'
import { isInboxRecord } from './readable.ts'
import { countDone, countsOf, readHead, readTail } from './schema.ts'
import type { Head, ReadTransaction } from './schema.ts'

/** How many messages are in each state: `tail` minus `head`, and one look at the head. */
export function depth(connection: Connection): Promise<Depth> {
  return connection.read(['inbox', 'meta', 'groups'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const { waiting, dead } = countsOf(tail, head)
    const reserved = Math.max(0, head.reserved - head.position - countDone(head.done, head.reserved))
    const leased = reserved + head.serving.length
    return {
      ready: waiting - leased,
      delayed: 0,
      leased,
      dead,
      bytes: tail.bytes - head.bytes,
      oldest: waiting > 0 ? await oldest(tx, head) : undefined,
      due: await due(tx, head),
      paused: tail.paused,
    }
  })
}

/** When the first message of the inbox was enqueued. */
async function oldest(tx: ReadTransaction, head: Head): Promise<number | undefined> {
  const found = await firstRecord(tx, head.record)
  // One that cannot be read is about to be set aside.
  if (!found || !isInboxRecord(found.record, found.key)) return undefined
  return found.record.messages[Math.max(0, head.position - found.key)]?.enqueuedAt
}

async function due(tx: ReadTransaction, head: Head): Promise<number | undefined> {
  const hold = head.held ?? head.endpoint
  if (hold || head.groups === 0) return hold?.due
  const [row] = await tx.objectStore('groups').index('turn').getAll(null, 1)
  return row?.due
}
