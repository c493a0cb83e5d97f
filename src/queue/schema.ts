import type { DBSchema, IDBPTransaction } from 'idb'
import type { Death, Held, KeptReceipt, Message, PlacedMessage } from '../message/message.ts'
import type { Head, Range, Tail } from './meta.ts'

/**
 * The store: one database for each queue. What is written is laid out as a log, sorted into groups only where that is needed.
 *
 * - `inbox`: what one commit stored, as records of many messages of any groups. Records are immutable; the leader deletes them whole.
 * - `meta`: `tail` belongs to whoever enqueues, `head` to the leader alone, so that neither waits for what the
 *   other knows. What is in the queue is `tail` minus `head`, at the same cost however much it is. `instance` tells this
 *   database from another of its name, begun after the site's data was cleared.
 * - `groups`: a row for a group that is behind: its head waits for another attempt, or too many of its messages stood in the way of others.
 * - `parked`: the messages of such groups, in arrays, moved here once. A healthy group has nothing in either.
 * - `dead`: the dead letters, by their place in the queue, so that a redrive keeps their order; an index finds one by id.
 * - `delayed`: messages that join the tail when they are due, by their time.
 * - `changes`: what was done to a message that waits in a record, by its number: records stay as they are. The leader looks here as it reserves a message, if there
 *   is anything to be found.
 * - `stops`: groups that are paused, or halted by a dead letter. The leader looks here as it reserves, if there are any.
 * - `dedup`: which message has a dedup key now, or had it a while ago; and, without a key, which messages of other queues were followed by some of this one, and which
 *   occurrence of a schedule is in the queue, or was.
 * - `bodies`: large bodies, in chunks of a megabyte, by the spool that they were stored in; `spools`: those that are no message's yet.
 * - `receipts`: what came of messages that have left the queue, in the order in which they left.
 *
 * Records of `inbox` and `parked` are found by the batches that their messages were enqueued in: an index entry for each batch, and not for each message.
 */
export interface Schema extends DBSchema {
  inbox: { key: number; value: InboxRecord; indexes: { batch: string } }
  meta: { key: 'tail' | 'head' | 'instance'; value: Tail | Head | string }
  groups: { key: string; value: GroupRow; indexes: { turn: [number, number] } }
  parked: { key: [string, number]; value: ParkedRecord; indexes: { batch: string } }
  dead: { key: number; value: DeadRecord; indexes: { id: string } }
  delayed: { key: [number, number]; value: DelayedRecord; indexes: { id: string } }
  changes: { key: number; value: Change; indexes: { id: string } }
  stops: { key: string; value: Stop }
  dedup: { key: [string, string]; value: DedupRow; indexes: { until: number } }
  receipts: { key: number; value: KeptReceipt; indexes: { id: string } }
  bodies: { key: [string, number]; value: Uint8Array<ArrayBuffer> }
  spools: { key: string; value: Spool }
}

export const STORES = [
  'inbox',
  'meta',
  'groups',
  'parked',
  'dead',
  'delayed',
  'changes',
  'stops',
  'dedup',
  'receipts',
  'bodies',
  'spools',
] as const

export type StoreName = (typeof STORES)[number]
export type ReadTransaction = IDBPTransaction<Schema, StoreName[], 'readonly'>
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>
export type UpgradeTransaction = IDBPTransaction<Schema, StoreName[], 'versionchange'>

/** Messages that were stored together. The one at offset `i` has the number `first + i`; `first` is the key. */
export interface InboxRecord {
  readonly version: 1
  readonly first: number
  readonly messages: readonly Message[]
  /** The batches that they were enqueued in; absent in records of an earlier release, whose messages are not found by id. */
  readonly batches?: readonly string[]
}

/** Messages of one group that were moved out of the inbox together, in order. The key is the group and the first one's number. */
export interface ParkedRecord {
  readonly version: 1
  readonly group: string
  readonly messages: readonly PlacedMessage[]
  readonly batches?: readonly string[]
}

/** A message that is not due yet. The key is its time, and a number that tells apart those of one time. */
export interface DelayedRecord extends Message {
  /** When it joins the tail, in queue time. */
  readonly due: number
  readonly number: number
}

/** What was done to a message that waits in a record. */
export interface Change {
  /** The number of the message. */
  readonly sequence: number
  /** The id that the message has now, and that of the record. */
  readonly id: string
  readonly original: string
  /**
   * `cancelled`: it has left the queue, and is counted so. `passed`: likewise, as a dead letter that the group goes on without. `aborted`: it was reserved
   * when it was cancelled, and leaves the queue as it is met. `replaced`: it is another now.
   */
  readonly kind: 'cancelled' | 'passed' | 'aborted' | 'replaced'
  /** What it is now. */
  readonly message?: Message
  /** It was cancelled after an attempt that was not answered. */
  readonly maybeDelivered?: true
}

/** Why nothing of a group is sent. */
export interface Stop {
  readonly isPaused?: true
  /** The number of the dead letter that halts it. */
  readonly letter?: number
}

/** A body whose message is not stored yet, and how many of its chunks are. */
export interface Spool {
  readonly chunks: number
  /** They are encrypted. */
  readonly isSealed?: true
}

/** What is said with a schedule, and the same of all its messages. */
export type Said = Omit<Message, 'id' | 'enqueuedAt' | 'expiresAt'>

/** Who has a dedup key, in its group. */
export interface DedupRow {
  readonly id: string
  /** Who had it before, and could not be changed any more: it has the key again, should it be there longer. */
  readonly before?: string
  /** It was delivered; the key is remembered until then, in queue time. */
  readonly until?: number
  /** Of a schedule: when it is repeated, as text, when the last occurrence that was stored is due, in queue time, and what its messages say. */
  readonly schedule?: { readonly when: string; readonly due: number; readonly said: Said }
}

/** A group that is behind. */
export interface GroupRow {
  readonly group: string
  /** Its first message has this number, or one above it: what lies between may be other groups'. That one and all after it that the leader has met are parked. */
  readonly next: number
  /** How many of its messages are parked. */
  readonly parked: number
  /** Not served before, in milliseconds since the epoch. */
  readonly due: number
  /** Of two groups that are due, the lower is served first: whoever was served goes to the back. */
  readonly turn: number
  /** What came of its first message so far. */
  readonly held?: Held
}

export interface DeadRecord extends PlacedMessage, Death {
  /** The group that it halts, as the leader knows it. */
  readonly stopped?: string
  /** What was found where a message should have been, where that cannot be read. */
  readonly found?: unknown
  /** Numbers of messages in there that were settled, or parked, before. */
  readonly done?: readonly Range[]
}
