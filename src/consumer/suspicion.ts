import type { Held, PastAttempt } from '../message/message.ts'
import { askEndpoint } from './ask-endpoint.ts'
import type { AskEndpointOptions } from './ask-endpoint.ts'
import { unansweredOf } from './trail.ts'

/** So often in a row a message is not answered before it is asked whose fault that is. */
const PATIENCE = 5

export interface SuspicionOptions extends AskEndpointOptions {
  readonly isOnline: () => boolean
}

/** Tells a message that keeps the endpoint from answering from an endpoint that is away: it answers others, or a question. */
export class Suspicion {
  readonly #options: SuspicionOptions
  #answeredAt = -Infinity

  constructor(options: SuspicionOptions) {
    this.#options = options
  }

  /** The endpoint has answered an attempt. */
  answered(): void {
    this.#answeredAt = this.#options.time.now()
  }

  /**
   * Whether it is the message's fault that it was not answered, now that it was not once more. One that is suspected already is only blamed for
   * the last attempt: the device may have gone offline since.
   */
  async isJust(trail: readonly PastAttempt[], held: Held | undefined): Promise<boolean> {
    const unanswered = unansweredOf(trail)
    // That a page was closed under an attempt says nothing.
    const { length } = unanswered.filter(({ result }) => result !== 'stopped')
    if (length < PATIENCE || !this.#options.isOnline()) return false
    const since = (held?.isSuspected ? unanswered.at(-1) : unanswered[0])?.at ?? Infinity
    return this.#answeredAt >= since || (await askEndpoint(this.#options)) === true
  }
}
