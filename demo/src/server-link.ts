import type { Switches } from './server-state.ts'

/** How long to wait before a stream that was given up is opened again, in milliseconds. */
const REOPEN = 2_000

export interface ServerListener<State> {
  readonly changed: (state: State) => void
  readonly lost: () => void
}

/**
 * Hears from the server what it is like, as long as the page is in view: each stream takes one of a browser's six connections.
 *
 * @param path where it tells that
 */
export function watchServer<State>(path: string, { changed, lost }: ServerListener<State>): void {
  let stream: EventSource | undefined

  function open(): void {
    stream?.close()
    stream = new EventSource(path)
    stream.addEventListener('message', ({ data }: MessageEvent<string>) => changed(JSON.parse(data) as State))
    stream.addEventListener('error', () => {
      lost()
      // It tries again by itself after most errors; after some it does not, and says so.
      if (stream?.readyState === EventSource.CLOSED) setTimeout(reopen, REOPEN)
    })
  }

  function reopen(): void {
    if (document.visibilityState === 'visible') open()
    else stream?.close()
  }

  document.addEventListener('visibilitychange', reopen)
  addEventListener('online', reopen)
  reopen()
}

/** Sets some of the server's switches. */
export async function setSwitch(change: Partial<Switches>): Promise<void> {
  const response = await fetch('/api/switches', { method: 'PUT', body: JSON.stringify(change) })
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
}
