import type { PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { firstRecord } from './read.ts'
import { isInboxRecord, isMessage, isParkedRecord, valueOf } from './readable.ts'
import { isDone, readHead } from './schema.ts'
import type { Head, ReadTransaction } from './schema.ts'

/** Where a list goes on: after a record of parked messages, or at a number in the inbox. */
export type Place = readonly [group: string, number: number] | number

export interface ListedMessage extends PlacedMessage {
  readonly state: 'ready' | 'leased'
}

/** Some of what waits, and the place where the rest begins. */
export interface Waiting {
  readonly items: readonly ListedMessage[]
  readonly next?: Place
}

/** What waits from a place on: one record of it. What was set aside comes first, group by group; then the inbox, in order. */
export function messages(connection: Connection, from: Place | undefined): Promise<Waiting> {
  return connection.read(['inbox', 'meta', 'groups', 'parked'], async (tx) => {
    const head = await readHead(tx)
    if (typeof from === 'number') return inInbox(tx, head, from)
    const after = from === undefined ? null : IDBKeyRange.lowerBound(from, true)
    const parked = tx.objectStore('parked')
    const [[key], records] = await Promise.all([parked.getAllKeys(after, 1), valueOf(parked.getAll(after, 1))])
    return key ? inParked(tx, head, key, records?.[0]) : inInbox(tx, head, head.record)
  })
}

async function inInbox(tx: ReadTransaction, head: Head, from: number): Promise<Waiting> {
  const found = await firstRecord(tx, Math.max(from, head.record))
  if (!found) return { items: [] }
  const { key, record } = found
  // The drain will set it aside.
  if (!isInboxRecord(record, key)) return { items: [], next: key + 1 }
  const items = record.messages
    .map((message, offset) => ({ ...message, sequence: key + offset, state: stateOf(key + offset < head.reserved) }))
    .filter((message) => isMessage(message) && !isDone(head, message.sequence))
  return { items, next: key + record.messages.length }
}

async function inParked(tx: ReadTransaction, head: Head, [group, first]: readonly [string, number], record: unknown): Promise<Waiting> {
  const all = isParkedRecord(record) ? record.messages : []
  const row = await tx.objectStore('groups').get(group)
  const waiting = all.filter(({ sequence }) => sequence >= (row?.next ?? Infinity))
  const items = waiting.map((message) => ({ ...message, state: stateOf(message.sequence === row?.next && head.serving.includes(group)) }))
  return { items, next: [group, first] }
}

function stateOf(isLeased: boolean): 'ready' | 'leased' {
  return isLeased ? 'leased' : 'ready'
}
