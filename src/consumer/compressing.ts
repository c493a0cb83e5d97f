import type { Compression } from '../message/compression.ts'

/** The most that is compressed, in bytes: what is larger are files, most of them compressed already, and would be in memory twice. */
const LARGEST = 16 * 1024 * 1024

/** What came of a request. */
interface Sent {
  readonly response: Response
  /** It was refused for its coding, and may not go plainly now. */
  readonly mustWait?: true
}

/** Sends a request, as `fetch` does. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

/** Sends a request with its body compressed, where that makes it smaller. */
export type SendCompressed = (
  send: Send,
  url: string,
  init: RequestInit,
  compression: Required<Compression> | undefined,
  mayStillGo: () => Promise<boolean>,
) => Promise<Sent>

/** A server that says 415 to a compressed body gets it plainly, at once; and where it was that, from then on, for as long as this is used. */
export function sendCompressed(): SendCompressed {
  const plainly = new Set<string>()
  return async (send, url, init, compression, mayStillGo) => {
    const { origin } = new URL(url)
    const packed = compression && !plainly.has(origin) ? await compressed(init, compression) : undefined
    const response = await send(url, packed ?? init)
    if (!packed || response.status !== 415) return { response }
    if (!(await mayStillGo())) return { response, mustWait: true }
    // Nobody reads it.
    response.body?.cancel().catch(() => {})
    const plain = await send(url, init)
    // Otherwise it is the media type that it does not take.
    if (plain.status !== 415) plainly.add(origin)
    return { response: plain }
  }
}

/** Nothing where it goes plainly. */
async function compressed(init: RequestInit, { encoding, threshold }: Required<Compression>): Promise<RequestInit | undefined> {
  const headers = new Headers(init.headers)
  const { body } = init
  // Safari before 16.4 has none.
  if (!body || headers.has('content-encoding') || typeof CompressionStream !== 'function') return undefined
  const plain = new Blob([body as BlobPart])
  if (plain.size < threshold || plain.size > LARGEST) return undefined
  const packed = await new Response(plain.stream().pipeThrough(new CompressionStream(encoding))).blob()
  if (packed.size >= plain.size) return undefined
  headers.set('content-encoding', encoding)
  return { ...init, headers, body: packed }
}
