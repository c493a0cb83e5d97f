/** Time as queue and drain know it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since some moment, which pass whatever the clock is set to; not all devices count those in which they sleep. */
  elapsed(): number
  /** Calls back once, after a number of milliseconds; returns what takes that back. */
  after(delay: number, callback: () => void): () => void
}

/**
 * Waits for something, but not for ever.
 *
 * @param late says what comes of it when it has taken longer than `longest` milliseconds, or throws.
 */
export async function inTime<T>(clock: Clock, longest: number, work: Promise<T>, late: () => T): Promise<T> {
  let cancel = (): void => {}
  const over = new Promise<void>((resolve) => (cancel = clock.after(longest, resolve))).then(late)
  try {
    return await Promise.race([work, over])
  } finally {
    cancel()
  }
}
