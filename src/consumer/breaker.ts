import type { QueueEvent } from '../message/event.ts'
import type { EndpointHold, Hold } from '../message/message.ts'
import type { Outcome } from './answer-table.ts'
import { backoff } from './backoff.ts'
import type { Books } from './books.ts'
import type { QueueTime } from './queue-time.ts'
import type { Outset } from './told.ts'

/** So many groups in a row fail before the endpoint is held to fail for everyone. */
const MOST_FAILING = 5

export interface BreakerOptions {
  readonly books: Books
  readonly time: QueueTime
  readonly random: () => number
}

/** An attempt that failed. */
export interface Failed {
  readonly outset: Outset
  readonly group: string
  readonly outcome: Outcome & { kind: 'retry' }
  readonly hold: Hold
}

/**
 * Whether the endpoint is left alone. It keeps what it knows in the books, to be written with what became of the message.
 *
 *     closed --(no answer; busy; attempts of five groups in a row failed)--> held, for a time that doubles
 *     held --(its time is up)--> one message is sent
 *         it fails as before --> held, for longer
 *         any other answer --> closed
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #failing = new Set<string>()
  #isHeldForFailing = false
  #failure = 0

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  begin(): Outset {
    return { isProbe: this.#options.books.holds.endpoint !== undefined, failure: this.#failure }
  }

  /** Whether the endpoint is left alone since a failure that was seen meanwhile: what was to be sent then is not. */
  hasFailedSince({ failure }: Outset): boolean {
    return failure !== this.#failure && this.#options.books.holds.endpoint !== undefined
  }

  /** The server has decided of a message. What is returned is to be told once that is on disk. */
  decided(): QueueEvent | undefined {
    this.#failing.clear()
    return this.#close()
  }

  failed({ outset, group, outcome, hold }: Failed): QueueEvent | undefined {
    const { endpoint } = this.#options.books.holds
    const isNews = outset.failure === this.#failure
    if (outcome.holds) return isNews ? this.#hold(hold) : undefined
    if (!outcome.counts) return this.#close()
    this.#failing.add(group)
    const isFailing = this.#failing.size >= MOST_FAILING || (this.#isHeldForFailing && endpoint !== undefined)
    if (!isFailing) return this.#close()
    this.#isHeldForFailing = true
    return isNews || endpoint === undefined ? this.#hold({ ...hold, by: 'backoff' }) : undefined
  }

  /** It did not answer a question that was no message. */
  unanswered(): QueueEvent {
    return this.#hold({ due: 0, wait: 0, by: 'backoff' })
  }

  /** So has a request that says nothing of any one message. `wait` is what the server asks for, in milliseconds. */
  left({ failure }: Outset, wait: number | undefined): QueueEvent | undefined {
    if (failure !== this.#failure) return undefined
    return wait === undefined ? this.unanswered() : this.#hold({ due: this.#options.time.now() + wait, wait, by: 'server' })
  }

  #hold(hold: Hold): QueueEvent {
    const { books, time, random } = this.#options
    const failures = (books.holds.endpoint?.failures ?? 0) + 1
    const wait = backoff(failures, random)
    const endpoint: EndpointHold = hold.by === 'server' ? { ...hold, failures } : { due: time.now() + wait, wait, by: 'backoff', failures }
    books.holds.endpoint = endpoint
    this.#failure += 1
    return { type: 'endpoint-failed', due: time.toDevice(endpoint.due) }
  }

  #close(): QueueEvent | undefined {
    const { holds } = this.#options.books
    const wasHeld = holds.endpoint !== undefined
    holds.endpoint = undefined
    this.#isHeldForFailing = false
    return wasHeld ? { type: 'endpoint-recovered' } : undefined
  }
}

/** What a probe comes back with says something of the endpoint, and nothing of its message. */
export function withoutBlame<Failed extends { readonly counts: boolean }>(outcome: Failed, { isProbe }: Outset): Failed {
  return isProbe ? { ...outcome, counts: false } : outcome
}
