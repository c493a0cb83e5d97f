import type { QueueEvent } from '../message/event.ts'
import type { HeaderEntries, Setup } from '../protocol/host.ts'
import { backoff } from './backoff.ts'
import type { Clock } from '../queue/clock.ts'

/** How long headers serve before they are asked for again, in milliseconds: a token must not grow stale during a long drain. */
const FRESH_FOR = 10_000

/** Where the headers of requests come from. */
export interface HeadersSource {
  /** Whether asking again, after a 401, can give others. */
  readonly canRefresh: boolean
  ask(unauthorized: boolean): Promise<HeaderEntries>
}

export interface BurstHeadersOptions {
  readonly headers: (setup: Setup) => HeadersSource
  /** Ends the wait for a source that does not answer. */
  readonly signal: AbortSignal
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
}

interface Burst {
  readonly setup: Setup
  readonly askedAt: number
  readonly entries: HeaderEntries
}

/** Headers are asked for when they are needed, once for a burst of messages and not for each; nothing of them is stored. */
export class BurstHeaders {
  readonly #options: BurstHeadersOptions
  #burst: Burst | undefined
  /** Raised when a burst is over: what is answered to an earlier question serves who asked, and nobody after. */
  #number = 0
  #failures = 0
  #due = 0
  #delay = 0

  constructor(options: BurstHeadersOptions) {
    this.#options = options
  }

  canRefresh(setup: Setup): boolean {
    return this.#options.headers(setup).canRefresh
  }

  /** How long the source, which has failed, is to be left alone. Where the clock was set back meanwhile, its time is set anew. */
  wait(): number {
    if (this.#failures === 0) return 0
    const now = this.#options.clock.now()
    this.#due = Math.min(this.#due, now + this.#delay)
    return this.#due - now
  }

  /** The headers of this burst; `undefined` when there are none to be had now. */
  async get(setup: Setup): Promise<HeaderEntries | undefined> {
    const age = this.#options.clock.now() - (this.#burst?.askedAt ?? 0)
    const isFresh = this.#burst?.setup === setup && age >= 0 && age < FRESH_FOR
    return isFresh ? this.#burst?.entries : this.#ask(setup, false)
  }

  /** Others: the server did not like the last ones. */
  refresh(setup: Setup): Promise<HeaderEntries | undefined> {
    return this.#ask(setup, true)
  }

  /** The burst is over. */
  forget(): void {
    this.#number += 1
    this.#burst = undefined
  }

  async #ask(setup: Setup, unauthorized: boolean): Promise<HeaderEntries | undefined> {
    const { headers, signal, announce, clock, random } = this.#options
    this.forget()
    const number = this.#number
    try {
      const entries = await unlessAborted(headers(setup).ask(unauthorized), signal)
      this.#failures = 0
      if (number === this.#number) this.#burst = { setup, askedAt: clock.now(), entries }
      return entries
    } catch (error) {
      if (signal.aborted) return undefined
      this.#failures += 1
      this.#delay = backoff(this.#failures, random)
      this.#due = clock.now() + this.#delay
      announce({ type: 'headers-failed', message: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
