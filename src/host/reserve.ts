/** Where the reserve lies, among the caches of the origin. */
const CACHE = 'holdfast'
const ENTRY = '/holdfast-reserve'

/** How large it is, in bytes: some thousand settles, until the browser has cleared up behind them. */
const SIZE = 512 * 1024

/** The most that `getRandomValues` gives at once. */
const PORTION = 65_536

/**
 * Space that is kept back, so that messages can be settled, paused and purged when the origin has none left: even a transaction that deletes writes
 * a little. It lies in Cache Storage, which gives space back at once. IndexedDB does not: what is deleted there still counts, in Chromium (LevelDB),
 * until it is compacted. `navigator.storage.estimate()` would not do either: browsers blur it.
 *
 * One for all queues of the origin. Without Cache Storage there is none, and a full disk stops the drain until somebody makes room.
 */
export class Reserve {
  readonly #caches: CacheStorage | undefined
  #state: 'unknown' | 'kept' | 'spent' | 'none' = 'unknown'
  #keeping: Promise<void> | undefined
  #spending: Promise<boolean> | undefined

  constructor(caches: CacheStorage | undefined) {
    this.#caches = caches
  }

  /** Whether there may be more messages: not while the reserve is spent, and cannot be kept again. */
  async isKept(): Promise<boolean> {
    if (this.#state === 'spent') await this.#keep()
    // The first message does not wait for it.
    else if (this.#state === 'unknown') void this.#keep()
    return this.#state !== 'spent'
  }

  /** Gives the space free, for what must be written; says whether there was any. */
  spend(): Promise<boolean> {
    this.#spending ??= this.#spend().finally(() => (this.#spending = undefined))
    return this.#spending
  }

  /** Another tab has spent it. */
  miss(): void {
    if (this.#state === 'kept') this.#state = 'spent'
  }

  #keep(): Promise<void> {
    this.#keeping ??= this.#keepUnlessKept().finally(() => (this.#keeping = undefined))
    return this.#keeping
  }

  async #keepUnlessKept(): Promise<void> {
    try {
      const cache = await this.#caches?.open(CACHE)
      if (cache && !(await cache.match(ENTRY))) await cache.put(ENTRY, new Response(incompressible()))
      this.#state = cache ? 'kept' : 'none'
    } catch (error) {
      this.#state = error instanceof DOMException && error.name === 'QuotaExceededError' ? 'spent' : 'none'
    }
  }

  async #spend(): Promise<boolean> {
    try {
      const cache = await this.#caches?.open(CACHE)
      this.#state = cache ? 'spent' : 'none'
      return (await cache?.delete(ENTRY)) ?? false
    } catch {
      return false
    }
  }
}

function incompressible(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE)
  for (let start = 0; start < SIZE; start += PORTION) crypto.getRandomValues(bytes.subarray(start, start + PORTION))
  return bytes
}
