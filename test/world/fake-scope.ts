import { Background } from '../../src/host/background.ts'
import type { BackgroundScope } from '../../src/host/background.ts'
import type { Platform } from '../../src/host/platform.ts'

/** The global scope of a service worker, whose events a test sends. */
export class FakeScope implements BackgroundScope {
  readonly navigator = { onLine: true }
  /** The tags that were registered for Background Sync. */
  readonly tags: string[] = []
  readonly registration = { sync: { register: async (tag: string): Promise<void> => void this.tags.push(tag) } }
  readonly #listeners = new Map<string, ((event: never) => void)[]>()
  readonly #lives: Promise<unknown>[] = []

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  /** Background Sync calls: settles as the browser sees it. Nothing where nobody waits. */
  sync(tag: string): Promise<unknown> | undefined {
    return this.#send('sync', { tag })
  }

  /** A page posts a message. */
  post(data: unknown): Promise<unknown> | undefined {
    return this.#send('message', { data })
  }

  activate(): Promise<unknown> | undefined {
    return this.#send('activate', {})
  }

  /** A page sends a request: what it is answered; nothing where that is left to the network. */
  fetch(request: Request): Promise<Response> | undefined {
    let answer: Promise<Response> | undefined
    // Whoever answers first, as in a browser.
    void this.#send('fetch', { request, respondWith: (given: Promise<Response>) => (answer ??= given) })
    return answer
  }

  /** Resolves when nobody wants this service worker to live on. */
  async rests(): Promise<void> {
    for (let known = -1; known < this.#lives.length;) {
      known = this.#lives.length
      await Promise.allSettled(this.#lives)
    }
  }

  #send(type: string, event: object): Promise<unknown> | undefined {
    let life: Promise<unknown> | undefined
    const waitUntil = (work: Promise<unknown>): void => {
      life = work
      this.#lives.push(work)
    }
    for (const listener of this.#listeners.get(type) ?? []) listener({ ...event, waitUntil } as never)
    return life
  }
}

/** A service worker, its queues, and what ends it. */
export function openBackground(platform: Platform, scope: FakeScope = new FakeScope()): { scope: FakeScope; background: Background } {
  return { scope, background: new Background(scope, platform) }
}
