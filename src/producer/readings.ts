import { decodeBody } from '../message/body.ts'
import { decodedBy, isEncoded } from '../message/codec.ts'
import type { Codec } from '../message/codec.ts'
import { revived } from '../message/content.ts'
import type { Content } from '../message/content.ts'
import type { DeadLetter, MessageOptions, WaitingMessage } from '../message/reading.ts'
import { isSpooled } from '../message/spooled.ts'
import type { RequestLine, StoredRequest } from '../message/stored-request.ts'
import type { WireBody, WireDeadLetter, WireMessage } from '../protocol/host.ts'
import { IDEMPOTENCY_KEY, parseKey } from '../protocol/http.ts'

/** A message as its user reads it; nothing where its body was damaged. */
export async function readMessage<T>(wire: WireMessage, codec?: Codec<T>): Promise<WaitingMessage<T> | undefined> {
  const { id, state, enqueuedAt, due, group, request, version = 1, expiresAt } = wire
  const decoded = await valueOf(wire, codec)
  const known = {
    id,
    state,
    enqueuedAt,
    ...sizeOf(wire),
    ...(due !== undefined && { due }),
    ...(group !== undefined && { group }),
    ...(request && { request: lineOf(request) }),
  }
  // One whose time is over by now expires elsewhere as well.
  const ttl = expiresAt === undefined ? undefined : Math.max(1, until(expiresAt))
  return decoded && { ...known, body: decoded.value as T, version, options: optionsOf(wire, until(due), ttl) }
}

export async function readLetter<T>(letter: WireDeadLetter, codec?: Codec<T>): Promise<DeadLetter<T>> {
  const { id, enqueuedAt, group, reason, deadAt, attempts, status, excerpt, trail, maybeDelivered, halts, request, version = 1 } = letter
  const known = {
    id,
    enqueuedAt,
    deadAt,
    attempts,
    status,
    excerpt,
    ...sizeOf(letter),
    ...(group !== undefined && { group }),
    ...(trail && { trail }),
    ...(maybeDelivered && { maybeDelivered }),
    ...(halts && { halts }),
    ...(request && { request: lineOf(request) }),
  }
  const decoded = await valueOf(letter, codec)
  if (reason === 'unreadable' || !decoded) return { ...known, reason: 'unreadable', body: undefined }
  return { ...known, reason, body: decoded.value as T, version, options: optionsOf(letter, 0, letter.ttl) }
}

/** A body, whole: data, the like of what was enqueued, or the bytes of a request. */
export async function readBody<T>({ body, content, request }: WireBody, codec?: Codec<T>): Promise<T | Blob | undefined> {
  if (typeof body === 'string') return decodeBody(body)?.value as T | undefined
  if (content) return (await read(content, body, codec)) as T
  return new Blob([body], { type: (request && lineOf(request).contentType) ?? '' })
}

/** What its codec cannot read stays bytes: who lists messages is to see the others as well. */
async function read<T>(content: Content, body: Uint8Array<ArrayBuffer> | Blob, codec: Codec<T> | undefined): Promise<unknown> {
  if (!codec || !isEncoded(content)) return revived(content, body)
  return decodedBy(codec, body).catch(() => revived(content, body))
}

/** What a listing shows of a body: nothing of one that lies beside its message. Nothing at all where it was damaged. */
async function valueOf<T>(
  { body, content, sealed }: WireMessage | WireDeadLetter,
  codec?: Codec<T>,
): Promise<{ readonly value: unknown } | undefined> {
  if (typeof body === 'string') return decodeBody(body)
  if (sealed || isSpooled(body)) return { value: undefined }
  return { value: content ? await read(content, body, codec) : body }
}

function sizeOf({ bytes, content }: WireMessage | WireDeadLetter): { readonly size: number; readonly contentType?: string } {
  return { size: bytes, ...(content && { contentType: content.type }) }
}

/** How long until a time comes, in whole milliseconds. */
function until(time: number = 0): number {
  return Math.max(0, Math.ceil(time - Date.now()))
}

function optionsOf(wire: WireMessage | WireDeadLetter, delay: number, ttl: number | undefined): MessageOptions {
  const { id, request, group, maxAttempts, backoff, dedupKey, redirects } = wire
  const own = parseKey(request?.headers.find(([name]) => name === IDEMPOTENCY_KEY)?.[1] ?? null)
  const idempotencyKey = wire.idempotencyKey ?? own ?? id
  const all = { idempotencyKey, group, delay: delay || undefined, ttl, maxAttempts, backoff, dedupKey, redirects }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as MessageOptions
}

/** Its other headers are nobody's to look at. */
function lineOf({ method, url, headers }: StoredRequest): RequestLine {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1]
  return { method, url, ...(contentType !== undefined && { contentType }) }
}
