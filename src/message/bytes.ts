import type { StoredBody } from './spooled.ts'

const encoder = new TextEncoder()

/** The size of a body: that of a text in UTF-8. Most are ASCII, and a look costs less than a copy. */
export function bytesOf(body: StoredBody): number {
  if (typeof body === 'string') return bytesOfText(body)
  return 'spool' in body ? body.size : body.byteLength
}

function bytesOfText(text: string): number {
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).byteLength
}
