/** The time of a page, or a worker: what its clock shows, and how to wait. */
export interface WallClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once, after a number of milliseconds; returns what takes that back. */
  after(delay: number, callback: () => void): () => void
}

export const wallClock: WallClock = {
  now: () => Date.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
