import type { Platform } from './platform.ts'
import type { Watch } from './watch.ts'

export interface LeadershipOptions extends Pick<Platform, 'locks' | 'clock'> {
  /** The name of the lock that makes a context the leader. */
  readonly lock: string
  /** Serves a term, and resolves when it is over. Called again for the next. */
  readonly serve: () => Promise<void>
  /** Another has taken the lead: the term that is under way is to end at once. */
  readonly supersede: () => void
  /** Looks whether who leads is alive, for as long as that is another. */
  readonly watch: Pick<Watch, 'begin' | 'end'>
}

/** How long to wait, in milliseconds, before the lock is asked for again after it was taken away, or the browser has refused it. */
const ASK_AGAIN = 1_000

/**
 * Waits, for as long as it takes, for the one lock that makes this context the leader, and serves a term while it holds it. The
 * browser frees the lock when a context ends, however it ends, and gives it to who waits next.
 *
 *     standing --(the lock is free)--> leading
 *     standing --(who leads is silent)--> stealing --> leading
 *     leading --(the lock was stolen)--> superseded --(the term has ended, a second)--> standing
 *     leading --(the term has ended by itself)--> standing
 */
export class Leadership {
  readonly #options: LeadershipOptions
  readonly #standing: Promise<void>
  #waiting = new AbortController()
  #isStealing = false
  #isResigning = false
  #endPause = (): void => {}

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.#standing = this.#stand()
  }

  /** Takes the lock from whoever holds it, and waits no longer to be given it. Who held it runs on, and can write nothing once this leads. */
  steal(): void {
    this.#isStealing = true
    this.#waiting.abort()
  }

  /** Leads no more, nor waits to. The term that is under way must be ended by whoever serves it. */
  async resign(): Promise<void> {
    this.#isResigning = true
    this.#options.watch.end()
    this.#waiting.abort()
    this.#endPause()
    await this.#standing
  }

  async #stand(): Promise<void> {
    while (!this.#isResigning) {
      let term: Promise<void> | undefined
      try {
        await this.#request(() => (term = this.#serve()))
      } catch {
        // Not to wait any longer, but to steal.
        if (this.#isStealing) continue
        // The lock was stolen, and our code runs on; or it was refused: the page is on its way out.
        if (term) this.#options.supersede()
        await term
        if (!this.#isResigning) await this.#pause()
      }
    }
  }

  /** A request that steals is granted at once, and cannot be taken back (https://w3c.github.io/web-locks/#api-lock-manager-request). */
  async #request(serve: () => Promise<void>): Promise<void> {
    const { locks, lock, watch } = this.#options
    const isStealing = this.#isStealing
    this.#isStealing = false
    if (isStealing) await locks.request(lock, { steal: true }, serve)
    else {
      this.#waiting = new AbortController()
      watch.begin()
      await locks.request(lock, { signal: this.#waiting.signal }, serve)
    }
  }

  #serve(): Promise<void> {
    // It was given to us while we were about to steal it.
    this.#isStealing = false
    this.#options.watch.end()
    return this.#options.serve()
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ASK_AGAIN, resolve)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }
}
