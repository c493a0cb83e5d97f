import { batchOf } from '../message/id.ts'
import type { PlacedMessage } from '../message/message.ts'
import { areChanged, isDone } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import { exactly } from './read.ts'
import { isMessage, valueOf } from './readable.ts'
import type { Change, DelayedRecord, GroupRow, ReadTransaction, WriteTransaction } from './schema.ts'

type Transaction = ReadTransaction | WriteTransaction

/** Where a message waits, by its id. */
export type FoundMessage =
  | { readonly kind: 'delayed'; readonly message: DelayedRecord }
  | { readonly kind: 'inbox'; readonly message: PlacedMessage; readonly change: Change | undefined }
  | {
      readonly kind: 'parked'
      readonly message: PlacedMessage
      readonly change: Change | undefined
      /** The group as the leader knows it, with its row. */
      readonly row: GroupRow
    }

/** What the enqueuing side and the leader know, as of a transaction. */
export interface Known {
  readonly tail: Tail
  readonly head: Head
}

/** Looks for a message that waits; at the same cost however many do. One that was cancelled, or that another has replaced, is not there. */
export async function find(tx: Transaction, known: Known, id: string): Promise<FoundMessage | undefined> {
  const delayed = known.tail.delayed > 0 ? await tx.objectStore('delayed').index('id').get(id) : undefined
  if (delayed) return { kind: 'delayed', message: delayed }
  const hasChanges = areChanged(known.tail, known.head)
  const made = hasChanges ? await tx.objectStore('changes').index('id').get(id) : undefined
  const original = made?.original ?? id
  // It may have left one place for another: a dead letter that was redriven to the tail, before the leader has passed where it was.
  for await (const found of placesOf(tx, known.head, original)) {
    const change = hasChanges ? await tx.objectStore('changes').get(found.message.sequence) : undefined
    const isGone = change && (change.id !== id || change.kind === 'cancelled' || change.kind === 'passed')
    if (!isGone) return { ...found, message: changed(found.message, change), change }
  }
  return undefined
}

/** A message as it is now. */
export function changed(message: PlacedMessage, change: Change | undefined): PlacedMessage {
  return change?.message ? { ...change.message, sequence: message.sequence } : message
}

/** Whether a message is reserved for sending. */
export function isLeased({ reserved, serving, along }: Head, place: FoundMessage): boolean {
  if (place.kind === 'delayed') return false
  if (place.kind === 'inbox') return place.message.sequence < reserved
  return isServed({ serving, along }, place.row, place.message)
}

/** Whether a parked message is. */
export function isServed(
  { serving, along }: Pick<Head, 'serving' | 'along'>,
  { group, next }: GroupRow,
  { sequence }: PlacedMessage,
): boolean {
  return (sequence === next && serving.includes(group)) || along.includes(sequence)
}

/** Whether a message may have been sent: the bytes under its key may not change any more. */
export function isFrozen(head: Head, place: FoundMessage): boolean {
  return place.message.wasSent === true || isLeased(head, place) || wasAttempted(head, place) || isUnsure(head, place)
}

/** Whether an attempt was not answered, as far as anybody knows. */
export function maybeDelivered(head: Head, place: FoundMessage): boolean {
  return isUnsure(head, place) || (heldOf(head, place)?.unanswered ?? 0) > 0
}

/** Whether it is a dead letter that halts its group. */
export function isHalted(head: Head, place: FoundMessage): boolean {
  return heldOf(head, place)?.isHalted === true
}

function wasAttempted(head: Head, place: FoundMessage): boolean {
  const { attempts = 0, uncounted = 0 } = heldOf(head, place) ?? {}
  return attempts + uncounted > 0
}

function isUnsure({ frozen }: Head, place: FoundMessage): boolean {
  return place.kind !== 'delayed' && isDone({ position: 0, done: frozen }, place.message.sequence)
}

/** What came of a message so far: it is said of the head alone, and of the head of a group that is behind. */
function heldOf({ position, held }: Head, place: FoundMessage): GroupRow['held'] {
  if (place.kind === 'inbox') return place.message.sequence === position ? held : undefined
  return place.kind === 'parked' && place.row.next === place.message.sequence ? place.row.held : undefined
}

type InRecord =
  | { readonly kind: 'inbox'; readonly message: PlacedMessage }
  | { readonly kind: 'parked'; readonly message: PlacedMessage; readonly row: GroupRow }

/** Where records hold a message that is not done with. */
async function* placesOf(tx: Transaction, head: Head, id: string): AsyncGenerator<InRecord> {
  const [inbox, parked] = [tx.objectStore('inbox'), tx.objectStore('parked')]
  for (const key of await inbox.index('batch').getAllKeys(batchOf(id))) {
    for (const [offset, message] of ((await valueOf(inbox.get(key)))?.messages ?? []).entries()) {
      const sequence = key + offset
      if (isMessage(message) && message.id === id && !isDone(head, sequence)) yield { kind: 'inbox', message: { ...message, sequence } }
    }
  }
  for (const key of await parked.index('batch').getAllKeys(batchOf(id))) {
    const message = (await valueOf(parked.get(key)))?.messages.find((other) => isMessage(other) && other.id === id)
    const row = message && (await tx.objectStore('groups').get(key[0]))
    if (row && message.sequence >= row.next) yield { kind: 'parked', message, row: await exactly(tx, row) }
  }
}
