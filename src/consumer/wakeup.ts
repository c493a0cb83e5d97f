import type { Clock } from '../queue/clock.ts'

/** Lets a loop sleep until it is woken or a time is up. A call that comes while nobody sleeps ends the next sleep at once. */
export class Wakeup {
  readonly #clock: Clock
  #called = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether the next sleep would end at once. */
  get isCalled(): boolean {
    return this.#called
  }

  wake(): void {
    this.#called = true
    this.#wake?.()
  }

  /** What was called for until now is looked at anyway: it does not end the next sleep. */
  forget(): void {
    this.#called = false
  }

  /** Sleeps for at most `longest` milliseconds. Says whether it was woken before. */
  async sleep(longest: number): Promise<boolean> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(longest, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
    const wasCalled = this.#called
    this.#wake = undefined
    this.#called = false
    return wasCalled
  }
}
