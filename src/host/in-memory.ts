import { systemClock } from './platform.ts'
import type { Platform } from './platform.ts'

/** There is nobody else who could hold one. */
const ownLocks = {
  request: async (_name: string, ...given: unknown[]) => (given.at(-1) as () => unknown)(),
} as unknown as LockManager

/** What a host runs on where the browser denies its origin all storage, and Web Locks and channels with it: alone, and known to no other tab. Its IndexedDB is whatever the realm has in that place. */
export function platformInMemory(): Platform {
  return {
    fetch: (input, init) => fetch(input, init),
    clock: systemClock,
    storageClock: systemClock,
    random: () => Math.random(),
    locks: ownLocks,
    openChannel: () => ({ addEventListener: () => {}, postMessage: () => {}, close: () => {} }),
  }
}
