import { QueueError, STORAGE_BLOCKED } from '../message/error.ts'
import { startInMemory } from './start-host.ts'
import type { StartHost } from './start-host.ts'

/** A host is started where the browser lets the page store something; where it does not, one that keeps messages in memory, if any queue of the page may be there. */
export function unlessBlocked(start: StartHost): StartHost {
  return async (page, maker) => {
    if (!(await isBlocked())) return start(page, maker)
    if (page.mayBeInMemory()) return { ...(await startInMemory(page)), reason: STORAGE_BLOCKED }
    throw new QueueError('unsupported', STORAGE_BLOCKED)
  }
}

/**
 * Web Locks are denied with `SecurityError` wherever storage is, in Chromium, Firefox and WebKit: where the user blocks cookies, and in a frame without an origin. IndexedDB says it in
 * as many ways as there are engines, one of which is that of a storage that was lost.
 */
async function isBlocked(): Promise<boolean> {
  try {
    await navigator.locks?.query()
    return false
  } catch (error) {
    return error instanceof DOMException && error.name === 'SecurityError'
  }
}
