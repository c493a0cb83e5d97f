/** A term of leadership: resolves when it is over. Called again for the next. */
export type Term = () => Promise<void>

export interface Leadership {
  /** Leads no more, nor waits to. The term that is under way must be ended by whoever serves it. */
  resign(): Promise<void>
}

/**
 * Waits, for as long as it takes, for the one lock that makes this context the leader, and serves a term while it holds it. The
 * browser frees the lock when a context ends, however it ends, and gives it to who waits next.
 */
export function standForLeader(locks: LockManager, lock: string, serveTerm: Term): Leadership {
  const waiting = new AbortController()
  const standing = stand()
  return {
    async resign() {
      waiting.abort()
      await standing
    },
  }

  async function stand(): Promise<void> {
    while (!waiting.signal.aborted) {
      try {
        await locks.request(lock, { signal: waiting.signal }, serveTerm)
      } catch (error) {
        if (!waiting.signal.aborted) throw error
      }
    }
  }
}
