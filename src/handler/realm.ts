import { assertCanConsume } from './support.ts'

/** What a consumer takes from its surroundings, so that tests can give it others. */
export interface Realm {
  readonly clock: {
    now(): number
    after(delay: number, callback: () => void): () => void
  }
  readonly locks: LockManager
  readonly openChannel: (name: string) => Channel
  /** Calls back when the page is left, and, where it comes back from the back/forward cache, as it does; returns what ends that. Nothing happens where there is no page. */
  readonly whenLeft: (left: () => void, back: () => void) => () => void
}

/** As much of a BroadcastChannel as is used. */
export interface Channel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  close(): void
}

/** The calling page's, or worker's. */
export function callingRealm(): Realm {
  assertCanConsume()
  return {
    clock: {
      now: () => Date.now(),
      after(delay, callback) {
        const timer = setTimeout(callback, delay)
        return () => clearTimeout(timer)
      },
    },
    locks: navigator.locks,
    openChannel: (name) => new BroadcastChannel(name),
    whenLeft,
  }
}

function whenLeft(left: () => void, back: () => void): () => void {
  if (typeof document === 'undefined') return () => {}
  const returned = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) back()
  }
  addEventListener('pagehide', left)
  addEventListener('pageshow', returned)
  return () => {
    removeEventListener('pagehide', left)
    removeEventListener('pageshow', returned)
  }
}
