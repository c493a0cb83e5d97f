import type { Clock } from '../queue/clock.ts'

/** How long an answer waits for others, in milliseconds. */
const LONGEST = 25

interface Gathered {
  readonly settled: Promise<void>
  readonly resolve: (settled: Promise<void>) => void
  readonly cancel: () => void
  count: number
}

/**
 * Answers that wait for others, so that a transaction settles several: it takes longer than many a server, and a part of the processor that the
 * next request could use. Whichever transaction comes next takes them along.
 */
export class Gathering {
  readonly #clock: Clock
  readonly #enough: number
  readonly #commit: () => void
  #gathered: Gathered | undefined

  /**
   * @param enough so many wait for no more.
   * @param commit called when there are enough, or the first has waited long enough.
   */
  constructor(clock: Clock, enough: number, commit: () => Promise<void>) {
    this.#clock = clock
    this.#enough = enough
    // Whether that fails is told to those that were taken along.
    this.#commit = () => void commit().catch(() => {})
  }

  get isEmpty(): boolean {
    return this.#gathered === undefined
  }

  /** Resolves or rejects with the transaction that takes it along. */
  add(): Promise<void> {
    const gathered = (this.#gathered ??= this.#begin())
    gathered.count += 1
    if (gathered.count === this.#enough) this.#commit()
    return gathered.settled
  }

  /** A transaction begins. */
  takeAlong(settled: Promise<void>): void {
    this.#gathered?.cancel()
    this.#gathered?.resolve(settled)
    this.#gathered = undefined
  }

  #begin(): Gathered {
    let resolve!: Gathered['resolve']
    const settled = new Promise<void>((settle) => (resolve = settle))
    return { settled, resolve, cancel: this.#clock.after(LONGEST, this.#commit), count: 0 }
  }
}
