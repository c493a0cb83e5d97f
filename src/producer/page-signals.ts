import type { PageSignal } from '../protocol/host.ts'

/** Calls back when the page is shown again out of the back/forward cache, where it has heard nothing. */
export function watchReturn(returned: () => void): () => void {
  if (typeof addEventListener !== 'function') return () => {}
  const stop = new AbortController()
  addEventListener('pageshow', (event) => (event as PageTransitionEvent).persisted && returned(), { signal: stop.signal })
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
