import type { PageSignal } from '../protocol/host.ts'

/** What becomes of a page. */
export interface Life {
  /** It is out of sight, and may never be heard of again: a phone ends pages like that. */
  hidden(): void
  /** It leaves. `isKept`: perhaps to come back, from the back/forward cache, or out of a freezer. */
  left(isKept: boolean): void
  /** It is back. */
  returned(): void
}

export function watchLife(life: Life): () => void {
  if (typeof addEventListener !== 'function') return () => {}
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('pagehide', (event) => life.left((event as PageTransitionEvent).persisted), { signal })
  addEventListener('pageshow', (event) => (event as PageTransitionEvent).persisted && life.returned(), { signal })
  if (typeof document !== 'undefined') {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && life.hidden(), { signal })
    // Chromium stops a page that was long out of sight, and its workers with all that they hold.
    document.addEventListener('freeze', () => life.left(true), { signal })
    document.addEventListener('resume', () => life.returned(), { signal })
  }
  return () => stop.abort()
}

/**
 * Calls back when the page is about to end, perhaps: closing a tab, WebKit tells of nothing else. Not for longer than that matters: some browsers keep no page that listens
 * to it in the back/forward cache.
 */
export function watchEnd(call: () => void): () => void {
  if (typeof addEventListener !== 'function') return () => {}
  const stop = new AbortController()
  addEventListener('beforeunload', call, { signal: stop.signal })
  return () => stop.abort()
}

/** Tells a host what a worker cannot see: Chromium's get no `online` and `offline` events, and none knows whether its page is in view. */
export function watchPage(tell: (signal: PageSignal) => void): () => void {
  if (typeof addEventListener !== 'function') return () => {}
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('online', () => tell('online'), { signal })
  addEventListener('offline', () => tell('offline'), { signal })
  // In a worker it would not be taken back: Chromium's hear no `online`.
  if (typeof document !== 'undefined') {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && tell('visible'), { signal })
    // Only false can be believed.
    if (!navigator.onLine) tell('offline')
  }
  return () => stop.abort()
}
