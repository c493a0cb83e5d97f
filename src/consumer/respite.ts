import type { Clock } from '../queue/clock.ts'
import { backoff } from './backoff.ts'

/** How long a function of the user's is left alone that has failed. */
export class Respite {
  readonly #clock: Clock
  readonly #random: () => number
  #failures = 0
  #due = 0
  #delay = 0

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.#clock = clock
    this.#random = random
  }

  /** It has failed, once more. */
  begin(): void {
    this.#failures += 1
    this.#delay = backoff(this.#failures, this.#random)
    this.#due = this.#clock.now() + this.#delay
  }

  /** It has answered. */
  end(): void {
    this.#failures = 0
  }

  /** In milliseconds. Where the clock was set back meanwhile, its time is set anew. */
  wait(): number {
    if (this.#failures === 0) return 0
    const now = this.#clock.now()
    this.#due = Math.min(this.#due, now + this.#delay)
    return this.#due - now
  }
}
