import type { Order } from '../message/options.ts'
import type { Answer, Death, EndpointHold, Held, Message, PlacedMessage } from '../message/message.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import type { Head } from '../queue/schema.ts'
import { settle } from '../queue/settle.ts'
import { Behind } from './behind.ts'
import { Gathering } from './gathering.ts'
import { Holds } from './holds.ts'
import { Lookahead } from './lookahead.ts'
import type { QueueTime } from './queue-time.ts'
import { Sorter } from './sorter.ts'
import { Turns } from './turns.ts'
import type { Delivery } from './turns.ts'

/**
 * How many messages are reserved ahead. A leader that is superseded can send these and no others, and a crash repeats at most
 * these; more would save transactions, but only where a server answers faster than a disk.
 */
const RESERVED_AHEAD = 16

export interface BooksOptions {
  readonly connection: Connection
  readonly head: Head
  readonly order: Order
  readonly clock: Clock
  readonly time: QueueTime
}

/**
 * The leader's books. They hand out messages, one of a group at a time and in its order, and only what a committed transaction has reserved; and
 * they take down what became of them. What was answered is gathered for a moment, then settled, and what comes next reserved, in the background:
 * one transaction at a time, which takes along all that was answered since the last began. However long the queue, they hold a bounded part of it.
 *
 * A healthy group is served straight from the inbox. One that waits for another attempt is parked, with all of its messages that are met from then on,
 * so that it stands in nobody's way and is not looked at before its time; one whose messages fill the view while others could go on, likewise.
 * A queue that is one group parks nothing.
 */
export class Books {
  readonly epoch: number
  readonly holds: Holds
  readonly #options: BooksOptions
  readonly #commit: GroupCommit<void, void> = new GroupCommit(() => this.#write())
  readonly #answered: Gathering
  readonly #lookahead: Lookahead
  readonly #behind: Behind
  readonly #sorter: Sorter
  readonly #turns: Turns
  #revision: number
  #reserved: number
  #bytes: number
  #deadIn: number
  #unwrittenDead: { message: PlacedMessage; death: Death }[] = []
  #isPaused = false
  #isReleased = false
  #mustCheck = false
  #writing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: BooksOptions) {
    const { head } = options
    this.#options = options
    this.epoch = head.epoch
    this.#answered = new Gathering(options.clock, RESERVED_AHEAD / 2, () => this.#commit.add())
    this.#lookahead = new Lookahead(head)
    this.#behind = new Behind(head, options.time)
    this.#sorter = new Sorter({ ...options, lookahead: this.#lookahead, behind: this.#behind })
    this.#turns = new Turns(this.#sorter, this.#lookahead, this.#behind)
    this.#revision = head.revision
    this.#reserved = head.reserved
    this.holds = new Holds(options.order === 'queue' ? head : { ...(head.endpoint && { endpoint: head.endpoint }) })
    this.#bytes = head.bytes
    this.#deadIn = head.deadIn
  }

  /** Whether a pause may have come since something was reserved: what is not sent yet goes back. */
  get isInDoubt(): boolean {
    return this.#mustCheck
  }

  /** When the first group that is behind is due. */
  get nextDue(): number {
    return this.#behind.nextDue
  }

  /** A message to be attempted, reserved; `undefined` when there is none that may go now. */
  async next(): Promise<Delivery | undefined> {
    this.#throwFailure()
    this.#isReleased = false
    if (this.#mustCheck) {
      this.#mustCheck = false
      await this.#commit.add()
    }
    for (;;) {
      const delivery = this.#turns.pick(this.holds.held)
      if (delivery && this.#isReserved(delivery)) return this.#turns.begin(delivery)
      // A write that is under way may have reserved it already.
      if (delivery) await (this.#writing ?? this.#commit.add())
      else if (!(await this.#sorter.findMore(this.#turns, () => this.#commit.add()))) return undefined
      if (this.#isPaused) return undefined
    }
  }

  /** Whether nothing is left, whether or not it may go. */
  async isEmpty(): Promise<boolean> {
    return this.#behind.count === 0 && this.#lookahead.size === 0 && !(await this.#sorter.load())
  }

  /** There may be messages where there were none. */
  lookAgain(): void {
    this.#sorter.lookAgain()
  }

  /** A time that was waited for has come, whatever the clock says now. */
  timeIsUp(): void {
    this.#sorter.lookAgain()
    this.#behind.askAgain()
  }

  /** Groups that wait are tried now, each once. */
  hurry(): void {
    this.#behind.hurry()
  }

  /** Lets nothing out that was reserved before the database has been asked again. */
  recheck(): void {
    this.#mustCheck = true
  }

  /** The server has it. Resolves when that is on disk, soon; the next message need not wait for it. */
  async accept(delivery: Delivery, _answer: Answer): Promise<void> {
    this.#throwFailure()
    this.#pass(delivery)
    await this.#answered.add()
  }

  /** It goes to the dead letters. */
  async bury(delivery: Delivery, death: Death, _isHalting: boolean): Promise<void> {
    this.#unwrittenDead.push({ message: delivery.message, death })
    this.#deadIn += 1
    this.#pass(delivery)
    await this.#commit.add()
  }

  /** It leaves the queue, and nothing is kept of it. */
  async drop(delivery: Delivery): Promise<void> {
    this.#pass(delivery)
    await this.#commit.add()
  }

  /** Its body is another, before anything of it was sent. */
  async rewrite(delivery: Delivery, message: Message): Promise<Delivery> {
    return { ...delivery, message: { ...message, sequence: delivery.message.sequence } }
  }

  async setUnauthorized(_is: boolean): Promise<void> {}

  /** It waits for another attempt, and its group with it. */
  async hold(delivery: Delivery, held: Held, endpoint: EndpointHold | undefined): Promise<void> {
    const { message, group, parked } = delivery
    this.holds.endpoint = endpoint
    this.#turns.end(delivery)
    if (parked) this.#behind.hold(group, held)
    else if (this.#options.order === 'queue') {
      this.holds.held = held
      this.#isReleased = true
    } else this.#sorter.parkFrom(message, held)
    await this.#commit.add()
  }

  /** Nothing came of it, and nothing is known: it stays where it is. */
  giveBack(delivery: Delivery): void {
    this.#turns.giveBack(delivery)
    this.#behind.giveBack()
  }

  /** What everything waits for has changed. */
  async writeHolds(): Promise<void> {
    await this.#commit.add()
  }

  /** Settles all that was answered, and gives back what was reserved. Nothing may be under way. */
  async release(): Promise<void> {
    this.#throwFailure()
    const isReserving = this.#reserved > this.#lookahead.position || this.#behind.isReserving
    this.#isReleased = true
    this.#behind.giveBack()
    await (isReserving || !this.#answered.isEmpty ? this.#commit.add() : this.#writing)
  }

  #isReserved({ message, group, parked }: Delivery): boolean {
    return parked ? this.#behind.isReserved(group) : message.sequence < this.#reserved
  }

  /** The head, or the group's, moves on. */
  #pass(delivery: Delivery): void {
    const { message, parked } = delivery
    this.#turns.end(delivery)
    this.#bytes += message.bytes
    this.holds.held = undefined
    if (parked) this.#behind.pass(parked)
    else this.#lookahead.remove(new Set([message.sequence]))
  }

  /** After one that failed nothing more is written: what it should have told would be missing from the next. The store knows better. */
  async #write(): Promise<void> {
    this.#throwFailure()
    this.#writing = this.#settle()
    this.#answered.takeAlong(this.#writing)
    try {
      await this.#writing
    } catch (error) {
      this.#failure = { error }
      this.#answered.takeAlong(this.#writing)
      throw error
    } finally {
      this.#writing = undefined
    }
  }

  async #settle(): Promise<void> {
    const dead = this.#unwrittenDead.splice(0)
    const exhausted = this.#lookahead.takeExhausted()
    const changes = this.#behind.takeChanges()
    const head = this.#head()
    this.#isPaused = await settle(this.#options.connection, { head, exhausted, dead, ...changes })
    this.#reserved = this.#isPaused ? head.position : head.reserved
    this.#behind.written(this.#isPaused ? [] : head.serving, this.#turns.taken)
    if (this.#isPaused) this.#behind.giveBack()
  }

  #head(): Head {
    const { position, record, done } = this.#lookahead
    return {
      epoch: this.epoch,
      revision: ++this.#revision,
      position,
      done,
      record,
      reserved: this.#isReleased ? position : this.#turns.reach(RESERVED_AHEAD),
      ...this.#behind.totals,
      bytes: this.#bytes,
      deadIn: this.#deadIn,
      ...this.holds.written,
      time: this.#options.time.kept,
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
