import type { PlacedMessage } from '../message/message.ts'
import { bytesWithin } from '../message/spooled.ts'
import { isDone } from '../queue/meta.ts'
import type { Head, Range } from '../queue/meta.ts'
import type { InboxRecord } from '../queue/schema.ts'

interface Loaded {
  readonly first: number
  readonly end: number
  /** How many of its messages are not done with. */
  left: number
}

/**
 * What the leader has in hand of the inbox: the messages of a few records that are not done with, in order. Whatever is not here and below
 * `end` is settled or parked.
 */
export class Lookahead {
  #messages: PlacedMessage[] = []
  readonly #records: Loaded[] = []
  readonly #before: Pick<Head, 'position' | 'done'>
  #end: number

  /** @param before where the leader before this one has come to; what it was done with is passed over. */
  constructor(before: Pick<Head, 'record' | 'position' | 'done'>) {
    this.#before = before
    this.#end = before.record
  }

  /** Where reading goes on. */
  get end(): number {
    return this.#end
  }

  /** Whether the leader before had read further: it may have parked messages of a group of which one is still in the inbox, further down. */
  get isCatchingUp(): boolean {
    return this.#end < (this.#before.done.at(-1)?.[1] ?? 0)
  }

  get size(): number {
    return this.#messages.length
  }

  /** In memory. */
  get bytes(): number {
    return this.#messages.reduce((sum, message) => sum + bytesWithin(message), 0)
  }

  /** The first number that is not done with. */
  get position(): number {
    return this.#messages[0]?.sequence ?? Math.max(this.#end, this.#before.position)
  }

  /** What is to be written of it. */
  get written(): Pick<Head, 'position' | 'record' | 'done'> {
    const { position, record, done } = this
    return { position, record, done }
  }

  /** The key of the first record that is needed. */
  get record(): number {
    return this.#records[0]?.first ?? this.#end
  }

  /** What is done with above the position. */
  get done(): Range[] {
    const ranges: Range[] = []
    let after = this.position
    for (const { sequence } of this.#messages) {
      if (sequence > after) ranges.push([after, sequence])
      after = sequence + 1
    }
    if (this.#messages.length > 0 && after < this.#end) ranges.push([after, this.#end])
    // What the leader before was done with, further on than this one has read.
    const ahead = Math.max(this.#end, this.position)
    return [...ranges, ...this.#before.done.flatMap(([from, to]): Range[] => (to > ahead ? [[Math.max(from, ahead), to]] : []))]
  }

  /** Takes a record in; gives its messages that are not done with. */
  add(record: InboxRecord): PlacedMessage[] {
    const { first } = record
    const placed = record.messages.map((message, offset) => ({ ...message, sequence: first + offset }))
    const fresh = placed.filter(({ sequence }) => !isDone(this.#before, sequence))
    this.#end = first + record.messages.length
    this.#messages.push(...fresh)
    this.#records.push({ first, end: this.#end, left: fresh.length })
    return fresh
  }

  /** The first message that may go out, in order of the queue. */
  find(mayGo: (message: PlacedMessage) => boolean): PlacedMessage | undefined {
    return this.#messages.find(mayGo)
  }

  /** The number after the first `count` messages that are wanted. */
  after(count: number, isWanted: (message: PlacedMessage) => boolean): number {
    let after = this.position
    let left = count
    for (const message of this.#messages) {
      if (left === 0) break
      if (!isWanted(message)) continue
      after = message.sequence + 1
      left -= 1
    }
    return after
  }

  filter(isWanted: (message: PlacedMessage) => boolean): PlacedMessage[] {
    return this.#messages.filter(isWanted)
  }

  /** These are settled, or parked. */
  remove(sequences: ReadonlySet<number>): void {
    this.#messages = this.#messages.filter(({ sequence }) => !sequences.has(sequence))
    for (const sequence of sequences) {
      const record = this.#records.find(({ first, end }) => first <= sequence && sequence < end)
      if (record) record.left -= 1
    }
  }

  /** Takes out the records of which everything is done with, and gives their keys. */
  takeExhausted(): number[] {
    const exhausted = this.#records.filter(({ left }) => left === 0)
    for (const record of exhausted) this.#records.splice(this.#records.indexOf(record), 1)
    return exhausted.map(({ first }) => first)
  }
}
