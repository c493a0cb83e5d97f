import type { QueueEvent } from '../message/event.ts'
import type { Clock } from '../queue/clock.ts'

/** How long the news that an attempt has begun waits for other news, in milliseconds. */
const LONGEST = 25

/**
 * Passes on what happens. That an attempt has begun is told together with what happens next, in order: a word for each would wake the page, and
 * every other tab, more often than all else together.
 */
export class Announcer {
  readonly #clock: Clock
  readonly #pass: (event: QueueEvent) => void
  #begun: QueueEvent[] = []
  #cancel = (): void => {}

  constructor(clock: Clock, pass: (event: QueueEvent) => void) {
    this.#clock = clock
    this.#pass = pass
  }

  announce(event: QueueEvent): void {
    if (event.type !== 'leased') {
      this.flush()
      this.#pass(event)
    } else if (this.#begun.push(event) === 1) {
      this.#cancel = this.#clock.after(LONGEST, () => this.flush())
    }
  }

  /** Tells what waits. */
  flush(): void {
    this.#cancel()
    for (const event of this.#begun.splice(0)) this.#pass(event)
  }
}
