import { Connection } from '../../src/queue/connection.ts'
import { depth } from '../../src/queue/depth.ts'
import { isDone, readHead, readTail } from '../../src/queue/meta.ts'
import type { Depth, PlacedMessage } from '../../src/message/message.ts'
import type { Head, Tail } from '../../src/queue/meta.ts'
import type { DeadRecord, GroupRow, InboxRecord, ParkedRecord, ReadTransaction, StoreName } from '../../src/queue/schema.ts'
import { optionsFor } from '../store/database.ts'

/** All that is in a queue's database, in the order of the keys. */
export interface Contents {
  readonly tail: Tail
  readonly head: Head
  readonly inbox: readonly InboxRecord[]
  readonly groups: readonly GroupRow[]
  readonly parked: readonly ParkedRecord[]
  readonly dead: readonly DeadRecord[]
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
    return super.read(['inbox', 'meta', 'groups', 'parked', 'dead'], async (tx) => {
      const [value, tail, head, inbox, groups, parked, dead] = await Promise.all([
        work(tx),
        readTail(tx),
        readHead(tx),
        tx.objectStore('inbox').getAll(),
        tx.objectStore('groups').getAll(),
        tx.objectStore('parked').getAll(),
        tx.objectStore('dead').getAll(),
      ])
      this.contents = { tail, head, inbox, groups, parked, dead }
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
  const waiting = [...ahead, ...behind]
  unique([...waiting, ...dead].map(({ sequence }) => sequence))
  unique([...waiting, ...dead].map(({ id }) => id))
  const bytes = waiting.reduce((sum, message) => sum + message.bytes, 0)
  same('bytes', tail.bytes - head.bytes, bytes)
  same('dead letters', head.deadIn - tail.deadOut, dead.length)
  same('numbers of dead letters', ascending(dead.map(({ sequence }) => [sequence, sequence + 1])) <= tail.next, true)
  if (told) {
    const served = new Set(head.serving)
    const leased = ahead.filter(({ sequence }) => sequence < head.reserved).length + served.size
    const { ready, leased: reserved, dead: died, bytes: size, paused } = told
    same('depth', [ready, reserved, died, size, paused], [waiting.length - leased, leased, dead.length, bytes, tail.paused])
  }
  return { ...contents, ahead, behind }
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

function unique(values: readonly unknown[]): void {
  same('things that are there once', new Set(values).size, values.length)
}

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`)
}
