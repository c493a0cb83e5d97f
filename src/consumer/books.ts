import type { Order } from '../message/options.ts'
import type { Answer, Death, EndpointHold, Held, Hold, Message } from '../message/message.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import type { Begun } from '../queue/lead.ts'
import type { LeadersHead } from '../queue/meta.ts'
import { settle } from '../queue/settle.ts'
import { Behind } from './behind.ts'
import { HALTED, Holds } from './holds.ts'
import { Lookahead } from './lookahead.ts'
import type { QueueTime } from './queue-time.ts'
import { Places } from './places.ts'
import { Reservations } from './reservations.ts'
import { Sorter } from './sorter.ts'
import type { Room } from './company.ts'
import { Together } from './together.ts'
import { Turns } from './turns.ts'
import type { Delivery } from './turns.ts'
import { Unsettled } from './unsettled.ts'
import type { Remembering } from './unsettled.ts'
import { Writes } from './writes.ts'

export interface BooksOptions {
  readonly connection: Connection
  readonly begun: Begun
  readonly order: Order
  /** How many messages are to be reserved ahead at least. */
  readonly ahead?: number | undefined
  readonly clock: Clock
  readonly time: QueueTime
  readonly remembering: () => Remembering
  readonly failed: (error: unknown) => void
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
  readonly together: Together
  readonly #options: BooksOptions
  readonly #writes: Writes
  readonly #lookahead: Lookahead
  readonly #behind: Behind
  readonly #sorter: Sorter
  readonly #turns: Turns
  readonly #unsettled: Unsettled
  readonly #reservations: Reservations
  readonly #places: Places
  #revision: number
  #isReleased = false

  constructor(options: BooksOptions) {
    const { head } = options.begun
    this.#options = options
    this.epoch = head.epoch
    this.#revision = head.revision
    const lookahead = (this.#lookahead = new Lookahead(head))
    const behind = (this.#behind = new Behind(head, options.time))
    const sorter = (this.#sorter = new Sorter({ ...options, lookahead, behind }))
    const turns = (this.#turns = new Turns(sorter, lookahead, behind, options.ahead))
    this.#writes = new Writes(options.clock, turns.ahead / 2, () => this.#settle(), options.failed)
    this.#reservations = new Reservations({ begun: options.begun, lookahead, behind, sorter, turns })
    this.together = new Together(turns, this.#reservations, behind)
    this.holds = new Holds(head, options.order === 'queue' ? head.held : undefined)
    this.#places = new Places({ holds: this.holds, lookahead, behind, sorter, turns, reservations: this.#reservations })
    this.#unsettled = new Unsettled(head, options.time, options.remembering)
  }

  /** How often a pause may have come: what was begun before the last and is not sent yet goes back. */
  get doubts(): number {
    return this.#reservations.doubts
  }

  /** When the first group that is behind is due; what is paused waits for no time. */
  get nextDue(): number {
    return this.#reservations.isPaused ? Infinity : this.#behind.nextDue
  }

  /** A message to be attempted, reserved, with what goes along in one request, where there is `room`; `undefined` when there is none that may go now. */
  async next(room?: Room): Promise<Delivery | undefined> {
    this.#writes.throwFailure()
    this.#isReleased = false
    if (this.#reservations.isInDoubt) await this.#writes.now()
    if (room) await this.#sorter.fill(room.messages, this.#turns)
    let isSure = !this.#writes.areOld
    let isFilled = false
    for (;;) {
      const delivery = this.#turns.pick(this.holds.held)
      const isShort: boolean = delivery !== undefined && !isFilled && this.together.reserveMore(delivery, room)
      if (delivery && isSure && !isShort && this.#reservations.has(delivery)) {
        const begun = this.#begin(delivery, room)
        if (begun) return begun
        continue
      }
      if (!delivery && (await this.#sorter.findMore(this.#turns, () => this.#writes.now()))) continue
      if (!delivery) return undefined
      // A write that is under way may have reserved it already. Whether all is paused still, only a write can tell.
      await (isShort ? this.#writes.now() : this.#writes.underWayOrNow())
      isSure = true
      isFilled ||= isShort
      if (this.#reservations.isPaused) return undefined
    }
  }

  /** Sees to it that what is reserved is so still: where the last transaction is long ago, another may lead by now. */
  confirm(): Promise<void> {
    return this.#writes.confirm()
  }

  /** Whether nothing is left, whether or not it may go, but for dead letters that keep their place. */
  async isEmpty(): Promise<boolean> {
    return this.#behind.totals.parked + this.#lookahead.size <= this.#reservations.halted && !(await this.#sorter.load())
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

  /** Groups that wait are tried now, each once; those that a server has asked to wait only with `server`. */
  hurry(past: Hold['by']): void {
    this.#behind.hurry(past)
  }

  /** A message was cancelled. If it is what the head waits for, the store says so. */
  async cancelled(): Promise<void> {
    this.timeIsUp()
    if (this.holds.held && !this.holds.held.isHalted) await this.#writes.now()
  }

  /** Lets nothing out that was reserved before the database has been asked again. */
  recheck(): void {
    this.#reservations.doubt()
  }

  /** The server has it. Resolves when that is on disk, soon; the next message need not wait for it. */
  async accept(delivery: Delivery, answer: Answer): Promise<void> {
    this.#writes.throwFailure()
    this.#places.pass(delivery)
    this.#unsettled.accepted(delivery.message, answer)
    await this.#writes.soon()
  }

  /** It goes to the dead letters; where it is halting, it keeps its place, and nothing of its group goes before that is decided. */
  async bury(delivery: Delivery, death: Death, isHalting: boolean): Promise<void> {
    const { message, group } = delivery
    if (isHalting) {
      this.#unsettled.halted(message, death, group)
      if (this.#places.wait(delivery, { ...HALTED, attempts: death.attempts })) this.#isReleased = true
    } else {
      this.#places.pass(delivery)
      this.#unsettled.buried(message, death)
    }
    await this.#writes.now()
  }

  /** It was cancelled after it had been reserved. */
  async drop(delivery: Delivery, maybeDelivered: boolean): Promise<void> {
    this.#places.pass(delivery)
    this.#unsettled.cancelled(delivery.message, 'aborted', maybeDelivered)
    await this.#writes.now()
  }

  /** It is brought up to date before it is sent for the first time. Resolves with what is to be sent, once that is on disk. */
  async rewrite(delivery: Delivery, message: Message): Promise<Delivery> {
    const { rewritten, change } = this.#reservations.rewrite(delivery, message)
    this.#unsettled.rewritten(delivery.message, change)
    await this.#writes.now()
    return rewritten
  }

  /** It waits for another attempt, and its group with it. */
  async hold(delivery: Delivery, held: Held, endpoint: EndpointHold | undefined): Promise<void> {
    this.holds.endpoint = endpoint
    this.#unsettled.held(delivery)
    if (this.#places.wait(delivery, held)) this.#isReleased = true
    await this.#writes.now()
  }

  /** Nothing came of it, and nothing is known: it stays where it is. */
  giveBack(delivery: Delivery): void {
    this.together.part(delivery)
    this.#places.giveBack(delivery)
  }

  /** What everything waits for has changed. */
  writeHolds(): Promise<void> {
    return this.#writes.now()
  }

  /** Settles all that was answered, and gives back what was reserved. Nothing may be under way. */
  async release(): Promise<void> {
    this.#writes.throwFailure()
    this.#isReleased = true
    this.#behind.giveBack()
    await (this.#reservations.areAny || this.#writes.areAwaited ? this.#writes.now() : this.#writes.underWay())
  }

  /** What is reserved goes out as it is now; what was cancelled before does not go out at all. */
  #begin(delivery: Delivery, room: Room | undefined): Delivery | undefined {
    const begun = this.#turns.begin(this.#reservations.asItIs(delivery))
    const change = this.#reservations.changeOf(begun.message.sequence)
    if (change?.kind !== 'cancelled' && change?.kind !== 'passed') return this.together.takeAlong(begun, room)
    this.#places.pass(begun)
    this.#unsettled.cancelled(begun.message, change.kind, change.maybeDelivered === true)
    // Whether that fails is told to whoever writes next.
    this.#writes.soon().catch(() => {})
    return undefined
  }

  async #settle(): Promise<void> {
    const [exhausted, head, held] = [this.#lookahead.takeExhausted(), this.#head(), this.holds.held]
    const [changes, unsettled, sent] = [this.#behind.takeChanges(), this.#unsettled.take(), this.#reservations.takeSent()]
    const underWay = this.#reservations.mayBegin ? undefined : { sequences: [...this.#turns.underWay], groups: this.#behind.underWay }
    const candidates = this.#reservations.candidates(head)
    const { connection, order, time } = this.#options
    const known = { head, now: time.now(), isOneGroup: order === 'queue', underWay, exhausted, candidates }
    const settled = await settle(connection, { ...known, ...changes, ...unsettled, sent })
    this.#reservations.hear(head, settled)
    // What the head waits for may have been decided; unless it waits for something else since.
    if (held === this.holds.held) this.holds.held = settled.head.held
  }

  #head(): LeadersHead {
    return {
      epoch: this.epoch,
      revision: ++this.#revision,
      ...this.#lookahead.written,
      reserved: this.#isReleased ? this.#lookahead.position : this.#turns.reach(),
      ...this.#behind.totals,
      ...this.#unsettled.totals,
      ...this.holds.written,
      time: this.#options.time.kept,
    }
  }
}
