import type { QueueEvent } from '../message/event.ts'
import type { HeaderEntries } from '../protocol/host.ts'
import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'

/** How long headers serve before they are asked for again, in milliseconds: a token must not grow stale during a long drain. */
const FRESH_FOR = 10_000

/** Where the headers of requests come from. */
export interface HeadersSource {
  /** Whether asking again, after a 401, can give others. */
  readonly canRefresh: boolean
  ask(unauthorized: boolean): Promise<HeaderEntries>
}

export interface BurstHeadersOptions {
  readonly source: () => HeadersSource
  /** Ends the wait for a source that does not answer. */
  readonly signal: AbortSignal
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly random: () => number
}

/** Headers are asked for when they are needed, once for a burst of messages and not for each; nothing of them is stored. */
export class BurstHeaders {
  readonly #options: BurstHeadersOptions
  #entries: HeaderEntries | undefined
  #askedAt = 0
  #failures = 0
  #due = 0

  constructor(options: BurstHeadersOptions) {
    this.#options = options
  }

  get canRefresh(): boolean {
    return this.#options.source().canRefresh
  }

  /** How long the source, which has failed, is to be left alone. */
  get wait(): number {
    return this.#failures === 0 ? 0 : this.#due - this.#options.clock.now()
  }

  /** The headers of this burst; `undefined` when there are none to be had now. */
  async get(): Promise<HeaderEntries | undefined> {
    const age = this.#options.clock.now() - this.#askedAt
    return this.#entries && age >= 0 && age < FRESH_FOR ? this.#entries : this.#ask(false)
  }

  /** Others: the server did not like the last ones. */
  refresh(): Promise<HeaderEntries | undefined> {
    return this.#ask(true)
  }

  /** The burst is over. */
  forget(): void {
    this.#entries = undefined
  }

  async #ask(unauthorized: boolean): Promise<HeaderEntries | undefined> {
    const { source, signal, announce, clock, random } = this.#options
    this.#entries = undefined
    try {
      this.#entries = await unlessAborted(source().ask(unauthorized), signal)
      this.#askedAt = clock.now()
      this.#failures = 0
    } catch (error) {
      if (signal.aborted) return undefined
      this.#failures += 1
      this.#due = clock.now() + backoff(this.#failures, random)
      announce({ type: 'headers-failed', message: error instanceof Error ? error.message : String(error) })
    }
    return this.#entries
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
