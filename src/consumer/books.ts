import type { Order } from '../message/options.ts'
import type { Death, EndpointHold, Held, PlacedMessage } from '../message/message.ts'
import type { Connection } from '../queue/connection.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import type { DueGroup } from '../queue/read.ts'
import type { Head } from '../queue/schema.ts'
import { settle } from '../queue/settle.ts'
import { Behind } from './behind.ts'
import type { Clock } from './clock.ts'
import { Lookahead } from './lookahead.ts'
import { Sorter } from './sorter.ts'

/**
 * How many messages are reserved ahead. A leader that is superseded can send these and no others, and a crash repeats at most
 * these; more would save transactions, but only where a server answers faster than a disk.
 */
const RESERVED_AHEAD = 16

/** A message that is to be attempted now. */
export interface Delivery {
  readonly message: PlacedMessage
  readonly group: string
  /** What came of it so far. */
  readonly held: Held | undefined
  /** Where it comes from, when its group is behind. */
  readonly parked: DueGroup | undefined
}

export interface BooksOptions {
  readonly connection: Connection
  readonly head: Head
  readonly order: Order
  readonly clock: Clock
}

/**
 * The leader's books. They hand out messages, one of a group at a time and in its order, and only what a committed transaction has reserved; and
 * they take down what became of them. What was answered is settled, and what comes next reserved, in the background: one transaction at a
 * time, which takes along all that was answered since the last began. However long the queue, they hold a bounded part of it.
 *
 * A healthy group is served straight from the inbox. One that waits for another attempt is parked, with all of its messages that are met from then on,
 * so that it stands in nobody's way and is not looked at before its time; one whose messages fill the view while others could go on, likewise.
 * A queue that is one group parks nothing.
 */
export class Books {
  readonly epoch: number
  readonly #options: BooksOptions
  readonly #commit: GroupCommit<void, void> = new GroupCommit(() => this.#write())
  readonly #lookahead: Lookahead
  readonly #behind: Behind
  readonly #sorter: Sorter
  readonly #busy = new Set<string>()
  readonly #underWay = new Set<number>()
  #reserved: number
  #held: Held | undefined
  #endpoint: EndpointHold | undefined
  #bytes: number
  #deadIn: number
  #unwrittenDead: { message: PlacedMessage; death: Death }[] = []
  #isParkedsTurn = false
  #isPaused = false
  #isReleased = false
  #mustCheck = false
  #settling: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: BooksOptions) {
    const { head } = options
    this.#options = options
    this.epoch = head.epoch
    this.#lookahead = new Lookahead(head)
    this.#behind = new Behind(head, options.clock)
    this.#sorter = new Sorter({ ...options, lookahead: this.#lookahead, behind: this.#behind })
    this.#reserved = head.reserved
    this.#held = options.order === 'queue' ? head.held : undefined
    this.#endpoint = head.endpoint
    this.#bytes = head.bytes
    this.#deadIn = head.deadIn
  }

  /** What came of the head, in a queue that is one group. */
  get held(): Held | undefined {
    return this.#held
  }

  /** How long the endpoint is to be left alone. */
  get endpoint(): EndpointHold | undefined {
    return this.#endpoint
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
      const delivery = this.#pick()
      if (delivery && this.#isReserved(delivery)) return this.#begin(delivery)
      if (delivery) await this.#commit.add()
      else if (!(await this.#sorter.findMore(this.#busy, this.#underWay, () => this.#commit.add()))) return undefined
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

  /** Groups that wait are tried now, each once. */
  hurry(): void {
    this.#behind.hurry()
  }

  /** Lets nothing out that was reserved before the database has been asked again. */
  recheck(): void {
    this.#mustCheck = true
  }

  /** The server has it. Resolves when that is on disk; the next message need not wait for it. */
  async accept(delivery: Delivery): Promise<void> {
    this.#pass(delivery)
    this.#endpoint = undefined
    this.#settling = this.#commit.add()
    await this.#settling
  }

  /** It goes to the dead letters. */
  async bury(delivery: Delivery, death: Death): Promise<void> {
    this.#unwrittenDead.push({ message: delivery.message, death })
    this.#deadIn += 1
    this.#pass(delivery)
    this.#endpoint = undefined
    await this.#commit.add()
  }

  /** It waits for another attempt, and its group with it. */
  async hold(delivery: Delivery, held: Held, endpoint: EndpointHold | undefined): Promise<void> {
    const { message, group, parked } = delivery
    this.#endpoint = endpoint
    this.#end(delivery)
    if (parked) this.#behind.hold(group, held)
    else if (this.#options.order === 'queue') {
      this.#held = held
      this.#isReleased = true
    } else
      this.#sorter.park(
        group,
        this.#lookahead.filter((other) => this.#sorter.groupOf(other) === group && other.sequence >= message.sequence),
        held,
      )
    await this.#commit.add()
  }

  /** Nothing came of it, and nothing is known: it stays where it is. */
  giveBack(delivery: Delivery): void {
    this.#end(delivery)
    this.#behind.giveBack()
  }

  /** The wait that an earlier clock has set is set anew. */
  async holdAnew(held: Held | undefined, endpoint: EndpointHold | undefined): Promise<void> {
    this.#held = held
    this.#endpoint = endpoint
    await this.#commit.add()
  }

  /** Settles all that was answered, and gives back what was reserved. Nothing may be under way. */
  async release(): Promise<void> {
    this.#throwFailure()
    const isReserving = this.#reserved > this.#lookahead.position || this.#behind.isServing
    this.#isReleased = true
    this.#behind.giveBack()
    await (isReserving ? this.#commit.add() : this.#settling)
  }

  /** What goes next: in turn from the groups that are behind, and from the inbox. */
  #pick(): Delivery | undefined {
    const parked = this.#behind.first
    // What an earlier release of the app left parked goes first, where all is one group now.
    const isInboxOpen = this.#options.order !== 'queue' || this.#behind.count === 0
    const message = isInboxOpen ? this.#lookahead.find((other) => !this.#busy.has(this.#sorter.groupOf(other))) : undefined
    if (parked && (this.#isParkedsTurn || !message)) {
      return { message: parked.message, group: parked.row.group, held: this.#behind.heldOf(parked.row.group), parked }
    }
    return message && { message, group: this.#sorter.groupOf(message), held: this.#held, parked: undefined }
  }

  #isReserved({ message, group, parked }: Delivery): boolean {
    return parked ? this.#behind.isReserved(group) : message.sequence < this.#reserved
  }

  #begin(delivery: Delivery): Delivery {
    this.#busy.add(delivery.group)
    if (delivery.parked) this.#behind.begin()
    else this.#underWay.add(delivery.message.sequence)
    this.#isParkedsTurn = !delivery.parked
    return delivery
  }

  #end({ message, group, parked }: Delivery): void {
    this.#busy.delete(group)
    if (parked) this.#behind.end(group)
    else this.#underWay.delete(message.sequence)
  }

  /** The head, or the group's, moves on. */
  #pass(delivery: Delivery): void {
    const { message, parked } = delivery
    this.#end(delivery)
    this.#bytes += message.bytes
    this.#held = undefined
    if (parked) this.#behind.pass(parked)
    else this.#lookahead.remove(new Set([message.sequence]))
  }

  /** After one that failed nothing more is written: what it should have told would be missing from the next. The store knows better. */
  async #write(): Promise<void> {
    this.#throwFailure()
    try {
      await this.#settle()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  async #settle(): Promise<void> {
    const dead = this.#unwrittenDead
    this.#unwrittenDead = []
    const exhausted = this.#lookahead.takeExhausted()
    const changes = this.#behind.takeChanges()
    const head = this.#head()
    this.#isPaused = await settle(this.#options.connection, { head, exhausted, dead, ...changes })
    this.#reserved = this.#isPaused ? head.position : head.reserved
    this.#behind.written(this.#isPaused ? [] : head.serving, this.#busy)
    if (this.#isPaused) this.#behind.giveBack()
  }

  #head(): Head {
    const { position, record, done } = this.#lookahead
    const reach = this.#isReleased ? position : this.#lookahead.reach(RESERVED_AHEAD, ({ sequence }) => !this.#underWay.has(sequence))
    return {
      epoch: this.epoch,
      position,
      done,
      record,
      reserved: reach,
      ...this.#behind.totals,
      bytes: this.#bytes,
      deadIn: this.#deadIn,
      ...(this.#held && { held: this.#held }),
      ...(this.#endpoint && { endpoint: this.#endpoint }),
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
