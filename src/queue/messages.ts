import type { PlacedMessage, WaitingState } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { changed, isServed } from './find.ts'
import { areChanged, isDone, readHead, readTail } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import { exactly, firstRecord } from './read.ts'
import { isInboxRecord, isMessage, isParkedRecord, valueOf } from './readable.ts'
import type { GroupRow, InboxRecord, ReadTransaction } from './schema.ts'

/** How many delayed messages one look gives. */
const SOME = 100

/** Where a list goes on: after a record of parked messages, at a number in the inbox, or after a delayed message. `early` are numbers of the inbox that were listed with their groups. */
export type Place =
  | { readonly parked: readonly [group: string, number: number]; readonly early: readonly number[] }
  | InInbox
  | { readonly delayed: readonly [due: number, number: number] }

interface InInbox {
  readonly inbox: number
  readonly early: readonly number[]
}

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
const DELAYED: Place = { delayed: [-Infinity, 0] }

/** What waits from a place on: one record of it. What was set aside comes first, group by group, each with what is under way of it; then the inbox, in order; then what is delayed. */
export async function messages(connection: Connection, from: Place | undefined, filter: Filter = {}): Promise<Waiting> {
  const { state, group } = filter
  const { items, next } = await some(connection, from ?? (state === 'delayed' ? DELAYED : undefined))
  const wanted = items.filter(
    (item) => (state === undefined || item.state === state) && (group === undefined || (item.group ?? '') === group),
  )
  const isOver = next === undefined || ('delayed' in next && state !== undefined && state !== 'delayed')
  return isOver ? { items: wanted } : { items: wanted, next }
}

function some(connection: Connection, from: Place | undefined): Promise<Waiting> {
  return connection.read(['inbox', 'meta', 'groups', 'parked', 'changes', 'delayed'], async (tx) => {
    const [head, tail] = await Promise.all([readHead(tx), readTail(tx)])
    if (from && 'delayed' in from) return inDelayed(tx, head, from.delayed)
    if (from && 'inbox' in from) return present(tx, tail, head, await inInbox(tx, head, from))
    const after = from ? IDBKeyRange.lowerBound(from.parked, true) : null
    const parked = tx.objectStore('parked')
    const [[key], records] = await Promise.all([parked.getAllKeys(after, 1), valueOf(parked.getAll(after, 1))])
    const early = from?.early ?? []
    if (!key) return present(tx, tail, head, await inInbox(tx, head, { inbox: head.record, early }))
    const isFirst = key[0] !== from?.parked[0]
    return present(tx, tail, head, await inParked(tx, head, { key, record: records?.[0], isFirst, early }))
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
  return last && found.length === SOME ? { items, next: { delayed: [last.due, last.number] } } : { items }
}

async function inInbox(tx: ReadTransaction, head: Head, from: InInbox): Promise<Waiting> {
  const found = await firstRecord(tx, Math.max(from.inbox, head.record))
  if (!found) return { items: [], next: DELAYED }
  const { key, record } = found
  const { early } = from
  // The drain will set it aside.
  if (!isInboxRecord(record, key)) return { items: [], next: { inbox: key + 1, early } }
  const items = waitingIn(head, record).filter(({ sequence }) => !early.includes(sequence))
  return { items, next: { inbox: key + record.messages.length, early } }
}

function waitingIn(head: Head, { first, messages }: InboxRecord): ListedMessage[] {
  const halted = head.held?.isHalted ? head.position : undefined
  return messages
    .map((message, offset) => ({ ...message, sequence: first + offset, state: stateOf(first + offset < head.reserved) }))
    .filter((message) => isMessage(message) && !isDone(head, message.sequence) && message.sequence !== halted)
}

interface Parked {
  readonly key: readonly [group: string, number: number]
  readonly record: unknown
  /** Whether it is the first of its group. */
  readonly isFirst: boolean
  readonly early: readonly number[]
}

async function inParked(tx: ReadTransaction, head: Head, { key, record, isFirst, early }: Parked): Promise<Waiting> {
  const [group] = key
  const all = isParkedRecord(record) ? record.messages : []
  const found = await tx.objectStore('groups').get(group)
  const row = found && (await exactly(tx, found))
  const halted = row?.held?.isHalted ? row.next : undefined
  const waiting = all.filter(({ sequence }) => sequence >= (row?.next ?? Infinity) && sequence !== halted)
  const items = waiting.map((message) => ({ ...message, state: stateOf(row !== undefined && isServed(head, row, message)) }))
  const ahead = row && isFirst ? await aheadOf(tx, head, row) : []
  return { items: [...ahead, ...items], next: { parked: key, early: [...early, ...ahead.map(({ sequence }) => sequence)] } }
}

/** What is under way, or was as a leader ended, stays in the inbox while what is behind it in its group is parked. */
async function aheadOf(tx: ReadTransaction, head: Head, { group, next }: GroupRow): Promise<ListedMessage[]> {
  const end = Math.min(next, Math.max(head.reserved, ...head.frozen.map(([, to]) => to)))
  if (end <= head.position) return []
  const inbox = tx.objectStore('inbox')
  const range = IDBKeyRange.bound(head.record, end, false, true)
  const [keys, records = []] = await Promise.all([inbox.getAllKeys(range), valueOf(inbox.getAll(range))])
  return records
    .flatMap((record, nth) => (isInboxRecord(record, keys[nth]!) ? waitingIn(head, record) : []))
    .filter((message) => message.sequence < end && (message.group ?? '') === group)
}

function stateOf(isLeased: boolean): 'ready' | 'leased' {
  return isLeased ? 'leased' : 'ready'
}
