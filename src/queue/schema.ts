import type { DBSchema, IDBPTransaction } from 'idb'
import type { Death, EndpointHold, Held, KeptTime, Message, PlacedMessage } from '../message/message.ts'

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
 */
export interface Schema extends DBSchema {
  inbox: { key: number; value: InboxRecord }
  meta: { key: 'tail' | 'head' | 'instance'; value: Tail | Head | string }
  groups: { key: string; value: GroupRow; indexes: { turn: [number, number] } }
  parked: { key: [string, number]; value: ParkedRecord }
  dead: { key: number; value: DeadRecord; indexes: { id: string } }
}

export const STORES = ['inbox', 'meta', 'groups', 'parked', 'dead'] as const

export type StoreName = (typeof STORES)[number]
export type ReadTransaction = IDBPTransaction<Schema, StoreName[], 'readonly'>
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>
export type UpgradeTransaction = IDBPTransaction<Schema, StoreName[], 'versionchange'>

/** Messages that were stored together. The one at offset `i` has the number `first + i`; `first` is the key. */
export interface InboxRecord {
  readonly version: 1
  readonly first: number
  readonly messages: readonly Message[]
}

/** Messages of one group that were moved out of the inbox together, in order. The key is the group and the first one's number. */
export interface ParkedRecord {
  readonly version: 1
  readonly group: string
  readonly messages: readonly PlacedMessage[]
}

/** A group that is behind. */
export interface GroupRow {
  readonly group: string
  /** The number of its first message; it and all after it that the leader has met are parked. */
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

/** What the enqueueing side knows. */
export interface Tail {
  /** The number of the next message. Numbers are given out here, inside the transaction, and never again. */
  readonly next: number
  /** Bytes of all bodies ever stored. */
  readonly bytes: number
  /** How many dead letters were ever redriven or purged. */
  readonly deadOut: number
  readonly paused: boolean
  /** The number of the last batch of each of the producers heard last: an older one was decided before. */
  readonly marks: readonly Mark[]
}

export interface Mark {
  readonly producer: string
  readonly batch: number
}

/** Numbers from the first up to the second, exclusive. */
export type Range = readonly [number, number]

/** What the leader knows. */
export interface Head {
  /** Raised by each new leader; a leader whose epoch is not this one may write nothing. */
  readonly epoch: number
  /** Raised by each settlement, so that one that is issued again is written once. */
  readonly revision: number
  /** Every message below this number is done with in the inbox: settled, or parked. */
  readonly position: number
  /** Messages above it that are done with as well: few, and near. */
  readonly done: readonly Range[]
  /** The key of the first record that is needed: reads start here, since a scan over deleted records is slow. */
  readonly record: number
  /** The leader may send messages of the inbox up to this number, exclusive. */
  readonly reserved: number
  /** The groups of which the leader may send the first parked message. */
  readonly serving: readonly string[]
  /** How many messages are parked, and in how many groups. */
  readonly parked: number
  readonly groups: number
  /** The last turn that was given. */
  readonly turn: number
  /** Bytes of all bodies ever settled. */
  readonly bytes: number
  /** How many messages were ever dead-lettered. */
  readonly deadIn: number
  /** What came of the message at `position` so far, in a queue that is one group. */
  readonly held?: Held
  /** The whole endpoint is left alone for a while. */
  readonly endpoint?: EndpointHold
  /** The clock, as the leader knows it. */
  readonly time?: KeptTime
}

export interface DeadRecord extends PlacedMessage, Death {
  /** What was found where a message should have been, where that cannot be read. */
  readonly found?: unknown
  /** Numbers of messages in there that were settled, or parked, before. */
  readonly done?: readonly Range[]
}

const EMPTY_TAIL: Tail = { next: 1, bytes: 0, deadOut: 0, paused: false, marks: [] }
export const EMPTY_HEAD: Head = {
  epoch: 0,
  revision: 0,
  position: 1,
  done: [],
  record: 1,
  reserved: 1,
  serving: [],
  parked: 0,
  groups: 0,
  turn: 0,
  bytes: 0,
  deadIn: 0,
}

export async function readTail(tx: ReadTransaction | WriteTransaction): Promise<Tail> {
  return ((await tx.objectStore('meta').get('tail')) as Tail | undefined) ?? EMPTY_TAIL
}

/** What an earlier release wrote lacks what has come since. */
export async function readHead(tx: ReadTransaction | WriteTransaction): Promise<Head> {
  return { ...EMPTY_HEAD, ...((await tx.objectStore('meta').get('head')) as Head | undefined) }
}

/** Undefined in a database that an early release has made. */
export async function readInstance(tx: ReadTransaction): Promise<string | undefined> {
  return (await tx.objectStore('meta').get('instance')) as string | undefined
}

export async function writeTail(tx: WriteTransaction, tail: Tail): Promise<void> {
  await tx.objectStore('meta').put(tail, 'tail')
}

export async function writeHead(tx: WriteTransaction, head: Head): Promise<void> {
  await tx.objectStore('meta').put(head, 'head')
}

export interface Counts {
  /** Messages that have not been settled. */
  readonly waiting: number
  /** Dead letters. */
  readonly dead: number
}

/** How much there is: what came in, less what went out. */
export function countsOf(tail: Tail, head: Head): Counts {
  return {
    waiting: tail.next - head.position - countDone(head.done) + head.parked,
    dead: head.deadIn - tail.deadOut,
  }
}

/** Whether a message of the inbox was settled, or parked. */
export function isDone({ position, done }: Pick<Head, 'position' | 'done'>, sequence: number): boolean {
  return sequence < position || done.some(([from, to]) => from <= sequence && sequence < to)
}

/** How many numbers there are in some ranges, below an end. */
export function countDone(done: readonly Range[], end: number = Infinity): number {
  return done.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, end) - from), 0)
}
