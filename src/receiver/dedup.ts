/** An answer as it is remembered. */
export interface RememberedAnswer {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: string
}

/** What a store knows of a key. */
export type Known =
  /** Nothing: it is the caller's now, until `complete` or `abandon`. */
  | { readonly state: 'new' }
  /** Another request with this key is being handled. */
  | { readonly state: 'in-progress' }
  /** It was handled. */
  | { readonly state: 'done'; readonly answer: RememberedAnswer }
  /** It was used for other content before. */
  | { readonly state: 'mismatch' }

/**
 * Remembers keys. A store must remember them for longer than a device may stay offline, and `begin` must be atomic: of two calls with one
 * key, one gets `new`. A key is the principal, a line feed, and the message's id, so that a store can write it together with the effect.
 */
export interface DedupStore {
  /** Takes a key, unless it is known; `fingerprint` stands for the content that came with it. */
  begin(key: string, fingerprint: string): Known | Promise<Known>
  /** The message was accepted: remembers the answer. */
  complete(key: string, answer: RememberedAnswer): void | Promise<void>
  /** The message was not accepted: forgets the key, so that it can be tried again. */
  abandon(key: string): void | Promise<void>
}

/** How a store in memory is bounded. */
export interface MemoryDedupOptions {
  /**
   * How many handled keys are remembered; beyond, the oldest is forgotten.
   *
   * @defaultValue 100_000
   */
  readonly maxKeys?: number
}

interface Entry {
  readonly fingerprint: string
  readonly answer?: RememberedAnswer
}

/**
 * Remembers keys in this process's memory: for one process, and until it ends.
 *
 * @throws RangeError when `maxKeys` is not a whole number from 1.
 */
export function memoryDedup({ maxKeys = 100_000 }: MemoryDedupOptions = {}): DedupStore {
  if (!Number.isInteger(maxKeys) || maxKeys < 1)
    throw new RangeError(`Expected \`maxKeys\` to be a whole number from 1, got ${String(maxKeys)}`)
  const inProgress = new Map<string, Entry>()
  const done = new Map<string, Entry>()
  return {
    begin(key, fingerprint) {
      const known = inProgress.get(key) ?? done.get(key)
      if (!known) {
        inProgress.set(key, { fingerprint })
        return { state: 'new' }
      }
      if (known.fingerprint !== fingerprint) return { state: 'mismatch' }
      return known.answer ? { state: 'done', answer: known.answer } : { state: 'in-progress' }
    },
    complete(key, answer) {
      const { fingerprint } = inProgress.get(key) ?? { fingerprint: '' }
      inProgress.delete(key)
      done.set(key, { fingerprint, answer })
      if (done.size > maxKeys) done.delete(done.keys().next().value!)
    },
    abandon(key) {
      inProgress.delete(key)
    },
  }
}
