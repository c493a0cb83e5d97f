import { uploadByXhr } from '../consumer/upload.ts'
import type { Upload } from '../consumer/upload.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Clock } from '../queue/clock.ts'

/** What a host takes from its surroundings, so that tests can give it others. IndexedDB is not among them: `idb` takes the global one. */
export interface Platform {
  readonly fetch: typeof fetch
  /** Absent where nothing tells how much of a body has left: in service workers. */
  readonly upload?: Upload | undefined
  readonly clock: Clock
  /** For IndexedDB, which takes its own time, also where a test moves the other clock. */
  readonly storageClock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  readonly locks: LockManager
  readonly openChannel: (name: string) => Channel
  /** Absent where the browser keeps it from us. */
  readonly caches?: CacheStorage | undefined
  /** The origin's private file system. Absent where there is none. */
  readonly directory?: (() => Promise<FileSystemDirectoryHandle>) | undefined
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}

/** The platform of the calling realm; `undefined` where it lacks what a queue cannot do without. */
export function realmPlatform(): Platform | undefined {
  if (typeof indexedDB === 'undefined' || typeof navigator === 'undefined' || !('locks' in navigator)) return undefined
  return {
    fetch: (input, init) => fetch(input, init),
    upload: typeof XMLHttpRequest === 'function' ? uploadByXhr : undefined,
    clock: systemClock,
    storageClock: systemClock,
    random: () => Math.random(),
    locks: navigator.locks,
    openChannel: (name) => new BroadcastChannel(name),
    caches: realmCaches(),
    directory: realmDirectory(),
  }
}

/** Where a frame has no origin, even to ask for them throws. */
function realmCaches(): CacheStorage | undefined {
  try {
    return globalThis.caches
  } catch {
    return undefined
  }
}

/** WebKitGTK has no `navigator.storage`, and other engines no files to be written from here in some versions. */
function realmDirectory(): Platform['directory'] {
  const { storage } = navigator as Partial<Navigator>
  const canWrite = typeof FileSystemFileHandle !== 'undefined' && 'createWritable' in FileSystemFileHandle.prototype
  return canWrite && storage?.getDirectory ? () => storage.getDirectory() : undefined
}
