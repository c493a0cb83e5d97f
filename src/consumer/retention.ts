import type { QueueEvent } from '../message/event.ts'
import type { KeepDeadLetters } from '../message/limits.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import { forgetDead } from '../queue/forget-dead.ts'
import type { QueueTime } from './queue-time.ts'

/** How often it is looked whether anything has become too old, or was left behind, in milliseconds. */
const LOOK_AGAIN = 3_600_000

export interface RetentionOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly time: QueueTime
  readonly setup: () => { readonly keepDeadLetters?: KeepDeadLetters }
  readonly announce: (event: QueueEvent) => void
  /** Drops what others have left half-stored. */
  readonly sweep: () => Promise<void>
}

/**
 * Deletes what is kept no longer, as a term begins, and now and then: what was left half-stored, and dead letters, these after a message has died as well. In doubt of the clock no letter is
 * too old.
 */
export class Retention {
  readonly #options: RetentionOptions
  #isDue = true
  /** By the time that passes: what the clock says may be wrong. */
  #lookedAt = -Infinity

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Another has died. */
  lookAgain(): void {
    this.#isDue = true
  }

  /** Whether there may be some. */
  get isDue(): boolean {
    return this.#isOld || (this.#isDue && this.#options.setup().keepDeadLetters !== undefined)
  }

  /** Deletes some of them; it is due once more where there may be others. */
  async keep(): Promise<void> {
    if (!this.isDue) return
    const { clock, setup, sweep } = this.#options
    const { keepDeadLetters } = setup()
    const isOld = this.#isOld
    this.#isDue = false
    this.#lookedAt = clock.elapsed()
    if (isOld) await sweep()
    if (keepDeadLetters) await this.#forget(keepDeadLetters)
  }

  get #isOld(): boolean {
    return this.#options.clock.elapsed() - this.#lookedAt >= LOOK_AGAIN
  }

  async #forget(keepDeadLetters: KeepDeadLetters): Promise<void> {
    const { connection, time, announce } = this.#options
    const forgotten = await forgetDead(connection, keepDeadLetters, time.isDoubtful ? undefined : time.now())
    this.#isDue ||= forgotten.length > 0
    for (const { id, reason } of forgotten) announce({ type: 'purged', id, reason })
  }
}
