import { batchOf } from '../message/id.ts'
import type { Message, PlacedMessage } from '../message/message.ts'
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
  const found = (await inInbox(tx, known.head, original)) ?? (await inParked(tx, original))
  if (!found) return undefined
  const change = hasChanges ? await tx.objectStore('changes').get(found.message.sequence) : undefined
  if (change && (change.id !== id || change.kind === 'cancelled' || change.kind === 'passed')) return undefined
  return { ...found, message: changed(found.message, change), change }
}

/** A message as it is now. */
export function changed(message: PlacedMessage, change: Change | undefined): PlacedMessage {
  return change?.message ? { ...change.message, sequence: message.sequence } : message
}

/** Whether a message is reserved for sending. */
export function isLeased({ reserved, serving }: Head, place: FoundMessage): boolean {
  if (place.kind === 'delayed') return false
  if (place.kind === 'inbox') return place.message.sequence < reserved
  return place.row.next === place.message.sequence && serving.includes(place.row.group)
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

async function inInbox(tx: Transaction, head: Head, id: string): Promise<{ kind: 'inbox'; message: PlacedMessage } | undefined> {
  for (const key of await tx.objectStore('inbox').index('batch').getAllKeys(batchOf(id))) {
    const messages = (await valueOf(tx.objectStore('inbox').get(key)))?.messages ?? []
    const offset = messages.findIndex(
      (message) => isMessage(message) && message.id === id && !isDone(head, key + messages.indexOf(message)),
    )
    if (offset >= 0) return { kind: 'inbox', message: { ...(messages[offset] as Message), sequence: key + offset } }
  }
  return undefined
}

async function inParked(tx: Transaction, id: string): Promise<{ kind: 'parked'; message: PlacedMessage; row: GroupRow } | undefined> {
  for (const key of await tx.objectStore('parked').index('batch').getAllKeys(batchOf(id))) {
    const message = (await valueOf(tx.objectStore('parked').get(key)))?.messages.find((other) => isMessage(other) && other.id === id)
    const row = message && (await tx.objectStore('groups').get(key[0]))
    if (row && message.sequence >= row.next) return { kind: 'parked', message, row: await exactly(tx, row) }
  }
  return undefined
}
