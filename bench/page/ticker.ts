/** How often it ticks, in milliseconds: browsers let no timer that sets itself tick faster. */
const PERIOD = 4

/**
 * Finds out for how long the main thread was busy at a stretch: a timer, and how late it was at the latest. `longtask` entries begin at
 * 50 ms, which is more than the goal; a loop of messages to itself would keep a core busy, and be late for that reason.
 */
export class Ticker {
  #last = 0
  #longest = 0
  #longestBeyond = 0
  #callersOwn = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    this.reset()
  }

  /** Begins anew. */
  reset(): void {
    clearTimeout(this.#timer)
    this.#longest = 0
    this.#longestBeyond = 0
    this.#last = performance.now()
    this.#arm()
  }

  /** The stretch that is under way contains so much of the caller's own work. */
  excuse(duration: number): void {
    this.#callersOwn += duration
  }

  /** The longest stretch so far. */
  get longest(): number {
    return this.#longest
  }

  /** The longest, the caller's own work taken off. */
  get longestBeyond(): number {
    return this.#longestBeyond
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#tick(), PERIOD)
  }

  #tick(): void {
    const now = performance.now()
    const stretch = now - this.#last - PERIOD
    this.#longest = Math.max(this.#longest, stretch)
    this.#longestBeyond = Math.max(this.#longestBeyond, stretch - this.#callersOwn)
    this.#callersOwn = 0
    this.#last = now
    this.#arm()
  }
}
