import type { PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { isDone, readHead } from './schema.ts'
import type { Head, ParkedRecord, ReadTransaction } from './schema.ts'

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
    const [record] = await tx.objectStore('parked').getAll(after, 1)
    return record ? inParked(tx, head, record) : inInbox(tx, head, head.record)
  })
}

async function inInbox(tx: ReadTransaction, head: Head, from: number): Promise<Waiting> {
  const [record] = await tx.objectStore('inbox').getAll(IDBKeyRange.lowerBound(Math.max(from, head.record)), 1)
  if (!record) return { items: [] }
  const { first } = record
  const items = record.messages
    .map((message, offset) => ({ ...message, sequence: first + offset, state: stateOf(first + offset < head.reserved) }))
    .filter(({ sequence }) => !isDone(head, sequence))
  return { items, next: first + record.messages.length }
}

async function inParked(tx: ReadTransaction, head: Head, { group, messages: all }: ParkedRecord): Promise<Waiting> {
  const row = await tx.objectStore('groups').get(group)
  const waiting = all.filter(({ sequence }) => sequence >= (row?.next ?? Infinity))
  const items = waiting.map((message) => ({ ...message, state: stateOf(message.sequence === row?.next && head.serving.includes(group)) }))
  return { items, next: [group, all[0]!.sequence] }
}

function stateOf(isLeased: boolean): 'ready' | 'leased' {
  return isLeased ? 'leased' : 'ready'
}
