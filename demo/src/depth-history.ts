/** How far back the picture goes, and how often it is brought up to date, in milliseconds. */
export const SPAN = 60_000
export const STEP = 500

/** The queue at one moment. */
export interface Sample {
  readonly at: number
  readonly ready: number
  readonly leased: number
  readonly dead: number
  /** Since the page was opened. */
  readonly delivered: number
}

/** Remembers the last minute. */
export class DepthHistory {
  #samples: readonly Sample[] = []

  get samples(): readonly Sample[] {
    return this.#samples
  }

  add(sample: Sample): void {
    // The last one that is too old stays: the picture's left edge lies between it and the next.
    const start = this.#samples.findLastIndex(({ at }) => at <= sample.at - SPAN)
    this.#samples = [...this.#samples.slice(Math.max(0, start)), sample]
  }
}
