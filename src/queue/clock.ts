/** Time as queue and drain know it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once, after a number of milliseconds; returns what takes that back. */
  after(delay: number, callback: () => void): () => void
}
