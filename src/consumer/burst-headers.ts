import type { HeaderEntries } from '../protocol/host.ts'
import type { Clock } from './clock.ts'

/** How long headers serve before they are asked for again, in milliseconds: a token must not grow stale during a long drain. */
const FRESH_FOR = 10_000

/** Where the headers of requests come from. */
export interface HeadersSource {
  /** Whether asking again, after a 401, can give others. */
  readonly canRefresh: boolean
  ask(unauthorized: boolean): Promise<HeaderEntries>
}

/** Headers are asked for when they are needed, once for a burst of messages and not for each; nothing of them is stored. */
export class BurstHeaders {
  readonly #source: () => HeadersSource
  readonly #clock: Clock
  #entries: HeaderEntries | undefined
  #askedAt = 0

  constructor(source: () => HeadersSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  get canRefresh(): boolean {
    return this.#source().canRefresh
  }

  async get(): Promise<HeaderEntries> {
    const age = this.#clock.now() - this.#askedAt
    return this.#entries && age >= 0 && age < FRESH_FOR ? this.#entries : this.#ask(false)
  }

  /** The server did not like the last ones. */
  refresh(): Promise<HeaderEntries> {
    return this.#ask(true)
  }

  /** The burst is over. */
  forget(): void {
    this.#entries = undefined
  }

  async #ask(unauthorized: boolean): Promise<HeaderEntries> {
    this.#entries = undefined
    const entries = await this.#source().ask(unauthorized)
    this.#entries = entries
    this.#askedAt = this.#clock.now()
    return entries
  }
}
