import type { Platform } from './platform.ts'

/** A term of leadership: resolves when it is over. Called again for the next. */
export type Term = () => Promise<void>

export interface Leadership {
  /** Leads no more, nor waits to. The term that is under way must be ended by whoever serves it. */
  resign(): Promise<void>
}

/** How long to wait, in milliseconds, before the lock is asked for again after the browser has refused it. */
const ASK_AGAIN = 1_000

/**
 * Waits, for as long as it takes, for the one lock that makes this context the leader, and serves a term while it holds it. The
 * browser frees the lock when a context ends, however it ends, and gives it to who waits next.
 */
export function standForLeader({ locks, clock }: Platform, lock: string, serveTerm: Term): Leadership {
  const resigning = new AbortController()
  const { signal } = resigning
  const standing = stand()
  return {
    async resign() {
      resigning.abort()
      await standing
    },
  }

  async function stand(): Promise<void> {
    while (!signal.aborted) {
      let term: Promise<void> | undefined
      try {
        await locks.request(lock, { signal }, () => (term = serveTerm()))
      } catch {
        // The lock was stolen, and our code runs on; or it was refused: the page is on its way out.
        await term
        if (!signal.aborted) await pause()
      }
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.after(ASK_AGAIN, end)
      signal.addEventListener('abort', end)
    })
  }
}
