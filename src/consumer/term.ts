import type { QueueEvent } from '../message/event.ts'
import type { Setup } from '../protocol/host.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import { lead } from '../queue/lead.ts'
import type { Begun } from '../queue/lead.ts'
import { Bodies } from './bodies.ts'
import type { Folder } from './bodies.ts'
import { Books } from './books.ts'
import type { BurstHeaders } from './burst-headers.ts'
import type { DeathBefore } from './caution.ts'
import { Courier } from './courier.ts'
import { Delays } from './delays.ts'
import type { FunctionsSource } from './functions.ts'
import type { Hurry } from './hurry.ts'
import type { Pace } from './pace.ts'
import { QueueTime } from './queue-time.ts'
import { Retention } from './retention.ts'
import type { Transport } from './transport.ts'
import type { Vault } from './vault.ts'

export interface TermOptions {
  readonly connection: Connection
  readonly transport: Transport
  readonly functions: FunctionsSource
  /** The options of the queue, as they are now. */
  readonly setup: () => Setup
  readonly folder: Folder
  readonly vault: Vault
  /** Drops what others have left half-stored. */
  readonly sweep: () => Promise<void>
  readonly isOnline: () => boolean
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
  readonly headers: BurstHeaders
  readonly pace: Pace
  /** The page's last host died, perhaps of a message. */
  readonly death?: DeathBefore | undefined
  /** Nothing more is begun. */
  readonly isStopping: () => boolean
  /** Cuts attempts short, for good. */
  readonly signal: AbortSignal
  /** Told at once that a transaction has failed, and with it the term. */
  readonly failed: (error: unknown) => void
}

/** What a leader has at hand in one epoch: the time, the books, who carries messages, and what is delayed. */
export class Term {
  readonly books: Books
  readonly courier: Courier
  readonly delays: Delays
  readonly time: QueueTime
  readonly retention: Retention
  readonly #options: TermOptions

  private constructor(options: TermOptions, begun: Begun) {
    const { connection, clock, setup, announce, failed, sweep } = options
    this.#options = options
    const time = (this.time = new QueueTime(clock, begun.head.time))
    const books = (this.books = new Books({
      connection,
      clock,
      time,
      begun,
      order: setup().order,
      ahead: setup().batch?.messages,
      remembering: setup,
      failed,
    }))
    const retention = (this.retention = new Retention({ connection, clock, time, setup, announce, sweep }))
    const tell = (event: QueueEvent): void => {
      if (event.type === 'dead-lettered') retention.lookAgain()
      announce(event)
    }
    this.courier = new Courier({ ...options, announce: tell, books, time, bodies: new Bodies(options) })
    this.delays = new Delays({ connection, epoch: books.epoch, time, announce, areAny: begun.tail.delayed > 0 })
  }

  static async begin(options: TermOptions): Promise<Term> {
    const begun = await lead(options.connection)
    await options.transport.begin?.(begun.head.epoch)
    return new Term(options, begun)
  }

  /** How many messages may be under way at once. An endpoint that was away is tried with one; and one at a time they go where a host has died. */
  get places(): number {
    const { setup, transport } = this.#options
    const { caution } = this.courier
    if (this.books.holds.endpoint || caution.isOn) return 1
    return Math.min(setup().concurrency, transport.places?.() ?? Infinity) + caution.waiting
  }

  /** Something is due that was not, perhaps. */
  lookAround(): void {
    this.books.timeIsUp()
    this.delays.lookAgain()
  }

  /** A message has left that waited, or was delayed. */
  async cancelled(): Promise<void> {
    if (this.delays.nextDue < Infinity) this.delays.lookAgain()
    await this.books.cancelled()
  }

  /** Does what is due: those that were delayed until now join the tail (in doubt of the clock none does), and what is kept no longer goes. */
  async keepTime(): Promise<void> {
    if (!this.time.isDoubtful && (await this.delays.join())) this.books.lookAgain()
    await this.retention.keep()
  }

  /** How long until some join the tail, in milliseconds. */
  get untilJoin(): number {
    return this.time.isDoubtful ? Infinity : this.delays.nextDue - this.time.now()
  }

  /** Whether the clock can be relied on, where something waits for that to be known. */
  async isTimeKnown(): Promise<boolean> {
    return this.delays.nextDue > this.time.now() || this.courier.confirmTime()
  }

  /** How long everything is to be left alone. Where the clock was set back meanwhile, the time is set anew. */
  async wait(hurry: Hurry): Promise<number> {
    const { holds } = this.books
    const { headers, pace } = this.#options
    if (holds.setAnew(this.time.now())) await this.books.writeHolds()
    const now = this.time.now()
    // Whether what is halted goes on, the books find out.
    const ofHead = holds.held?.isHalted ? 0 : hurry.waitOf(holds.held, now)
    return Math.max(ofHead, hurry.waitOf(holds.endpoint, now), hurry.isOn ? 0 : Math.max(headers.wait(), this.courier.wait()), pace.wait)
  }

  /** Whether the server knows who we are. Says whether that is news. */
  async setUnauthorized(isUnauthorized: boolean): Promise<boolean> {
    const { holds } = this.books
    if (holds.isUnauthorized === isUnauthorized) return false
    holds.isUnauthorized = isUnauthorized
    await this.books.writeHolds()
    // It may have changed again meanwhile.
    return holds.isUnauthorized === isUnauthorized
  }
}
