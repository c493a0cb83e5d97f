import type { QueueEvent } from '../message/event.ts'
import type { Death, PlacedMessage } from '../message/message.ts'
import type { HeaderEntries } from '../protocol/host.ts'
import type { Connection } from '../queue/connection.ts'
import { lead } from '../queue/lead.ts'
import { Superseded } from '../queue/settle.ts'
import { outcomeOf } from './answer-table.ts'
import type { Outcome } from './answer-table.ts'
import { answerOf, excerptOf } from './answer.ts'
import { backoff } from './backoff.ts'
import { BurstHeaders } from './burst-headers.ts'
import type { HeadersSource } from './burst-headers.ts'
import type { Clock } from './clock.ts'
import type { Answered, Attempt, Transport } from './transport.ts'
import { Wakeup } from './wakeup.ts'
import { Window } from './window.ts'

/** How often the drain looks for itself, in milliseconds, when nothing wakes it: a tab may die between its commit and its word. */
const LOOK_AGAIN = 60_000

/** How long `stop()` leaves to an attempt that is under way, in milliseconds. */
const GRACE = 2_000

export interface DrainOptions {
  readonly connection: Connection
  readonly transport: Transport
  readonly headers: () => HeadersSource
  readonly maxAttempts: () => number
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
 *     looking --(the head waits for its time)--> waiting --(its time, hurry)--> looking
 *     looking --(a message)--> delivering
 *     delivering --(accepted, rejected)--> looking       the head moves on
 *     delivering --(retry)--> looking                    the head keeps its place, with a time before which it is not tried
 *     delivering --(401 twice)--> resting                nothing changes; resume() goes on
 *
 * Nobody but `run()` changes the head, so that no two attempts are ever under way.
 */
export class Drain {
  readonly #options: DrainOptions
  readonly #clock: Clock
  readonly #headers: BurstHeaders
  readonly #wakeup: Wakeup
  readonly #abort = new AbortController()
  #finished: Promise<void> | undefined
  #window: Window | undefined
  #accepting: Promise<void> | undefined
  #isStopping = false
  #isUnauthorized = false
  #isEmptyKnown = false
  #hurry: 'backoff' | 'server' | undefined

  constructor(options: DrainOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#headers = new BurstHeaders({ ...options, source: options.headers, signal: this.#abort.signal })
    this.#wakeup = new Wakeup(options.clock)
  }

  /** Delivers until `stop()` is called or another leader has begun. A storage that fails is tried again. */
  run(): Promise<void> {
    this.#finished ??= this.#run()
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

  /** There may be something to do. */
  wake(): void {
    this.#wakeup.wake()
  }

  /** Cuts a wait short: one that backoff chose, or (`server`) also one that the server asked for. */
  hurry(past: 'backoff' | 'server'): void {
    if (this.#hurry !== 'server') this.#hurry = past
    this.#wakeup.wake()
  }

  /** The queue may have been paused: what was reserved is not sent before that has been looked up. */
  recheck(): void {
    this.#window?.recheck()
    this.#wakeup.wake()
  }

  /** The user says that messages may go out again. */
  resume(): void {
    this.#isUnauthorized = false
    this.#headers.forget()
    this.#wakeup.wake()
  }

  async #run(): Promise<void> {
    for (let failures = 1; !this.#isStopping; failures++) {
      try {
        const window = new Window(this.#options.connection, await lead(this.#options.connection))
        this.#window = window
        while (!this.#isStopping) {
          await this.#step(window)
          failures = 1
        }
        await window.release()
        // What was accepted last is told before the end.
        await this.#accepting
      } catch (error) {
        if (error instanceof Superseded) return
        this.#options.announce({ type: 'storage-failed', message: String(error) })
        if (!this.#isStopping) await this.#wakeup.sleep(backoff(failures, this.#options.random))
      }
    }
  }

  async #step(window: Window): Promise<void> {
    const wait = Math.max(await this.#waitOfHead(window), this.#hurry ? 0 : this.#headers.wait)
    if (wait > 0) return this.#wait(window, wait)
    const message = this.#mayDeliver() ? await window.next() : undefined
    if (message) await this.#deliver(window, message)
    else await this.#rest(window)
  }

  #mayDeliver(): boolean {
    return !this.#isUnauthorized && this.#options.isOnline()
  }

  /** How long the head is to be left alone. Where the clock was set back meanwhile, its time is set anew. */
  async #waitOfHead(window: Window): Promise<number> {
    const { held } = window
    if (!held || this.#hurry === 'server' || this.#hurry === held.by) return 0
    const now = this.#clock.now()
    if (held.due - now <= held.wait) return held.due - now
    await window.hold({ ...held, due: now + held.wait })
    return held.wait
  }

  async #wait(window: Window, wait: number): Promise<void> {
    await window.release()
    this.#headers.forget()
    await this.#wakeup.sleep(Math.min(wait, LOOK_AGAIN))
  }

  async #rest(window: Window): Promise<void> {
    await window.release()
    const isEmpty = this.#mayDeliver() && !window.isPaused
    if (isEmpty && !this.#isEmptyKnown) this.#options.announce({ type: 'emptied' })
    this.#isEmptyKnown = isEmpty
    this.#headers.forget()
    await this.#wakeup.sleep(LOOK_AGAIN)
  }

  async #deliver(window: Window, message: PlacedMessage): Promise<void> {
    this.#isEmptyKnown = false
    this.#hurry = undefined
    const headers = await this.#headers.get()
    if (!headers || this.#isStopping) return
    const { attempts, uncounted } = window.held ?? { attempts: 0, uncounted: 0 }
    this.#options.announce({ type: 'leased', id: message.id, attempt: attempts + uncounted + 1 })
    const attempt = await this.#attempt(message, window.epoch, headers)
    if (attempt && !this.#abort.signal.aborted) await this.#settle(window, message, attempt)
  }

  /** One attempt; a second one with fresh headers where the server answers 401 to the first. None where there are no headers. */
  async #attempt(message: PlacedMessage, epoch: number, headers: HeaderEntries): Promise<Attempt | undefined> {
    const send = (entries: HeaderEntries): Promise<Attempt> =>
      this.#options.transport.send({ ...message, epoch, headers: entries }, this.#abort.signal)
    const first = await send(headers)
    if (!first.answered || first.status !== 401 || !this.#headers.canRefresh) return first
    const fresh = await this.#headers.refresh()
    return fresh && send(fresh)
  }

  async #settle(window: Window, message: PlacedMessage, attempt: Attempt): Promise<void> {
    const outcome = outcomeOf(attempt, this.#clock.now())
    switch (outcome.kind) {
      case 'accepted':
        return this.#accept(window, message, attempt as Answered)
      case 'rejected':
        return this.#bury(window, message, 'rejected', attempt as Answered)
      case 'unauthorized':
        this.#isUnauthorized = true
        return this.#options.announce({ type: 'unauthorized' })
      case 'retry':
        return this.#retry(window, message, attempt, outcome)
    }
  }

  /** Not awaited: the next message goes out while this one is being settled. The window knows if that fails. */
  #accept(window: Window, message: PlacedMessage, attempt: Answered): void {
    this.#accepting = window.accept(message).then(
      () => this.#options.announce({ type: 'accepted', id: message.id, answer: answerOf(attempt) }),
      () => {},
    )
  }

  async #bury(window: Window, message: PlacedMessage, reason: Death['reason'], attempt: Answered): Promise<void> {
    const attempts = (window.held?.attempts ?? 0) + 1
    const death = { reason, deadAt: this.#clock.now(), attempts, status: attempt.status, excerpt: excerptOf(attempt) }
    await window.bury(message, death)
    this.#options.announce({ type: 'dead-lettered', id: message.id, ...death })
  }

  async #retry(window: Window, message: PlacedMessage, attempt: Attempt, outcome: Outcome & { kind: 'retry' }): Promise<void> {
    const { reason, counts, wait } = outcome
    const attempts = (window.held?.attempts ?? 0) + (counts ? 1 : 0)
    const uncounted = (window.held?.uncounted ?? 0) + (counts ? 0 : 1)
    if (counts && attempts >= this.#options.maxAttempts()) {
      return this.#bury(window, message, 'attempts-exhausted', attempt as Answered)
    }
    const delay = wait ?? backoff(counts ? attempts : uncounted, this.#options.random)
    const due = this.#clock.now() + delay
    const status = attempt.answered ? { status: attempt.status } : {}
    await window.hold({ attempts, uncounted, due, wait: delay, by: wait === undefined ? 'backoff' : 'server', ...status })
    this.#options.announce({ type: 'retry-scheduled', id: message.id, reason, due, ...status })
  }
}
