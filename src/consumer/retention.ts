import type { QueueEvent } from '../message/event.ts'
import type { KeepDeadLetters } from '../message/limits.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import { forgetDead } from '../queue/forget-dead.ts'
import type { QueueTime } from './queue-time.ts'

/** How often it is looked whether any has become too old, in milliseconds. */
const LOOK_AGAIN = 3_600_000

export interface RetentionOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly time: QueueTime
  readonly setup: () => { readonly keepDeadLetters?: KeepDeadLetters }
  readonly announce: (event: QueueEvent) => void
}

/** Deletes dead letters that are kept no longer: as a term begins, after a message has died, and now and then. In doubt of the clock none is too old. */
export class Retention {
  readonly #options: RetentionOptions
  #isDue = true
  /** By the time that passes: what the clock says may be wrong. */
  #lookedAt = 0

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Another has died. */
  lookAgain(): void {
    this.#isDue = true
  }

  /** Whether there may be some. */
  get isDue(): boolean {
    const { setup, clock } = this.#options
    const { keepDeadLetters } = setup()
    return keepDeadLetters !== undefined && (this.#isDue || clock.elapsed() - this.#lookedAt >= LOOK_AGAIN)
  }

  /** Deletes some of them; it is due once more where there may be others. */
  async keep(): Promise<void> {
    const { connection, setup, clock, time, announce } = this.#options
    const { keepDeadLetters } = setup()
    if (!keepDeadLetters || !this.isDue) return
    this.#isDue = false
    this.#lookedAt = clock.elapsed()
    const forgotten = await forgetDead(connection, keepDeadLetters, time.isDoubtful ? undefined : time.now())
    this.#isDue ||= forgotten.length > 0
    for (const { id, reason } of forgotten) announce({ type: 'purged', id, reason })
  }
}
