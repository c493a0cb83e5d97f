import { inTime } from '../queue/clock.ts'
import type { Clock } from '../queue/clock.ts'

/** Where the reserve lies, among the caches of the origin. The address is nobody's, and no page's either: nothing is ever served from here. */
const CACHE = 'holdfast'
const ENTRY = 'https://holdfast.invalid/reserve'

/** How large it is, in bytes: some thousand settles, until the browser has cleared up behind them. */
const SIZE = 512 * 1024

/** The most that `getRandomValues` gives at once. */
const PORTION = 65_536

/** How long a look is good for, and how long whoever made room has to fill it, in milliseconds. */
const MOMENT = 1_000

/** How long Cache Storage may take to answer, in milliseconds. */
const PATIENCE = 10_000

export interface ReserveOptions {
  readonly caches?: CacheStorage | undefined
  readonly clock: Clock
  /** For Cache Storage, which takes its own time. */
  readonly storageClock: Clock
}

/**
 * Space that is kept back, so that messages can be settled, paused and purged when the origin has none left: even a transaction that deletes writes
 * a little. It lies in Cache Storage, which gives space back at once. IndexedDB does not: what is deleted there still counts, in Chromium (LevelDB),
 * until it is compacted. `navigator.storage.estimate()` would not do either: browsers blur it.
 *
 *     kept --(spent, here or in another tab)--> spent       there may be no more messages
 *     spent --(a moment later, when one is to be stored)--> kept, or still spent where there is no space for it
 *
 * One for all queues of the origin. Without Cache Storage there is none, and a full disk stops the drain until somebody makes room.
 */
export class Reserve {
  readonly #options: ReserveOptions
  #spent: { readonly at: number } | undefined
  #lookedAt = -Infinity
  #keeping: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ReserveOptions) {
    this.#options = options
  }

  /** Whether there may be more messages: not while the reserve is spent, and cannot be kept again. */
  async isKept(): Promise<boolean> {
    if (!this.#options.caches) return true
    if (this.#spent) {
      // Kept again at once, it would take the room from whoever has made it.
      if (!this.#isRecent(this.#spent.at)) await this.#keep()
    } else if (!this.#isRecent(this.#lookedAt)) {
      // No message waits for it. The app may have deleted it meanwhile, or a tab spent it that has other queues.
      this.#lookedAt = this.#options.clock.now()
      void this.#keep()
    }
    return !this.#spent
  }

  /** Gives the space free, for what must be written; says whether that was done now. */
  async spend(): Promise<boolean> {
    if (!this.#options.caches) return false
    this.miss()
    try {
      return await this.#inTurn((cache) => cache.delete(ENTRY))
    } catch {
      return false
    }
  }

  /** It was spent: there are no more messages until it is kept again. */
  miss(): void {
    this.#spent = { at: this.#options.clock.now() }
  }

  #keep(): Promise<void> {
    this.#keeping ??= this.#keepUnlessKept().finally(() => (this.#keeping = undefined))
    return this.#keeping
  }

  async #keepUnlessKept(): Promise<void> {
    const before = this.#spent
    let isFull = false
    try {
      await this.#inTurn(async (cache) => {
        if (!(await cache.match(ENTRY))) await cache.put(ENTRY, new Response(incompressible()))
      })
    } catch (error) {
      // Whatever else it is, it is no reason to take no messages.
      isFull = error instanceof DOMException && error.name === 'QuotaExceededError'
    }
    if (isFull) this.#spent ??= { at: -Infinity }
    else if (this.#spent === before) this.#spent = undefined
  }

  /** Whether a time was a moment ago, also where the clock was set meanwhile. */
  #isRecent(time: number): boolean {
    return Math.abs(this.#options.clock.now() - time) < MOMENT
  }

  /** One thing after the other: what is being kept can be spent only then. */
  #inTurn<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      const { caches, storageClock } = this.#options
      const working = caches!.open(CACHE).then(work)
      return inTime(storageClock, PATIENCE, working, () => {
        throw new Error(`Cache Storage did not answer within ${PATIENCE} ms`)
      })
    })
    this.#turn = turn.catch(() => {})
    return turn
  }
}

function incompressible(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE)
  for (let start = 0; start < SIZE; start += PORTION) crypto.getRandomValues(bytes.subarray(start, start + PORTION))
  return bytes
}
