import type { Channel } from '../protocol/channel.ts'
import { wallClock } from './clock.ts'
import type { WallClock } from './clock.ts'
import { assertCanConsume } from './support.ts'

/** What a consumer takes from its surroundings, so that tests can give it others. */
export interface Realm {
  readonly clock: WallClock
  readonly locks: LockManager
  readonly openChannel: (name: string) => Channel
  /** Calls back when the page is left, and, where it comes back from the back/forward cache, as it does; returns what ends that. Nothing happens where there is no page. */
  readonly whenLeft: (left: () => void, back: () => void) => () => void
}

/** The calling page's, or worker's. */
export function callingRealm(): Realm {
  assertCanConsume()
  return {
    clock: wallClock,
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
