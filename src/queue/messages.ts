import type { PlacedMessage, WaitingState } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { changed } from './find.ts'
import { areChanged, isDone, readHead, readTail } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import { exactly, firstRecord } from './read.ts'
import { isInboxRecord, isMessage, isParkedRecord, valueOf } from './readable.ts'
import type { ReadTransaction } from './schema.ts'

/** How many delayed messages one look gives. */
const SOME = 100

/** Where a list goes on: after a record of parked messages, at a number in the inbox, or after a delayed message. */
export type Place = readonly [group: string, number: number] | number | readonly [due: number, number: number]

export interface ListedMessage extends PlacedMessage {
  readonly state: WaitingState
  readonly due?: number
}

/** Some of what waits, and the place where the rest begins. */
export interface Waiting {
  readonly items: readonly ListedMessage[]
  readonly next?: Place
}

export interface Filter {
  readonly state?: WaitingState
  readonly group?: string
}

/** Before all delayed messages. */
const DELAYED: Place = [-Infinity, 0]

/** What waits from a place on: one record of it. What was set aside comes first, group by group; then the inbox, in order; then what is delayed. */
export async function messages(connection: Connection, from: Place | undefined, filter: Filter = {}): Promise<Waiting> {
  const { state, group } = filter
  const { items, next } = await some(connection, from ?? (state === 'delayed' ? DELAYED : undefined))
  const wanted = items.filter(
    (item) => (state === undefined || item.state === state) && (group === undefined || (item.group ?? '') === group),
  )
  const isOver = next === undefined || (isDelayed(next) && state !== undefined && state !== 'delayed')
  return isOver ? { items: wanted } : { items: wanted, next }
}

function isDelayed(place: Place): place is readonly [due: number, number: number] {
  return typeof place !== 'number' && typeof place[0] === 'number'
}

function some(connection: Connection, from: Place | undefined): Promise<Waiting> {
  return connection.read(['inbox', 'meta', 'groups', 'parked', 'changes', 'delayed'], async (tx) => {
    const [head, tail] = await Promise.all([readHead(tx), readTail(tx)])
    if (from !== undefined && isDelayed(from)) return inDelayed(tx, head, from)
    if (typeof from === 'number') return present(tx, tail, head, await inInbox(tx, head, from))
    const after = from === undefined ? null : IDBKeyRange.lowerBound(from, true)
    const parked = tx.objectStore('parked')
    const [[key], records] = await Promise.all([parked.getAllKeys(after, 1), valueOf(parked.getAll(after, 1))])
    return present(tx, tail, head, await (key ? inParked(tx, head, key, records?.[0]) : inInbox(tx, head, head.record)))
  })
}

/** As they are now: without what was cancelled, and what is a dead letter that halts its group. */
async function present(tx: ReadTransaction, tail: Tail, head: Head, { items, next }: Waiting): Promise<Waiting> {
  const all = await Promise.all(
    items.map(async (item) => {
      const change = areChanged(tail, head) ? await tx.objectStore('changes').get(item.sequence) : undefined
      const isGone = change?.kind === 'cancelled' || change?.kind === 'passed'
      return isGone ? [] : [{ ...inDeviceTime(changed(item, change), head), state: item.state }]
    }),
  )
  const isOver = next === undefined || (next === DELAYED && tail.delayed === 0)
  return isOver ? { items: all.flat() } : { items: all.flat(), next }
}

/** Others compare it with the device's clock. */
function inDeviceTime<Listed extends PlacedMessage>(message: Listed, { time }: Head): Listed {
  return message.expiresAt === undefined ? message : { ...message, expiresAt: message.expiresAt - (time?.offset ?? 0) }
}

async function inDelayed(tx: ReadTransaction, head: Head, from: readonly [number, number]): Promise<Waiting> {
  const found = await tx.objectStore('delayed').getAll(IDBKeyRange.lowerBound([...from], true), SOME)
  const items = found.map((record) => ({
    ...inDeviceTime({ ...record, sequence: record.number }, head),
    state: 'delayed' as const,
    due: record.due - (head.time?.offset ?? 0),
  }))
  const last = found.at(-1)
  return last && found.length === SOME ? { items, next: [last.due, last.number] } : { items }
}

async function inInbox(tx: ReadTransaction, head: Head, from: number): Promise<Waiting> {
  const found = await firstRecord(tx, Math.max(from, head.record))
  if (!found) return { items: [], next: DELAYED }
  const { key, record } = found
  // The drain will set it aside.
  if (!isInboxRecord(record, key)) return { items: [], next: key + 1 }
  const halted = head.held?.isHalted ? head.position : undefined
  const items = record.messages
    .map((message, offset) => ({ ...message, sequence: key + offset, state: stateOf(key + offset < head.reserved) }))
    .filter((message) => isMessage(message) && !isDone(head, message.sequence) && message.sequence !== halted)
  return { items, next: key + record.messages.length }
}

async function inParked(tx: ReadTransaction, head: Head, [group, first]: readonly [string, number], record: unknown): Promise<Waiting> {
  const all = isParkedRecord(record) ? record.messages : []
  const found = await tx.objectStore('groups').get(group)
  const row = found && (await exactly(tx, found))
  const halted = row?.held?.isHalted ? row.next : undefined
  const waiting = all.filter(({ sequence }) => sequence >= (row?.next ?? Infinity) && sequence !== halted)
  const items = waiting.map((message) => ({ ...message, state: stateOf(message.sequence === row?.next && head.serving.includes(group)) }))
  return { items, next: [group, first] }
}

function stateOf(isLeased: boolean): 'ready' | 'leased' {
  return isLeased ? 'leased' : 'ready'
}
