/** What a device and a server say to each other beside the body. */

/** The request header that names a message (draft-ietf-httpapi-idempotency-key-header-07). */
export const IDEMPOTENCY_KEY = 'idempotency-key'

/**
 * The request header that tells Holdfast's own requests from others, and where a message stands: its queue, the epoch of the
 * drain that sent it (a server can tell an old one that woke up) and its place.
 */
export const HOLDFAST_MESSAGE = 'holdfast-message'

/** The problem type (RFC 9457) with which a receiver says that an earlier attempt is still being processed. */
export const IN_PROGRESS = 'urn:holdfast:in-progress'

/** An idempotency key as the draft wants it: a structured field's string (RFC 8941, 3.3.3). */
export function formatKey(key: string): string {
  return `"${key.replace(/["\\]/g, String.raw`\$&`)}"`
}

/** A key as sent by us, or bare as others send it. `undefined` when it is neither. */
export function parseKey(value: string | null): string | undefined {
  const match =
    value === null
      ? null
      : /^(?:"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,256})"|([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,256}))$/.exec(value.trim())
  return match?.[1]?.replaceAll(/\\(.)/g, '$1') ?? match?.[2]
}

/** Where a message stands: what {@link HOLDFAST_MESSAGE} says. */
export interface Place {
  readonly queue: string
  readonly epoch: number
  readonly sequence: number
}

/** A structured field's item with parameters (RFC 8941, 3.3). */
export function formatPlace({ queue, epoch, sequence }: Place): string {
  return `"${queue}";epoch=${epoch};sequence=${sequence}`
}

export function parsePlace(value: string | null): Place | undefined {
  const match = value === null ? null : /^"([\w.:-]{1,64})";epoch=(\d{1,15});sequence=(\d{1,15})$/.exec(value)
  return match ? { queue: match[1]!, epoch: Number(match[2]), sequence: Number(match[3]) } : undefined
}
