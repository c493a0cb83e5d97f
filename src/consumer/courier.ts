import type { QueueEvent } from '../message/event.ts'
import type { Held, Hold } from '../message/message.ts'
import { Aborts } from './aborts.ts'
import type { Outcome } from './answer-table.ts'
import { excerptOf } from './answer.ts'
import type { AskEndpointOptions } from './ask-endpoint.ts'
import { backoff } from './backoff.ts'
import type { Books } from './books.ts'
import { Breaker, withoutBlame } from './breaker.ts'
import type { CautionOptions } from './caution.ts'
import type { Room } from './company.ts'
import { Departures, mayBeDelivered } from './departures.ts'
import type { FunctionsSource } from './functions.ts'
import { Preparation } from './preparation.ts'
import type { Prepared, PreparationOptions } from './preparation.ts'
import { Respite } from './respite.ts'
import { cautionOf } from './quarantine.ts'
import { Sending } from './sending.ts'
import type { Tried } from './sending.ts'
import { Suspicion } from './suspicion.ts'
import type { Outset } from './told.ts'
import { nextAttempt, past, trailAfter, unansweredAfter } from './trail.ts'
import type { Clock } from '../queue/clock.ts'
import type { Answered } from './transport.ts'
import type { Delivery } from './turns.ts'

export interface CourierOptions extends AskEndpointOptions, Pick<CautionOptions, 'death'>, Pick<PreparationOptions, 'bodies' | 'vault'> {
  readonly books: Books
  readonly functions: FunctionsSource
  readonly isOnline: () => boolean
  readonly isStopping: () => boolean
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
}

type Retry = Outcome & { kind: 'retry' }

/** Carries one message to the server, and has the books take down what came of it. */
export class Courier {
  readonly caution: ReturnType<typeof cautionOf>
  readonly #options: CourierOptions
  /** What is not to be sent, and where it is under way, is to be cut short. An answer that is there before counts. */
  readonly aborts: Aborts = new Aborts()
  readonly #respite: Respite
  readonly #breaker: Breaker
  readonly #departures: Departures
  readonly #preparation: Preparation
  readonly #suspicion: Suspicion
  readonly #sending: Sending

  constructor(options: CourierOptions) {
    this.#options = options
    this.#respite = new Respite(options)
    this.#breaker = new Breaker(options)
    this.#departures = new Departures({ ...options, aborts: this.aborts })
    this.#preparation = new Preparation({ ...options, breaker: this.#breaker, departures: this.#departures, respite: this.#respite })
    this.caution = cautionOf({ ...options, departures: this.#departures })
    this.#suspicion = new Suspicion(options)
    this.#sending = new Sending({ ...options, aborts: this.aborts, preparation: this.#preparation, suspicion: this.#suspicion })
    options.signal.addEventListener('abort', () => this.aborts.abortAll())
  }

  /** Resolves once all that was accepted has been told. */
  told(): Promise<void> {
    return this.#departures.told()
  }

  /** How long everything is left alone, in milliseconds, since a function that it needs cannot be reached. */
  wait(): number {
    return this.#respite.wait()
  }

  /** How much may go in one request. An endpoint that was away is tried with one message, and so one at a time they go where a host has died. */
  get room(): Room | undefined {
    const { books, setup } = this.#options
    return books.holds.endpoint || this.caution.isOn ? undefined : this.#sending.room(setup())
  }

  /** Whether the clock can be relied on; where it was in doubt, a server is asked. */
  async confirmTime(): Promise<boolean> {
    return !this.#options.time.isDoubtful || this.#preparation.confirmTime()
  }

  /** Calls `sent` where it goes out. @returns whether the server knows who we are. */
  async deliver(delivery: Delivery, sent: () => void): Promise<boolean> {
    const { id } = delivery.message
    const cut = this.aborts.begin(delivery.message)
    try {
      return await this.#deliver(delivery, cut, sent)
    } finally {
      this.aborts.end(id)
      this.#options.books.together.part(delivery)
      // What cannot be removed now is when the next term begins.
      this.#options.bodies.free(delivery.message).catch(() => {})
      this.caution.survived(delivery.message)
    }
  }

  async #deliver(delivery: Delivery, cut: AbortSignal, sent: () => void): Promise<boolean> {
    const outset = this.#breaker.begin()
    const { doubts } = this.#options.books
    const told = delivery.told && (await this.#sending.judge(delivery, this.#options.setup(), delivery.told))
    // A 401 is said of headers, and by now there may be others.
    if (told && told.outcome?.kind !== 'unauthorized') return this.#settle(delivery, told)
    if (this.#isCancelled(delivery)) await this.#drop(delivery)
    else if (await this.caution.admits(delivery, cut)) {
      const prepared = await this.#preparation.prepare(delivery, doubts)
      if (prepared && this.#isCancelled(delivery)) await this.#drop(prepared.delivery)
      else if (prepared && this.#breaker.hasFailedSince(outset)) this.#options.books.giveBack(prepared.delivery)
      else if (prepared) return this.#attempt(prepared, outset, cut, sent)
    }
    return true
  }

  #isCancelled({ isCancelled, message }: Delivery): boolean {
    return isCancelled === true || this.aborts.isWanted(message)
  }

  async #drop(delivery: Delivery): Promise<void> {
    await this.#departures.drop(delivery, mayBeDelivered(delivery))
  }

  /** One attempt; a second one with fresh headers where the server does not know who we are. */
  async #attempt(prepared: Prepared, outset: Outset, cut: AbortSignal, sent: () => void): Promise<boolean> {
    const { books, announce, headers, isStopping } = this.#options
    const { delivery, setup, doubts } = prepared
    const { message } = delivery
    sent()
    announce({ type: 'leased', id: message.id, attempt: nextAttempt(delivery.held) })
    const first = await this.#sending.send(prepared, prepared.headers, outset, cut)
    if (first.outcome?.kind !== 'unauthorized' || !headers.canRefresh(setup)) return this.#settle(delivery, first)
    const fresh = isStopping() ? undefined : await headers.refresh(setup)
    await books.confirm()
    if (this.#isCancelled(delivery)) await this.#drop(delivery)
    else if (!fresh || this.#preparation.isCalledOff(doubts)) this.#preparation.giveBack(delivery)
    else if (await this.#preparation.mayGo(delivery, doubts))
      return this.#settle(delivery, await this.#sending.send(prepared, fresh, outset, cut))
    return true
  }

  async #settle(delivery: Delivery, tried: Tried): Promise<boolean> {
    this.caution.survived(delivery.message)
    this.#options.books.together.part(delivery)
    if (tried.isOf) return this.#goAgain(delivery, tried, tried.isOf)
    switch (tried.outcome?.kind) {
      case 'accepted':
        this.#departures.accept(delivery, tried.attempt as Answered, this.#breaker.decided())
        return true
      case 'rejected':
        await this.#reject(delivery, tried)
        return true
      case 'unauthorized':
        // Nothing is counted, but that it was sent, so that its bytes stay.
        await this.#goesOn(delivery, {})
        return false
      case 'retry':
        if (this.#isCancelled(delivery)) await this.#departures.drop(delivery, !tried.attempt.answered || mayBeDelivered(delivery))
        else await this.#retry(delivery, tried, tried.outcome)
        return true
      case undefined:
        if (this.#isCancelled(delivery)) await this.#departures.drop(delivery, true)
        else await this.#keepStopped(delivery, tried)
        return true
    }
  }

  /** A request with several messages has failed as a whole: of none of them anything is known, and they go again, in fewer of one request, or later. */
  async #goAgain(delivery: Delivery, { attempt, outcome, outset }: Tried, messages: number): Promise<boolean> {
    const { books, announce } = this.#options
    if (this.#isCancelled(delivery)) {
      await this.#departures.drop(delivery, !attempt.answered || mayBeDelivered(delivery))
      return outcome?.kind !== 'unauthorized'
    }
    const retry = outcome?.kind === 'retry' ? outcome : undefined
    const mayBeToBlame = outcome?.kind === 'rejected' || retry?.counts === true || !attempt.answered
    if (mayBeToBlame) this.#sending.size.halve(messages, attempt.answered && attempt.status === 413)
    const mustWait = retry && (retry.wait ?? retry.delay ?? (retry.holds || !retry.counts ? Infinity : 0)) > 0
    const news = mustWait ? this.#breaker.left(outset, retry.wait) : undefined
    books.giveBack(delivery)
    if (news) {
      await books.writeHolds()
      announce(news)
    }
    return outcome?.kind !== 'unauthorized'
  }

  async #reject(delivery: Delivery, tried: Tried): Promise<void> {
    const answer = tried.attempt as Answered
    const attempts = (delivery.held?.attempts ?? 0) + 1
    const trail = trailAfter(delivery.held, past(tried, 'rejected'))
    const news = this.#breaker.decided()
    await this.#departures.bury(delivery, { reason: 'rejected', attempts, status: answer.status, excerpt: excerptOf(answer), trail })
    if (news) this.#options.announce(news)
  }

  async #retry(delivery: Delivery, tried: Tried, found: Retry): Promise<void> {
    const { books, setup, announce, random, time } = this.#options
    const { message, held, group } = delivery
    const { attempt, outset } = tried
    const trail = trailAfter(held, past(tried, found.reason))
    const isSuspected = !attempt.answered && found.holds && (await this.#suspicion.isJust(trail, held))
    const outcome = isSuspected ? { ...found, counts: held?.isSuspected === true, holds: false } : withoutBlame(found, outset)
    const { counts, reason, wait } = outcome
    const before = held ?? { attempts: 0, uncounted: 0 }
    const attempts = before.attempts + (counts ? 1 : 0)
    const uncounted = before.uncounted + (counts ? 0 : 1)
    const delay = found.delay ?? Math.max(wait ?? 0, backoff(counts ? attempts : uncounted, random, message.backoff ?? setup().backoff))
    const hold = this.#holdFor(message.expiresAt, delay, wait === undefined ? 'backoff' : 'server')
    // A handler that fails says nothing of other messages.
    const news = this.#breaker.failed({ outset, group, outcome: { ...outcome, counts: found.counts && !setup().consumers }, hold })
    const status = attempt.answered ? { status: attempt.status } : {}
    const said = attempt.answered ? { ...status, excerpt: excerptOf(attempt) } : {}
    if (counts && attempts >= (message.maxAttempts ?? setup().maxAttempts)) {
      const maybeDelivered = !attempt.answered || mayBeDelivered(delivery)
      const known = { status: 0, excerpt: '', ...said, attempts, trail, maybeDelivered }
      await this.#departures.bury(delivery, { reason: 'attempts-exhausted', ...known })
    } else {
      const more = { ...unansweredAfter(held, attempt), ...(isSuspected || held?.isSuspected ? { isSuspected: true as const } : {}) }
      await books.hold(delivery, { attempts, uncounted, ...hold, ...status, ...more, trail }, books.holds.endpoint)
      announce({ type: 'retry-scheduled', id: message.id, reason, due: time.toDevice(hold.due), ...said })
      if (isSuspected && !held?.isSuspected) announce({ type: 'suspected', id: message.id })
    }
    if (news) announce(news)
  }

  /** A message that expires meanwhile is looked at then. */
  #holdFor(expiresAt: number = Infinity, delay: number, by: Hold['by']): Hold {
    const now = this.#options.time.now()
    const wait = Math.max(0, Math.min(delay, expiresAt - now))
    return { due: now + wait, wait, by }
  }

  /** The drain has ended the attempt: the server may have it all the same, and that is kept. */
  async #keepStopped(delivery: Delivery, tried: Tried): Promise<void> {
    const { held } = delivery
    const trail = trailAfter(held, past({ ...tried, attempt: { answered: false, reason: 'unreachable' } }, 'stopped'))
    await this.#goesOn(delivery, { unanswered: (held?.unanswered ?? 0) + 1, trail })
  }

  /** It waits for no time, and keeps what is known of it now. */
  async #goesOn(delivery: Delivery, known: Partial<Held>): Promise<void> {
    const { books, time } = this.#options
    const before = delivery.held ?? { attempts: 0, uncounted: 0 }
    const hold: Hold = { due: time.now(), wait: 0, by: 'backoff' }
    await books.hold(delivery, { ...before, ...hold, ...known, uncounted: before.uncounted + 1 }, books.holds.endpoint)
  }
}
