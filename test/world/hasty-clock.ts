import type { Clock } from '../../src/queue/clock.ts'

/** A storage that is lost is looked for again at once, and nothing takes ten seconds. */
export const hastyClock: Clock = {
  now: () => 0,
  elapsed: () => 0,
  after(delay, callback) {
    if (delay >= 10_000) return () => {}
    const soon = setImmediate(callback)
    return () => clearImmediate(soon)
  },
}
