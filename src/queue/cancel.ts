import type { Cancellation } from '../message/message.ts'
import type { KeepReceipts } from '../message/limits.ts'
import { dropBody } from './bodies.ts'
import type { Connection } from './connection.ts'
import { freeKey } from './dedup.ts'
import { find, isHalted, isLeased, maybeDelivered } from './find.ts'
import type { FoundMessage } from './find.ts'
import { queueTime, readHead, readTail, writeHead, writeTail } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import { keep } from './receipts.ts'
import type { Change, WriteTransaction } from './schema.ts'
import { wakeGroup } from './stops.ts'

export interface Cancelled {
  readonly answer: Cancellation
  /** An attempt was not answered. */
  readonly maybeDelivered: boolean
  readonly group?: string | undefined
  /** Its place, where it is to be aborted there. */
  readonly sequence?: number
}

export interface CancelOptions {
  readonly id: string
  /** Whether one that is reserved is to be taken out as well. */
  readonly isAborting: boolean
  /** The device's time. */
  readonly now: number
  readonly keepReceipts?: KeepReceipts | undefined
}

const NOTHING = { maybeDelivered: false }

/** Takes a message out of the queue that was not reserved for sending; or notes, for the leader, that one that was is not wanted any more. */
export function cancel(connection: Connection, options: CancelOptions): Promise<Cancelled> {
  const { id, isAborting } = options
  let cancelled: Cancelled | undefined
  return connection.writeFromReserve(
    ['inbox', 'meta', 'groups', 'parked', 'delayed', 'changes', 'dedup', 'receipts', 'bodies'],
    'strict',
    async (tx) => {
      const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
      const place = await find(tx, { tail, head }, id)
      // Issued again, since nobody heard that it was written: it is gone by now.
      if (!place || isHalted(head, place)) return cancelled ?? { ...NOTHING, answer: 'unknown' }
      const isReserved = isLeased(head, place)
      if (isReserved && !isAborting) return { ...NOTHING, answer: 'leased' }
      cancelled = {
        answer: isReserved ? 'aborted' : 'cancelled',
        maybeDelivered: maybeDelivered(head, place),
        group: place.message.group,
        ...(place.kind !== 'delayed' && { sequence: place.message.sequence }),
      }
      await Promise.all([
        ...(isReserved ? [mark(tx, tail, place)] : [takeOut(tx, tail, head, place, options), dropBody(tx, place.message)]),
        freeKey(tx, place.message),
      ])
      return cancelled
    },
  )
}

async function takeOut(
  tx: WriteTransaction,
  tail: Tail,
  head: Head,
  place: FoundMessage,
  { now, keepReceipts }: CancelOptions,
): Promise<void> {
  const { message } = place
  const bytes = tail.bytes - message.bytes
  if (place.kind === 'delayed') {
    // Of what lies in a record the leader keeps a receipt, as it passes it.
    const kept = [{ id: message.id, settledAt: queueTime(head, now) }]
    await Promise.all([
      ...(keepReceipts ? [writeHead(tx, { ...head, ...(await keep(tx, head, kept, keepReceipts)) })] : []),
      tx.objectStore('delayed').delete([place.message.due, place.message.number]),
      writeTail(tx, { ...tail, bytes, delayed: tail.delayed - 1 }),
    ])
    return
  }
  const isUnsure = maybeDelivered(head, place)
  const change = { ...changeOf(place), kind: 'cancelled', ...(isUnsure && { maybeDelivered: true as const }) } as const
  // Its group waits for it no more.
  if (place.kind === 'parked' && place.row.next === place.message.sequence && place.row.held) await wakeGroup(tx, place.row.group, now)
  const { held } = head
  if (held && place.kind === 'inbox' && place.message.sequence === head.position) {
    await writeHead(tx, { ...head, held: { ...held, due: queueTime(head, now), wait: 0 } })
  }
  await writeChange(tx, { ...tail, bytes, cancelled: tail.cancelled + 1 }, change, place.change)
}

async function mark(tx: WriteTransaction, tail: Tail, place: FoundMessage): Promise<void> {
  if (place.kind !== 'delayed') await writeChange(tx, tail, { ...changeOf(place), kind: 'aborted' }, place.change)
}

function changeOf({
  message,
  change,
}: Exclude<FoundMessage, { kind: 'delayed' }>): Pick<Change, 'sequence' | 'id' | 'original' | 'message'> {
  return {
    sequence: message.sequence,
    id: message.id,
    original: change?.original ?? message.id,
    ...(change?.message && { message: change.message }),
  }
}

async function writeChange(tx: WriteTransaction, tail: Tail, change: Change, before: Change | undefined): Promise<void> {
  await Promise.all([
    tx.objectStore('changes').put(change, change.sequence),
    writeTail(tx, { ...tail, changes: tail.changes + (before ? 0 : 1) }),
  ])
}
