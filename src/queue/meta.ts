import type { EndpointHold, Held, KeptTime } from '../message/message.ts'
import type { Decision } from '../message/decision.ts'
import { assertGeneration } from './generation.ts'
import type { ReadTransaction, WriteTransaction } from './schema.ts'

/** What the enqueueing side knows. */
export interface Tail {
  /** The number of the next message. Numbers are given out here, inside the transaction, and never again. */
  readonly next: number
  /** Bytes of all bodies ever stored. */
  readonly bytes: number
  /** How many dead letters were ever redriven or purged. */
  readonly deadOut: number
  /** How many messages are delayed, and how many ever were. */
  readonly delayed: number
  readonly delays: number
  /** How many messages in records were ever cancelled, and how many changed in any way. */
  readonly cancelled: number
  readonly changes: number
  /** How many groups are stopped, and how many of them by a dead letter. */
  readonly stopped: number
  readonly halted: number
  readonly paused: boolean
  /** The number of the last batch of each of the producers heard last: an older one was decided before. */
  readonly marks: readonly Mark[]
  /** How often the queue was destroyed; absent where it never was. `head` says the same. */
  readonly generation?: number
  /** The functions that are to be asked in a page alone, as whoever enqueued last has said; absent where nobody has. */
  readonly needs?: readonly string[]
}

export interface Mark {
  readonly producer: string
  readonly batch: number
  /** What was decided otherwise than to store, for the producer that asks again: by batch, the last of them. */
  readonly decided?: ReadonlyArray<readonly [batch: number, decisions: readonly Decision[]]>
}

/** Numbers from the first up to the second, exclusive. */
export type Range = readonly [number, number]

/** A message that hosts may have died of, by its place in the queue. */
export interface Suspect {
  readonly sequence: number
  /** How many hosts have died while they were sending it, and when the last of them began to. */
  readonly deaths: number
  readonly times: readonly number[]
  /** When it was last being sent; absent where it is known what came of that. */
  readonly since?: number
}

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
  /** Numbers of parked messages that it may send with these, in one request. */
  readonly along: readonly number[]
  /** How many messages are parked, and in how many groups. */
  readonly parked: number
  readonly groups: number
  /** The last turn that was given. */
  readonly turn: number
  /** Bytes of all bodies ever settled. */
  readonly bytes: number
  /** How many messages were ever dead-lettered. */
  readonly deadIn: number
  /** How many cancelled messages, and how many changed ones, it has passed. */
  readonly cancelled: number
  readonly changes: number
  /** The number of the next receipt, and of the first that is kept. */
  readonly receipts: number
  readonly keptFrom: number
  /** Numbers of messages that a leader which is gone may have sent, and of those that went out with others in one request. */
  readonly frozen: readonly Range[]
  /** What is known of the time; absent until a leader of this release has written it. */
  readonly time?: KeptTime
  /** The server does not know who we are. */
  readonly isUnauthorized?: boolean
  /** What came of the message at `position` so far, in a queue that is one group. */
  readonly held?: Held
  /** The whole endpoint is left alone for a while. */
  readonly endpoint?: EndpointHold
  /** Messages that hosts may have died of: few. */
  readonly suspects?: readonly Suspect[]
  readonly generation?: number
}

/** What the leader itself writes of that; the rest is counted as it is written. */
export type LeadersHead = Omit<Head, 'frozen' | 'receipts' | 'keptFrom' | 'cancelled' | 'changes' | 'generation'>

export const EMPTY_TAIL: Tail = {
  next: 1,
  bytes: 0,
  deadOut: 0,
  delayed: 0,
  delays: 0,
  cancelled: 0,
  changes: 0,
  stopped: 0,
  halted: 0,
  paused: false,
  marks: [],
}
export const EMPTY_HEAD: Head = {
  epoch: 0,
  revision: 0,
  position: 1,
  done: [],
  record: 1,
  reserved: 1,
  serving: [],
  along: [],
  parked: 0,
  groups: 0,
  turn: 0,
  bytes: 0,
  deadIn: 0,
  cancelled: 0,
  changes: 0,
  receipts: 0,
  keptFrom: 0,
  frozen: [],
}

export async function readTail(tx: ReadTransaction | WriteTransaction): Promise<Tail> {
  const tail = (await tx.objectStore('meta').get('tail')) as Tail | undefined
  assertGeneration(tx, tail?.generation)
  return { ...EMPTY_TAIL, ...tail }
}

/** What an earlier release wrote lacks what has come since, as of a tail. */
export async function readHead(tx: ReadTransaction | WriteTransaction): Promise<Head> {
  const head = (await tx.objectStore('meta').get('head')) as Head | undefined
  assertGeneration(tx, head?.generation)
  return { ...EMPTY_HEAD, ...head }
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
  /** Messages that are ready or leased. */
  readonly waiting: number
  /** Dead letters. */
  readonly dead: number
}

/** How much there is: what came in, less what went out. */
export function countsOf(tail: Tail, head: Head): Counts {
  return {
    waiting: tail.next - head.position - countDone(head.done) + head.parked - (tail.cancelled - head.cancelled) - tail.halted,
    dead: head.deadIn - tail.deadOut,
  }
}

/** Whether anything was done to a message in a record that the leader has not met yet. */
export function areChanged(tail: Tail, head: Head): boolean {
  return tail.changes > head.changes
}

/** Ranges with some numbers more. */
export function withNumbers(ranges: readonly Range[], numbers: readonly number[]): Range[] {
  const all = without(ranges, numbers)
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = all.at(-1)
    if (last?.[1] === number) all[all.length - 1] = [last[0], number + 1]
    else all.push([number, number + 1])
  }
  return all
}

/** Ranges without some numbers. */
export function without(ranges: readonly Range[], numbers: readonly number[]): Range[] {
  if (ranges.length === 0) return []
  const splitAt = (all: Range[], number: number): Range[] =>
    all.flatMap(([from, to]): Range[] => {
      if (number < from || number >= to) return [[from, to]]
      return (
        [
          [from, number],
          [number + 1, to],
        ] as const
      ).filter(([start, end]) => start < end)
    })
  return numbers.reduce(splitAt, [...ranges])
}

/** Queue time, for whoever does not lead: what the leader has seen last is over. */
export function queueTime({ time }: Head, now: number): number {
  return time ? Math.max(now + time.offset, time.seen) : now
}

/** Whether a message of the inbox was settled, or parked. */
export function isDone({ position, done }: Pick<Head, 'position' | 'done'>, sequence: number): boolean {
  return sequence < position || done.some(([from, to]) => from <= sequence && sequence < to)
}

/** How many numbers there are in some ranges, below an end. */
export function countDone(done: readonly Range[], end: number = Infinity): number {
  return done.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, end) - from), 0)
}
