import type { QueueEvent } from '../message/event.ts'
import type { Death, EndpointHold } from '../message/message.ts'
import type { Setup } from '../protocol/host.ts'
import { outcomeOf } from './answer-table.ts'
import type { Outcome } from './answer-table.ts'
import { answerOf, excerptOf } from './answer.ts'
import { backoff } from './backoff.ts'
import type { Books } from './books.ts'
import type { BurstHeaders } from './burst-headers.ts'
import type { Clock } from '../queue/clock.ts'
import type { Answered, Attempt, Transport } from './transport.ts'
import type { Delivery } from './turns.ts'

export interface CourierOptions {
  readonly books: Books
  readonly transport: Transport
  readonly headers: BurstHeaders
  /** The options of the queue, as they are now. */
  readonly setup: () => Setup
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
  /** Cuts attempts short, for good. */
  readonly signal: AbortSignal
}

/** Carries one message to the server, and has the books take down what came of it. */
export class Courier {
  readonly #options: CourierOptions
  /** Which failure of the endpoint was seen last: those that were under way at the time say nothing new. */
  #failure = 0
  #accepting: Promise<void> | undefined

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Resolves once all that was accepted has been told. */
  async told(): Promise<void> {
    await this.#accepting
  }

  /** @returns whether the server knows who we are. */
  async deliver(delivery: Delivery): Promise<boolean> {
    const { books, signal } = this.#options
    const failure = this.#failure
    const attempt = await this.#attempt(delivery)
    if (!attempt || signal.aborted) books.giveBack(delivery)
    else return this.#settle(delivery, attempt, failure)
    return true
  }

  /** One attempt; a second one with fresh headers where the server answers 401 to the first. None where there are no headers. */
  async #attempt({ message, held }: Delivery): Promise<Attempt | undefined> {
    const { books, transport, headers, announce, signal } = this.#options
    const setup = this.#options.setup()
    const entries = await headers.get(setup)
    if (!entries || this.#isCalledOff) return undefined
    announce({ type: 'leased', id: message.id, attempt: (held?.attempts ?? 0) + (held?.uncounted ?? 0) + 1 })
    const first = await transport.send({ ...message, epoch: books.epoch, headers: entries, setup }, signal)
    if (!first.answered || first.status !== 401 || !headers.canRefresh(setup)) return first
    const fresh = await headers.refresh(setup)
    if (!fresh || this.#isCalledOff) return undefined
    return transport.send({ ...message, epoch: books.epoch, headers: fresh, setup }, signal)
  }

  /** While headers were asked for, the queue may have been paused, or closed. */
  get #isCalledOff(): boolean {
    return this.#options.signal.aborted || this.#options.books.isInDoubt
  }

  async #settle(delivery: Delivery, attempt: Attempt, failure: number): Promise<boolean> {
    const outcome = outcomeOf(attempt, this.#options.clock.now())
    switch (outcome.kind) {
      case 'accepted':
        this.#accept(delivery, attempt as Answered)
        return true
      case 'rejected':
        await this.#bury(delivery, 'rejected', attempt as Answered)
        return true
      case 'unauthorized':
        this.#options.books.giveBack(delivery)
        return false
      case 'retry':
        await this.#retry(delivery, attempt, outcome, failure)
        return true
    }
  }

  /** Not awaited: the next message goes out while this one is being settled. The books know if that fails. */
  #accept(delivery: Delivery, attempt: Answered): void {
    const { books, announce } = this.#options
    this.#accepting = books.accept(delivery).then(
      () => announce({ type: 'accepted', id: delivery.message.id, answer: answerOf(attempt) }),
      () => {},
    )
  }

  async #bury(delivery: Delivery, reason: Death['reason'], attempt: Answered): Promise<void> {
    const { books, announce, clock } = this.#options
    const attempts = (delivery.held?.attempts ?? 0) + 1
    const death = { reason, deadAt: clock.now(), attempts, status: attempt.status, excerpt: excerptOf(attempt) }
    await books.bury(delivery, death)
    announce({ type: 'dead-lettered', id: delivery.message.id, ...death })
  }

  async #retry(delivery: Delivery, attempt: Attempt, outcome: Outcome & { kind: 'retry' }, failure: number): Promise<void> {
    const { books, setup, announce, clock, random } = this.#options
    const { reason, counts, wait } = outcome
    const attempts = (delivery.held?.attempts ?? 0) + (counts ? 1 : 0)
    if (counts && attempts >= setup().maxAttempts) return this.#bury(delivery, 'attempts-exhausted', attempt as Answered)
    const uncounted = (delivery.held?.uncounted ?? 0) + (counts ? 0 : 1)
    // A server that says "at once" is not asked more often than one that says nothing.
    const delay = Math.max(wait ?? 0, backoff(counts ? attempts : uncounted, random))
    const hold = { due: clock.now() + delay, wait: delay, by: wait === undefined ? 'backoff' : 'server' } as const
    const status = attempt.answered ? { status: attempt.status } : {}
    await books.hold(delivery, { attempts, uncounted, ...hold, ...status }, this.#endpoint(outcome, hold, failure))
    announce({ type: 'retry-scheduled', id: delivery.message.id, reason, due: hold.due, ...status })
  }

  /** What counts against no message says something of the endpoint; what counts says that it is there. */
  #endpoint(
    { counts, reason }: Outcome & { kind: 'retry' },
    hold: Omit<EndpointHold, 'failures'>,
    failure: number,
  ): EndpointHold | undefined {
    const { books, clock, random } = this.#options
    if (counts || reason === 'in-progress') return undefined
    if (failure !== this.#failure) return books.holds.endpoint
    this.#failure += 1
    const failures = (books.holds.endpoint?.failures ?? 0) + 1
    if (hold.by === 'server') return { ...hold, failures }
    const wait = backoff(failures, random)
    return { due: clock.now() + wait, wait, by: 'backoff', failures }
  }
}
