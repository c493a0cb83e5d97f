import type { Clock } from '../../src/queue/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. Timers run by the time that passes, whatever the clock is set to. */
export class FakeClock implements Clock {
  #passed = 0
  #setTo = Date.UTC(2026, 0, 1)
  readonly #timers = new Set<Timer>()
  readonly #watchers = new Set<() => void>()

  /** Whole, as `Date.now()` is. */
  now(): number {
    return Math.floor(this.#setTo + this.#passed)
  }

  elapsed(): number {
    return this.#passed
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.#passed + delay, callback }
    this.#timers.add(timer)
    for (const watcher of this.#watchers) watcher()
    return () => this.#timers.delete(timer)
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer; `undefined` when none is armed. */
  get next(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...[...this.#timers].map(({ at }) => at)) - this.#passed
  }

  /** Lets time pass, and what is due happen. */
  advance(by: number): void {
    const end = this.#passed + by
    for (;;) {
      const [due] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!due) break
      this.#timers.delete(due)
      this.#passed = due.at
      due.callback()
    }
    this.#passed = end
  }

  /** The user, or a time server, sets the clock. */
  jump(by: number): void {
    this.#setTo += by
  }

  /** Waits until a timer is armed that goes off within some time, without moving the clock. */
  async armedWithin(longest: number): Promise<void> {
    while (this.next === undefined || this.next > longest) {
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher)
          resolve()
        }
        this.#watchers.add(watcher)
      })
    }
  }
}
