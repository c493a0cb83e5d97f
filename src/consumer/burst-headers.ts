import { isQueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { HeaderEntries, Setup } from '../protocol/host.ts'
import type { Clock } from '../queue/clock.ts'
import type { FunctionsSource } from './functions.ts'
import { Respite } from './respite.ts'
import { unlessAborted } from './unless-aborted.ts'

/** How long headers serve before they are asked for again, in milliseconds: a token must not grow stale during a long drain. */
const FRESH_FOR = 10_000

export interface BurstHeadersOptions {
  readonly functions: FunctionsSource
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
  readonly #respite: Respite

  constructor(options: BurstHeadersOptions) {
    this.#options = options
    this.#respite = new Respite(options)
  }

  canRefresh(setup: Setup): boolean {
    return this.#options.functions(setup).headers.canRefresh
  }

  /** How long the source, which has failed, is to be left alone. */
  wait(): number {
    return this.#respite.wait()
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
    const { functions, signal, announce, clock } = this.#options
    this.forget()
    const number = this.#number
    try {
      const entries = await unlessAborted(functions(setup).headers.ask(unauthorized), signal)
      this.#respite.end()
      if (number === this.#number) this.#burst = { setup, askedAt: clock.now(), entries }
      return entries
    } catch (error) {
      if (signal.aborted) return undefined
      this.#respite.begin()
      // The page is closing its queue, and says no more than that.
      if (isQueueError(error) && error.code === 'closed') return undefined
      announce({ type: 'headers-failed', message: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }
}
