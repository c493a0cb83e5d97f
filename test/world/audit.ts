import { Connection } from '../../src/queue/connection.ts'
import { depth } from '../../src/queue/depth.ts'
import { changed } from '../../src/queue/find.ts'
import { isDone, readHead, readTail } from '../../src/queue/meta.ts'
import type { Depth, Message, PlacedMessage } from '../../src/message/message.ts'
import type { Head, Tail } from '../../src/queue/meta.ts'
import type {
  Change,
  DeadRecord,
  DedupRow,
  DelayedRecord,
  GroupRow,
  InboxRecord,
  ParkedRecord,
  ReadTransaction,
  Stop,
  StoreName,
} from '../../src/queue/schema.ts'
import { STORES } from '../../src/queue/schema.ts'
import { optionsFor } from '../store/database.ts'

/** All that is in a queue's database, in the order of the keys. */
export interface Contents {
  readonly tail: Tail
  readonly head: Head
  readonly inbox: readonly InboxRecord[]
  readonly groups: readonly GroupRow[]
  readonly parked: readonly ParkedRecord[]
  readonly dead: readonly DeadRecord[]
  readonly delayed: readonly DelayedRecord[]
  readonly changes: readonly Change[]
  readonly stops: ReadonlyArray<readonly [group: string, stop: Stop]>
  readonly dedup: ReadonlyArray<readonly [key: readonly [string, string], row: DedupRow]>
  /** The numbers of the receipts that are kept. */
  readonly receipts: readonly number[]
}

/** A database that agrees with itself: what is in it, and where its messages are. */
export interface Audited extends Contents {
  readonly depth: Depth
  /** Messages of the inbox that are not done with. */
  readonly ahead: readonly PlacedMessage[]
  /** Parked messages that are not settled. */
  readonly behind: readonly PlacedMessage[]
}

/** A connection whose reads bring along all that there is, from the same transaction: nothing can come between. */
class Auditor extends Connection {
  contents: Contents | undefined

  override read<T>(_: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return super.read([...STORES], async (tx) => {
      const [value, tail, head, inbox, groups, parked, dead, delayed, changes, stops, stopped, dedup, keys, receipts] = await Promise.all([
        work(tx),
        readTail(tx),
        readHead(tx),
        tx.objectStore('inbox').getAll(),
        tx.objectStore('groups').getAll(),
        tx.objectStore('parked').getAll(),
        tx.objectStore('dead').getAll(),
        tx.objectStore('delayed').getAll(),
        tx.objectStore('changes').getAll(),
        tx.objectStore('stops').getAll(),
        tx.objectStore('stops').getAllKeys(),
        tx.objectStore('dedup').getAll(),
        tx.objectStore('dedup').getAllKeys(),
        tx.objectStore('receipts').getAllKeys(),
      ])
      const pairs = {
        stops: stopped.map((group, n) => [group, stops[n]!] as const),
        dedup: keys.map((key, n) => [key, dedup[n]!] as const),
      }
      this.contents = { tail, head, inbox, groups, parked, dead, delayed, changes, receipts, ...pairs }
      return value
    })
  }
}

/** Reads a database, and throws where its counters say something else than what is in it. To be closed. */
export function openAuditor(database: string): { audit: () => Promise<Audited>; close: () => Promise<void> } {
  const auditor = new Auditor(optionsFor(database))
  return {
    audit: async () => {
      const told = await depth(auditor)
      return { ...audit(auditor.contents!, told), depth: told }
    },
    close: () => auditor.close(),
  }
}

/** Throws where the counters of a database say something else than what is in it. */
export function audit(contents: Contents, told?: Depth): Omit<Audited, 'depth'> {
  const { head, tail, dead } = contents
  const ahead = aheadIn(contents)
  const behind = behindIn(contents)
  inOrder(contents, ahead)
  const halting = new Set(contents.stops.flatMap(([, { letter }]) => letter ?? []))
  const present = presentIn(contents, [...ahead, ...behind])
  const waiting = present.filter(({ sequence }) => !halting.has(sequence))
  unique([...waiting, ...dead].map(({ sequence }) => sequence))
  unique([...waiting, ...dead, ...contents.delayed].map(({ id }) => id))
  const bytes = sum([...present, ...contents.delayed].map((message) => message.bytes))
  same('bytes', tail.bytes - head.bytes, bytes)
  same('dead letters', head.deadIn - tail.deadOut, dead.length)
  same('numbers of dead letters', ascending(dead.map(({ sequence }) => [sequence, sequence + 1])) <= tail.next, true)
  stopsIn(contents, present)
  delayedIn(contents)
  keysIn(contents, [...present, ...contents.delayed])
  if (told) {
    const firsts = head.serving.map((group) =>
      behind.find((message) => message.sequence >= nextOf(contents, group) && isOf(contents, message, group)),
    )
    const reservable = new Set([...ahead.filter(({ sequence }) => sequence < head.reserved), ...firsts].map((message) => message?.sequence))
    const leased = present.filter(({ sequence }) => reservable.has(sequence)).length
    const { ready, leased: reserved, delayed, dead: died, bytes: size, paused, stopped } = told
    same(
      'depth',
      [ready, reserved, delayed, died, size, paused, stopped],
      [waiting.length - leased, leased, contents.delayed.length, dead.length, bytes, tail.paused, contents.stops.length],
    )
  }
  return { ...contents, ahead, behind }
}

function nextOf({ groups }: Contents, group: string): number {
  return groups.find((row) => row.group === group)?.next ?? Infinity
}

function isOf({ parked }: Contents, { sequence }: PlacedMessage, group: string): boolean {
  return parked.some((record) => record.group === group && record.messages.some((message) => message.sequence === sequence))
}

/** Messages in records as they are now, without those that were cancelled, or passed. */
function presentIn({ head, tail, changes }: Contents, met: readonly PlacedMessage[]): PlacedMessage[] {
  const bySequence = new Map(changes.map((change) => [change.sequence, change]))
  const gone = changes.filter(({ kind }) => kind === 'cancelled' || kind === 'passed')
  same('changes', tail.changes - head.changes, changes.length)
  same('what was cancelled, and not passed yet', tail.cancelled - head.cancelled, gone.length)
  const left = new Set(met.map(({ sequence }) => sequence))
  for (const { sequence } of changes) same(`change of ${sequence} is of a message that waits`, left.has(sequence), true)
  return met
    .filter(({ sequence }) => !gone.some((change) => change.sequence === sequence))
    .map((message) => changed(message, bySequence.get(message.sequence)))
}

/** As many groups are stopped as the tail says, and each letter that halts one is there, and its message in its place. */
function stopsIn({ tail, stops, dead }: Contents, present: readonly PlacedMessage[]): void {
  const letters = stops.flatMap(([, { letter }]) => letter ?? []).toSorted((a, b) => a - b)
  same('groups that are stopped', tail.stopped, stops.length)
  same('groups that are halted', tail.halted, letters.length)
  const halting = dead.filter(({ halts }) => halts).map(({ sequence }) => sequence)
  same('letters that halt', halting, letters)
  for (const letter of letters) same(`message ${letter} has its place`, present.filter(({ sequence }) => sequence === letter).length, 1)
}

function delayedIn({ tail, delayed }: Contents): void {
  same('delayed messages', tail.delayed, delayed.length)
  unique(delayed.map(({ number }) => number))
  for (const { number } of delayed) same(`number ${number} of a delayed message was given out`, number < tail.delays, true)
}

/** A dedup key that is not free is one of a message that is there. */
function keysIn({ head, dedup, receipts }: Contents, present: readonly Message[]): void {
  for (const [[group, key], { id, until }] of dedup) {
    const owner = present.find((message) => message.id === id)
    if (until === undefined) same(`owner of the dedup key "${key}"`, [owner?.group ?? '', owner?.dedupKey], [group, key])
  }
  for (const number of receipts) same(`receipt ${number} is kept`, head.keptFrom <= number && number < head.receipts, true)
}

/** The inbox, without what is done with: exactly the numbers from the position on that are in no range of what is done. */
function aheadIn({ head, tail, inbox }: Contents): PlacedMessage[] {
  const end = ascending(inbox.map(({ first, messages }) => [first, first + messages.length]))
  same('numbers given out', end <= tail.next, true)
  same('the first record that is needed', head.record <= (inbox[0]?.first ?? Infinity), true)
  same('what is done lies between position and tail', ascending([[0, head.position], ...head.done]) <= tail.next, true)
  const expected: number[] = []
  for (let number = head.position; number < tail.next; number++) if (!isDone(head, number)) expected.push(number)
  const ahead: PlacedMessage[] = []
  for (const { first, messages } of inbox) {
    const left = messages
      .map((message, offset) => ({ ...message, sequence: first + offset }))
      .filter(({ sequence }) => !isDone(head, sequence))
    if (left.length === 0) throw new Error(`Record ${first} is exhausted, and still there`)
    ahead.push(...left)
  }
  same(
    'numbers in the inbox',
    ahead.map(({ sequence }) => sequence),
    expected,
  )
  return ahead
}

/** What is parked, without what is settled: as many as the rows say, and rows for no other groups. */
function behindIn({ head, groups, parked }: Contents): PlacedMessage[] {
  const rows = new Map(groups.map((row) => [row.group, row]))
  const counts = new Map<string, number>()
  const behind: PlacedMessage[] = []
  for (const { group, messages } of parked) {
    ascending(messages.map(({ sequence }) => [sequence, sequence + 1]))
    const waiting = messages.filter(({ sequence }) => sequence >= (rows.get(group)?.next ?? Infinity))
    if (waiting.length === 0) throw new Error(`A record of group "${group}" is settled, and still parked`)
    counts.set(group, (counts.get(group) ?? 0) + waiting.length)
    behind.push(...waiting)
  }
  same(
    'parked messages of each group',
    [...rows.values()].map((row) => [row.group, row.parked]),
    [...counts],
  )
  same('parked messages', head.parked, behind.length)
  same('groups that are behind', head.groups, groups.length)
  same('groups served are behind, once each', head.serving, [...new Set(head.serving.filter((group) => rows.has(group)))])
  return behind
}

/** In a group that is behind, what is left in the inbox stands after what is parked, but for the one that was under way when the others were parked. */
function inOrder({ groups, parked }: Contents, ahead: readonly PlacedMessage[]): void {
  for (const { group, next } of groups) {
    const records = parked.filter((record) => record.group === group)
    const end = ascending(records.map(({ messages }) => [messages[0]!.sequence, messages.at(-1)!.sequence + 1]))
    const passed = ahead.filter((message) => (message.group ?? '') === group && message.sequence < end)
    if (passed.length > 1 || passed.some(({ sequence }) => sequence >= next)) {
      throw new Error(
        `Group "${group}" has messages in the inbox that should be parked: ${passed.map(({ sequence }) => sequence).join(', ')}`,
      )
    }
  }
}

/** Ranges, one after the other, none empty. Gives the end of the last. */
function ascending(ranges: readonly (readonly [number, number])[]): number {
  let end = 0
  for (const [from, to] of ranges) {
    if (from < end || to <= from) throw new Error(`Expected ranges one after the other, got ${JSON.stringify(ranges)}`)
    end = to
  }
  return end
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function unique(values: readonly unknown[]): void {
  same('things that are there once', new Set(values).size, values.length)
}

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`)
}
