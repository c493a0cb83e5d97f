import type { QueueEvent } from '../message/event.ts'
import type { Hold } from '../message/message.ts'
import type { Clock } from '../queue/clock.ts'
import { Unreadable } from '../queue/readable.ts'
import { isOver, Superseded } from '../queue/epoch.ts'
import { Announcer } from './announcer.ts'
import { Aside } from './aside.ts'
import { backoff } from './backoff.ts'
import { BurstHeaders } from './burst-headers.ts'
import { Emptiness } from './emptiness.ts'
import { Hurry } from './hurry.ts'
import { Pace } from './pace.ts'
import { Term } from './term.ts'
import type { TermOptions } from './term.ts'
import type { Delivery } from './turns.ts'
import { Wakeup } from './wakeup.ts'

/** How often the drain looks for itself, in milliseconds, when nothing wakes it: a tab may die between its commit and its word. */
const LOOK_AGAIN = 60_000

/** How long `stop()` leaves to attempts that are under way, in milliseconds. */
const GRACE = 2_000
export type DrainOptions = Omit<TermOptions, 'headers' | 'pace' | 'isStopping' | 'signal' | 'failed'>

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
 *     delivering --(dead, and `onDead: 'halt'`)--> looking   its group is stopped, until that is decided
 *
 * Before each look, what was delayed until now joins the tail.
 *
 * Up to `concurrency` are under way at once, of different groups: the books see to that.
 */
export class Drain {
  readonly #options: Omit<TermOptions, 'headers' | 'pace'>
  readonly #announcer: Announcer
  readonly #clock: Clock
  readonly #headers: BurstHeaders
  readonly #wakeup: Wakeup
  readonly #aside: Aside
  readonly #emptiness: Emptiness
  readonly #hurry = new Hurry()
  readonly #pace: Pace
  readonly #abort = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #finished: Promise<void> | undefined
  #term: Term | undefined
  #failure: { readonly error: unknown } | undefined
  #isStopping = false

  constructor(options: DrainOptions) {
    this.#announcer = new Announcer(options.clock, options.announce)
    const [announce, failed] = [(event: QueueEvent) => this.#announcer.announce(event), (error: unknown) => this.#fail(error)]
    this.#options = { ...options, announce, failed, isStopping: () => this.#isStopping, signal: this.#abort.signal }
    this.#clock = options.clock
    this.#pace = new Pace(options.clock, () => options.setup().rate)
    this.#headers = new BurstHeaders(this.#options)
    this.#wakeup = new Wakeup(options.clock)
    this.#aside = new Aside(this.#options)
    this.#emptiness = new Emptiness(this.#options)
  }

  /** Delivers until `stop()` is called or another leader has begun. A storage that fails is tried again. */
  run(): Promise<void> {
    return (this.#finished ??= this.#run().finally(() => this.#announcer.flush()))
  }

  /** Ends the loop: what is under way has two seconds to be answered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wakeup.wake()
    const cancel = this.#clock.after(GRACE, () => this.#abort.abort())
    await this.#finished
    cancel()
  }

  /** Another leads: what is under way is cut short, and nothing more is sent. */
  supersede(): void {
    this.#isStopping = true
    this.#fail(new Superseded('another context leads'))
  }

  /** Somebody doubts that this leader lives: the store shows it, unless another leads. */
  beat(): void {
    this.#term?.books.writeHolds().catch(() => {})
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
    this.#term?.books.hurry(past)
    this.wake()
  }

  /** The queue may have been paused: what was reserved is not sent before that has been looked up. */
  recheck(): void {
    this.#term?.books.recheck()
    this.#wakeup.wake()
  }

  /** The user says that messages may go out again, or those of a group. */
  resume(): void {
    this.#term?.setUnauthorized(false).catch((error: unknown) => this.#fail(error))
    this.#headers.forget()
    this.#term?.books.timeIsUp()
    this.#wakeup.wake()
  }

  /** Something is due that was not. */
  lookAround(): void {
    this.#term?.lookAround()
    this.#wakeup.wake()
  }

  /** A message that waited has left the queue. */
  cancelled(): void {
    this.#emptiness.cancelled()
    const cancelled = this.#term?.cancelled() ?? Promise.resolve()
    cancelled.then(() => this.#wakeup.wake()).catch((error: unknown) => this.#fail(error))
  }

  /** A dead letter is in the queue again, in its old place perhaps: who wanted it aborted came too late for its first time there, and does not speak of this one. */
  redriven(id: string): void {
    this.#term?.courier.aborts.forget(id)
    this.wake()
  }

  /** The message is not to be sent, and where it is under way, that is cut short. */
  abort(id: string, sequence: number | undefined): void {
    this.#term?.courier.aborts.abort(id, sequence)
  }

  async #run(): Promise<void> {
    for (let failures = 1; !this.#isStopping; failures++) {
      try {
        await this.#lead(() => (failures = 1))
      } catch (error) {
        this.#fail(error)
        await Promise.all(this.#underWay)
        if (isOver(error)) return
        // What was answered is settled even so, where that can be.
        await this.#term?.books.release().catch(() => {})
        const failure = error instanceof Unreadable ? await this.#aside.take(error, this.#term?.books) : (error as Error)
        if (!failure) continue
        if (isOver(failure)) return
        this.#options.announce({ type: 'storage-failed', message: String(failure) })
        if (this.#isStopping) return
        // What failed under way has called as well.
        this.#wakeup.forget()
        await this.#wakeup.sleep(backoff(failures, this.#options.random))
      }
    }
  }

  /** An epoch, from its beginning until the loop ends or the storage fails. */
  async #lead(worked: () => void): Promise<void> {
    this.#failure = undefined
    const term = await Term.begin({ ...this.#options, headers: this.#headers, pace: this.#pace })
    this.#term = term
    // What was heard of meanwhile, it may not know.
    if (this.#wakeup.isCalled) term.lookAround()
    if (this.#hurry.isPastServer) term.books.hurry('server')
    while (!this.#isStopping) {
      await this.#step(term)
      worked()
    }
    await Promise.all(this.#underWay)
    await term.books.release()
    // What was accepted last is told before the end.
    await term.courier.told()
  }

  async #step(term: Term): Promise<void> {
    const { books, time } = term
    if (this.#failure) throw this.#failure.error
    await term.keepTime()
    const wait = await term.wait(this.#hurry)
    if (wait > 0 || !this.#mayDeliver(term)) return this.#sleep(term, wait > 0 ? wait : LOOK_AGAIN)
    if (this.#underWay.size >= term.places || !(await term.isTimeKnown())) return this.#sleep(term, LOOK_AGAIN)
    const delivery = await books.next(term.courier.room)
    if (!delivery) return this.#sleep(term, books.nextDue - time.now())
    // The endpoint may have failed meanwhile.
    if (this.#isStopping || this.#failure || this.#underWay.size >= term.places) return books.giveBack(delivery)
    this.#begin(term, delivery)
  }

  /** Offline nothing is tried, unless the user asks for it: the browser's word may be wrong. */
  #mayDeliver({ books: { holds } }: Term): boolean {
    return !holds.isUnauthorized && (this.#options.isOnline() || this.#hurry.isPastServer)
  }

  #begin(term: Term, delivery: Delivery): void {
    this.#emptiness.end()
    this.#hurry.end()
    this.#pace.begin()
    let wasSent = false
    const carrying = this.#carry(term, delivery, () => (wasSent = true)).finally(() => {
      this.#pace.end(wasSent)
      this.#underWay.delete(carrying)
      this.#wakeup.wake()
    })
    this.#underWay.add(carrying)
  }

  async #carry(term: Term, delivery: Delivery, sent: () => void): Promise<void> {
    try {
      const isKnown = await term.courier.deliver(delivery, sent)
      if (!isKnown && (await term.setUnauthorized(true))) this.#options.announce({ type: 'unauthorized' })
    } catch (error) {
      this.#fail(error)
    }
  }

  /** It ends the term. */
  #fail(error: unknown): void {
    if (isOver(error)) this.#abort.abort()
    this.#failure ??= { error }
    this.#wakeup.wake()
  }

  /** Sleeps until woken, or for some time. With nothing under way, what was reserved is given back, and the burst is over. */
  async #sleep(term: Term, longest: number): Promise<void> {
    if (term.retention.isDue) return
    // What was woken for meanwhile is looked at first: the last look may be out of date.
    if (this.#underWay.size === 0 && !this.#wakeup.isCalled && !this.#pace.isBrief) {
      await term.books.release()
      this.#headers.forget()
      if (term.delays.nextDue === Infinity) await this.#emptiness.tell(term.books)
    }
    if (!(await this.#wakeup.sleep(Math.max(0, Math.min(longest, LOOK_AGAIN, term.untilJoin))))) this.lookAround()
  }
}
