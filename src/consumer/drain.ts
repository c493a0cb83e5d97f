import type { QueueEvent } from '../message/event.ts'
import type { Hold } from '../message/message.ts'
import type { Setup } from '../protocol/host.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import { lead } from '../queue/lead.ts'
import { Unreadable } from '../queue/readable.ts'
import { Superseded } from '../queue/settle.ts'
import { Announcer } from './announcer.ts'
import { Aside } from './aside.ts'
import { backoff } from './backoff.ts'
import { Books } from './books.ts'
import { BurstHeaders } from './burst-headers.ts'
import { Courier } from './courier.ts'
import { Delays } from './delays.ts'
import type { FunctionsSource } from './functions.ts'
import { Hurry } from './hurry.ts'
import { QueueTime } from './queue-time.ts'
import type { Transport } from './transport.ts'
import type { Delivery } from './turns.ts'
import { Wakeup } from './wakeup.ts'

/** How often the drain looks for itself, in milliseconds, when nothing wakes it: a tab may die between its commit and its word. */
const LOOK_AGAIN = 60_000

/** How long `stop()` leaves to attempts that are under way, in milliseconds. */
const GRACE = 2_000

/** What the drain has at hand in one epoch. */
interface Term {
  readonly books: Books
  readonly courier: Courier
  readonly delays: Delays
  readonly time: QueueTime
}

export interface DrainOptions {
  readonly connection: Connection
  readonly transport: Transport
  readonly functions: FunctionsSource
  /** The options of the queue, as they are now. */
  readonly setup: () => Setup
  readonly isOnline: () => boolean
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
}

/**
 * The loop that delivers a queue's messages, in the one host that leads.
 *
 *     resting --(enqueued, resumed, online, a minute)--> looking
 *     looking --(nothing there, paused, offline, unauthorized)--> resting
 *     looking --(what is there waits for its time)--> waiting --(its time, hurry)--> looking
 *     looking --(a message, and a free place)--> delivering
 *     delivering --(accepted, rejected)--> looking       its group moves on
 *     delivering --(retry)--> looking                    its group waits for a time before which it is not tried
 *     delivering --(401 twice)--> resting                nothing changes; resume() goes on
 *
 * Up to `concurrency` are under way at once, of different groups: the books see to that.
 */
export class Drain {
  readonly #options: DrainOptions
  readonly #announcer: Announcer
  readonly #clock: Clock
  readonly #headers: BurstHeaders
  readonly #wakeup: Wakeup
  readonly #aside: Aside
  readonly #hurry = new Hurry()
  readonly #abort = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #finished: Promise<void> | undefined
  #term: Term | undefined
  #failure: { readonly error: unknown } | undefined
  #isStopping = false
  #isUnauthorized = false
  #isEmptyKnown = false

  constructor(options: DrainOptions) {
    this.#announcer = new Announcer(options.clock, options.announce)
    this.#options = { ...options, announce: (event) => this.#announcer.announce(event) }
    this.#clock = options.clock
    this.#headers = new BurstHeaders({ ...this.#options, signal: this.#abort.signal })
    this.#wakeup = new Wakeup(options.clock)
    this.#aside = new Aside(this.#options)
  }

  /** Delivers until `stop()` is called or another leader has begun. A storage that fails is tried again. */
  run(): Promise<void> {
    this.#finished ??= this.#run().finally(() => this.#announcer.flush())
    return this.#finished
  }

  /** Ends the loop: what is under way has two seconds to be answered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wakeup.wake()
    const cancel = this.#clock.after(GRACE, () => this.#abort.abort())
    await this.#finished
    cancel()
  }

  /** The database is another now: what is known of it is worth nothing, and a new term begins. */
  beginAgain(): void {
    this.#fail(new Superseded('the database was begun anew'))
  }

  /** There may be something to do. */
  wake(): void {
    this.#term?.books.lookAgain()
    this.#wakeup.wake()
  }

  /** Cuts a wait short: one that backoff chose, or (`server`) also one that the server asked for, and those of groups. */
  hurry(past: Hold['by']): void {
    this.#hurry.begin(past)
    if (past === 'server') this.#term?.books.hurry()
    this.wake()
  }

  /** The queue may have been paused: what was reserved is not sent before that has been looked up. */
  recheck(): void {
    this.#term?.books.recheck()
    this.#wakeup.wake()
  }

  /** The user says that messages may go out again, or those of a group. */
  resume(): void {
    if (this.#isUnauthorized) this.#term?.books.setUnauthorized(false).catch((error: unknown) => this.#fail(error))
    this.#isUnauthorized = false
    this.#headers.forget()
    this.lookAround()
  }

  /** Something is due that was not. */
  lookAround(): void {
    this.#term?.books.timeIsUp()
    this.#term?.delays.lookAgain()
    this.#wakeup.wake()
  }

  /** A message that waited has left the queue. */
  cancelled(id: string): void {
    this.#term?.books.cancelled(id)
    this.#wakeup.wake()
  }

  /** The message is not to be sent, and where it is under way, that is cut short. */
  abort(id: string): void {
    this.#term?.courier.abort(id)
  }

  async #run(): Promise<void> {
    for (let failures = 1; !this.#isStopping; failures++) {
      try {
        await this.#lead(() => (failures = 1))
      } catch (error) {
        await Promise.all(this.#underWay)
        if (error instanceof Superseded) return
        // What was answered is settled even so, where that can be.
        await this.#term?.books.release().catch(() => {})
        const failure = error instanceof Unreadable ? await this.#aside.take(error, this.#term?.books) : (error as Error)
        if (!failure) continue
        if (failure instanceof Superseded) return
        this.#options.announce({ type: 'storage-failed', message: String(failure) })
        if (!this.#isStopping) await this.#wakeup.sleep(backoff(failures, this.#options.random))
      }
    }
  }

  /** An epoch, from its beginning until the loop ends or the storage fails. */
  async #lead(worked: () => void): Promise<void> {
    const { connection, clock, setup, announce } = this.#options
    const begun = await lead(connection)
    const time = new QueueTime(clock, begun.head.time)
    const books = new Books({ connection, clock, time, term: begun, order: setup().order, remembering: setup })
    const courier = new Courier({ ...this.#options, books, time, headers: this.#headers, signal: this.#abort.signal })
    const delays = new Delays({ connection, time, announce, areAny: begun.tail.delayed > 0 })
    const term = { books, courier, delays, time }
    this.#term = term
    this.#failure = undefined
    if (this.#hurry.isPastServer) books.hurry()
    while (!this.#isStopping) {
      await this.#step(term)
      worked()
    }
    await Promise.all(this.#underWay)
    await books.release()
    // What was accepted last is told before the end.
    await courier.told()
  }

  async #step(term: Term): Promise<void> {
    const { books, courier, delays, time } = term
    if (this.#failure) throw this.#failure.error
    if (!time.isDoubtful && (await delays.join())) books.lookAgain()
    const wait = await this.#wait(term)
    if (wait > 0 || !this.#mayDeliver()) return this.#sleep(term, wait > 0 ? wait : LOOK_AGAIN)
    if (this.#underWay.size >= this.#places(books)) return this.#sleep(term, LOOK_AGAIN)
    if (delays.nextDue <= time.now() && !(await courier.confirmTime())) return this.#sleep(term, LOOK_AGAIN)
    const delivery = await books.next()
    if (!delivery) return this.#sleep(term, books.nextDue - time.now())
    if (this.#isStopping) return books.giveBack(delivery)
    this.#begin(courier, delivery)
  }

  /** Offline nothing is tried, unless the user asks for it: the browser's word may be wrong. */
  #mayDeliver(): boolean {
    return !this.#isUnauthorized && (this.#options.isOnline() || this.#hurry.isPastServer)
  }

  /** An endpoint that was away is tried with one message. */
  #places(books: Books): number {
    return books.holds.endpoint ? 1 : this.#options.setup().concurrency
  }

  #begin(courier: Courier, delivery: Delivery): void {
    this.#isEmptyKnown = false
    this.#hurry.end()
    const carrying = this.#carry(courier, delivery).finally(() => {
      this.#underWay.delete(carrying)
      this.#wakeup.wake()
    })
    this.#underWay.add(carrying)
  }

  async #carry(courier: Courier, delivery: Delivery): Promise<void> {
    try {
      if (await courier.deliver(delivery)) return
      const isNews = !this.#isUnauthorized
      this.#isUnauthorized = true
      if (isNews) await this.#term?.books.setUnauthorized(true)
      // Resumed meanwhile, it is no longer true.
      if (isNews && this.#isUnauthorized) this.#options.announce({ type: 'unauthorized' })
    } catch (error) {
      this.#fail(error)
    }
  }

  /** It ends the term. */
  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wakeup.wake()
  }

  /** How long everything is to be left alone. Where the clock was set back meanwhile, the time is set anew. */
  async #wait({ books, courier, time }: Term): Promise<number> {
    if (books.holds.setAnew(time.now())) await books.writeHolds()
    const { held, endpoint } = books.holds
    const now = time.now()
    const unreachable = this.#hurry.isOn ? 0 : Math.max(this.#headers.wait(), courier.wait())
    return Math.max(held?.isHalted ? 0 : this.#hurry.waitOf(held, now), this.#hurry.waitOf(endpoint, now), unreachable)
  }

  /** Sleeps until woken, or for some time. With nothing under way, what was reserved is given back, and the burst is over. */
  async #sleep({ books, delays, time }: Term, longest: number): Promise<void> {
    // What was woken for meanwhile is looked at first: the last look may be out of date.
    if (this.#underWay.size === 0 && !this.#wakeup.isCalled) {
      await books.release()
      this.#headers.forget()
      if (delays.nextDue === Infinity) await this.#tellIfEmpty(books)
    }
    // In doubt of the clock nothing joins the tail.
    const untilJoin = time.isDoubtful ? LOOK_AGAIN : delays.nextDue - time.now()
    const wasWoken = await this.#wakeup.sleep(Math.max(0, Math.min(longest, LOOK_AGAIN, untilJoin)))
    if (!wasWoken) this.lookAround()
  }

  /** Paused, offline or not: when the last message has left, that is told. */
  async #tellIfEmpty(books: Books): Promise<void> {
    const isEmpty = await books.isEmpty()
    if (isEmpty && !this.#isEmptyKnown) this.#options.announce({ type: 'emptied' })
    this.#isEmptyKnown = isEmpty
  }
}
