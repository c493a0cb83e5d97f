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

/** Whether a content type is JSON, or a format that is written in it (RFC 6839, 3.1). */
export function isJson(type: string): boolean {
  return /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)
}

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
  /** Whose message it is, as the device says (`identity`); absent where it does not say. */
  readonly identity?: string
}

/** A structured field's item with parameters (RFC 8941, 3.3). */
export function formatPlace({ queue, epoch, sequence, identity }: Place): string {
  // Percent-encoded: a field's string is ASCII.
  const whose = identity === undefined ? '' : `;identity="${encodeURIComponent(identity)}"`
  return `"${queue}";epoch=${epoch};sequence=${sequence}${whose}`
}

/** `undefined` where it is not as expected; a parameter that is not known is passed over. */
export function parsePlace(value: string | null): Place | undefined {
  const match = value === null ? null : /^"([\w.:-]{1,64})";epoch=(\d{1,15});sequence=(\d{1,15})((?:;[a-z][\w.-]*="[^"\\]*")*)$/.exec(value)
  if (!match) return undefined
  const [, queue, epoch, sequence, rest] = match
  const identity = decoded(/;identity="([^"]*)"/.exec(rest!)?.[1])
  return { queue: queue!, epoch: Number(epoch), sequence: Number(sequence), ...(identity !== undefined && { identity }) }
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** What a status says of a message alone: the coarse half of the table of answers, for a server that says so of several. */
export function kindOf(status: number): 'accepted' | 'retry' | 'rejected' {
  if (status >= 200 && status <= 299) return 'accepted'
  const isRedirect = status >= 300 && status <= 399
  const isLater = isRedirect || [401, 408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505)
  return isLater ? 'retry' : 'rejected'
}
