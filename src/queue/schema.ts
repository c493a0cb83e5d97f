import type { DBSchema, IDBPTransaction } from 'idb'
import type { Death, Held, Message } from '../message/message.ts'

/**
 * The store: one database for each queue. What is written is laid out as a log.
 *
 * - `inbox`: what one commit stored, as records of many messages. Records are immutable; the leader deletes them whole.
 * - `meta`: two rows. `tail` belongs to whoever enqueues, `head` to the leader alone, so that neither waits for what the
 *   other knows. What is in the queue is `tail` minus `head`, at the same cost however much it is.
 * - `dead`: the dead letters, by their place in the queue, so that a redrive keeps their order; an index finds one by id.
 */
export interface Schema extends DBSchema {
  inbox: { key: number; value: InboxRecord }
  meta: { key: 'tail' | 'head'; value: Tail | Head }
  dead: { key: number; value: DeadRecord; indexes: { id: string } }
}

export type StoreName = 'inbox' | 'meta' | 'dead'
export type ReadTransaction = IDBPTransaction<Schema, StoreName[], 'readonly'>
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>

/** Messages that were stored together. The one at offset `i` has the number `first + i`; `first` is the key. */
export interface InboxRecord {
  readonly version: 1
  readonly first: number
  readonly messages: readonly Message[]
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

/** What the leader knows. */
export interface Head {
  /** Raised by each new leader; a leader whose epoch is not this one may write nothing. */
  readonly epoch: number
  /** The number of the first message that is not settled. */
  readonly position: number
  /** The key of the record that holds `position`: reads start here, since a scan over deleted records is slow. */
  readonly record: number
  /** The leader may send messages up to this number, exclusive. */
  readonly reserved: number
  /** Bytes of all bodies ever settled. */
  readonly bytes: number
  /** How many messages were ever dead-lettered. */
  readonly deadIn: number
  /** What came of the message at `position` so far, while it waits for another attempt. */
  readonly held?: Held
}

export interface DeadRecord extends Message, Death {
  readonly sequence: number
}

const EMPTY_TAIL: Tail = { next: 1, bytes: 0, deadOut: 0, paused: false, marks: [] }
const EMPTY_HEAD: Head = { epoch: 0, position: 1, record: 1, reserved: 1, bytes: 0, deadIn: 0 }

export async function readTail(tx: ReadTransaction | WriteTransaction): Promise<Tail> {
  return ((await tx.objectStore('meta').get('tail')) as Tail | undefined) ?? EMPTY_TAIL
}

export async function readHead(tx: ReadTransaction | WriteTransaction): Promise<Head> {
  return ((await tx.objectStore('meta').get('head')) as Head | undefined) ?? EMPTY_HEAD
}

export async function writeTail(tx: WriteTransaction, tail: Tail): Promise<void> {
  await tx.objectStore('meta').put(tail, 'tail')
}

export async function writeHead(tx: WriteTransaction, head: Head): Promise<void> {
  await tx.objectStore('meta').put(head, 'head')
}
