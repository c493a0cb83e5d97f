import type { Held, Message, PlacedMessage } from '../message/message.ts'
import type { Order } from '../message/options.ts'
import type { Connection } from '../queue/connection.ts'
import { readDue, readRecord } from '../queue/read.ts'
import { isMessage, Unreadable } from '../queue/readable.ts'
import { portions } from '../queue/record.ts'
import type { Behind } from './behind.ts'
import type { Lookahead } from './lookahead.ts'

/** How much of the inbox is held in memory while groups are looked for that may go on: so many messages, or so many bytes. */
const MOST_AHEAD = 512
const MOST_BYTES_AHEAD = 1_000_000

/** With so many in memory, no more records are read than the one that was asked for. */
const A_FEW = 16

export interface SorterOptions {
  readonly connection: Connection
  readonly order: Order
  readonly lookahead: Lookahead
  readonly behind: Behind
}

/** What is under way, or was and is to go again. */
export interface UnderWay {
  /** Groups of which a message is under way. */
  readonly busy: ReadonlySet<string>
  /** And those of which one was, and goes before what is parked of them. */
  readonly taken: ReadonlySet<string>
  /** Numbers of messages of the inbox that are under way. */
  readonly underWay: ReadonlySet<number>
}

/** Brings in what may go next, and sorts what is in the way of others into its groups. */
export class Sorter {
  readonly #options: SorterOptions
  /** Raised by news of messages; what was found empty before that is looked at again. */
  #news = 1
  #emptyAt = 0

  constructor(options: SorterOptions) {
    this.#options = options
  }

  get order(): Order {
    return this.#options.order
  }

  lookAgain(): void {
    this.#news += 1
  }

  groupOf({ id, group = '' }: Message): string {
    const { order } = this.#options
    return order === 'queue' ? '' : order === 'group' ? group : id
  }

  /**
   * Looks where something may be that can go.
   *
   * @param commit writes what is known, so that the index tells all of it.
   * @returns whether there is something new to be looked at.
   */
  async findMore(turns: UnderWay, commit: () => Promise<void>): Promise<boolean> {
    const { connection, order, lookahead, behind } = this.#options
    // What was under way when the leader before ended stands before what is parked of its group.
    if (lookahead.isCatchingUp && (await this.load())) return true
    if (behind.mayBeDue) {
      if (behind.isChanged) await commit()
      const due = await readDue(connection, behind.query(turns.taken.size))
      if (behind.take(due, turns.taken)) return true
    }
    if (order === 'queue') return lookahead.size === 0 && this.#loadSome()
    const isFull = lookahead.size >= MOST_AHEAD || lookahead.bytes >= MOST_BYTES_AHEAD
    return isFull ? this.#parkSurplus(turns) : this.#loadSome()
  }

  /** Brings in as many as may go in one request, beside what is under way. */
  async fill(count: number, { underWay }: UnderWay): Promise<void> {
    const { lookahead } = this.#options
    for (let goesOn = true; goesOn && lookahead.size - underWay.size < count && lookahead.bytes < MOST_BYTES_AHEAD;)
      goesOn = await this.load()
  }

  /** Brings in the next record, and more where that holds few: what was enqueued one by one is a record each, and is to be reserved together. */
  async #loadSome(): Promise<boolean> {
    const { lookahead } = this.#options
    const isLoaded = await this.load()
    for (let goesOn = isLoaded; goesOn && lookahead.size < A_FEW && lookahead.bytes < MOST_BYTES_AHEAD;) goesOn = await this.load()
    return isLoaded
  }

  /** Brings in the next record; what belongs to groups that are behind is parked at once. Says whether there was one. */
  async load(): Promise<boolean> {
    const { connection, lookahead, behind } = this.#options
    const asked = this.#news
    if (this.#emptyAt === asked) return false
    // Whether any are behind is asked in each try of the transaction: where the first was lost, a group that came to be since is on disk by now, and known nowhere else.
    const read = await readRecord(connection, lookahead.end, ({ messages }) =>
      behind.count > 0 ? new Set(messages.filter(isMessage).map((message) => this.groupOf(message))) : [],
    )
    if (!read) {
      this.#emptyAt = asked
      return false
    }
    behind.know(read.rows)
    const fresh = lookahead.add(read.record)
    const broken = fresh.find((message): boolean => !isMessage(message))
    if (broken) throw new Unreadable({ message: broken.sequence })
    for (const [group, messages] of this.#byGroup(fresh)) {
      if (behind.has(group)) this.park(group, messages)
    }
    return true
  }

  /** Sets messages of a group aside; `held` is what came of the first, when it waits for another attempt. */
  park(group: string, messages: readonly PlacedMessage[], held?: Held): void {
    const { lookahead, behind } = this.#options
    behind.park(group, portions(messages), held)
    lookahead.remove(new Set(messages.map(({ sequence }) => sequence)))
  }

  /** Sets a message aside that waits for another attempt, and all of its group behind it. */
  parkFrom(group: string, sequence: number, held: Held): void {
    const behind = this.#options.lookahead.filter((other) => other.sequence >= sequence && this.groupOf(other) === group)
    this.park(group, behind, held)
  }

  /** Nothing of a group is sent until it is resumed: it is set aside, but for what is under way. */
  stop(group: string, { underWay }: UnderWay): void {
    const { lookahead, behind } = this.#options
    const waiting = lookahead.filter((message) => this.groupOf(message) === group && !underWay.has(message.sequence))
    if (waiting.length > 0) this.park(group, waiting)
    behind.stop(group)
  }

  /** The view is full of groups of which one message is under way: the largest makes room, so that others are met. */
  #parkSurplus({ busy, underWay }: UnderWay): boolean {
    const { lookahead } = this.#options
    // Given back since it was looked for.
    if (lookahead.find((message) => !busy.has(this.groupOf(message)))) return true
    const waiting = lookahead.filter(({ sequence }) => !underWay.has(sequence))
    const [largest] = [...this.#byGroup(waiting)].sort(([, a], [, b]) => b.length - a.length)
    if (!largest) return false
    this.park(...largest)
    return true
  }

  #byGroup(messages: readonly PlacedMessage[]): Map<string, PlacedMessage[]> {
    const groups = new Map<string, PlacedMessage[]>()
    for (const message of messages) {
      const group = this.groupOf(message)
      const found = groups.get(group)
      if (found) found.push(message)
      else groups.set(group, [message])
    }
    return groups
  }
}
