import type { Depth } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { exactly, firstOf, firstRecord, parkedOf } from './read.ts'
import { isInboxRecord, isParkedRecord, valueOf } from './readable.ts'
import { areChanged, countDone, countsOf, isDone, readHead, readTail } from './meta.ts'
import type { Counts, Head } from './meta.ts'
import type { ReadTransaction } from './schema.ts'

/** How much there is. */
export function counts(connection: Connection): Promise<Counts> {
  return connection.read(['meta'], async (tx) => countsOf(...(await Promise.all([readTail(tx), readHead(tx)]))))
}

/** How many messages are in each state: `tail` minus `head`, and one look at the head. */
export function depth(connection: Connection): Promise<Depth> {
  return connection.read(['inbox', 'meta', 'groups', 'parked', 'changes'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const { waiting, dead } = countsOf(tail, head)
    const reserved = Math.max(0, head.reserved - head.position - countDone(head.done, head.reserved))
    const gone = areChanged(tail, head) ? await countGone(tx, head) : 0
    const leased = Math.min(waiting, reserved + head.serving.length + head.along.length - gone)
    return {
      ready: waiting - leased,
      delayed: tail.delayed,
      leased,
      dead,
      // What was set aside unread has taken along nobody knows how much.
      bytes: waiting + tail.delayed + tail.halted > 0 ? tail.bytes - head.bytes : 0,
      oldest: waiting > 0 ? await oldest(tx, head) : undefined,
      due: await due(tx, head),
      paused: tail.paused,
      unauthorized: head.isUnauthorized === true,
      stopped: tail.stopped,
    }
  })
}

/** How many of those that are reserved have left the queue, and are still to be passed. */
async function countGone(tx: ReadTransaction, head: Head): Promise<number> {
  const { position, reserved, serving, along } = head
  const changes = tx.objectStore('changes')
  const inInbox = reserved > position ? await changes.getAll(IDBKeyRange.bound(position, reserved, false, true)) : []
  const rows = await Promise.all(serving.map((group) => tx.objectStore('groups').get(group)))
  const firsts = await Promise.all(rows.flatMap((row) => (row ? [exactly(tx, row)] : [])))
  const inParked = await Promise.all([...firsts.map(({ next }) => next), ...along].map((sequence) => changes.get(sequence)))
  const ahead = inInbox.filter(({ sequence }) => !isDone(head, sequence))
  return [...ahead, ...inParked].filter((change) => change?.kind === 'cancelled' || change?.kind === 'passed').length
}

/** When the head was enqueued: the first of the inbox, or of the group whose turn is next where all are parked. What cannot be read is about to be set aside. */
async function oldest(tx: ReadTransaction, head: Head): Promise<number | undefined> {
  const found = await firstRecord(tx, head.record)
  const first = found && isInboxRecord(found.record, found.key) && found.record.messages[Math.max(0, head.position - found.key)]
  if (first) return first.enqueuedAt
  const [row] = await tx.objectStore('groups').index('turn').getAll(null, 1)
  if (!row) return undefined
  const [record] = (await valueOf(tx.objectStore('parked').getAll(parkedOf(row.group), 1))) ?? []
  return isParkedRecord(record) ? firstOf(row, record)?.message.enqueuedAt : undefined
}

async function due(tx: ReadTransaction, head: Head): Promise<number | undefined> {
  const hold = head.held ?? head.endpoint
  const [row] = hold || head.groups === 0 ? [] : await tx.objectStore('groups').index('turn').getAll(null, 1)
  const first = (hold ?? row)?.due
  // In the device's time; a group that is stopped waits for no time.
  return first === undefined || first === Infinity ? undefined : first - (head.time?.offset ?? 0)
}
