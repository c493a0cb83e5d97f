import { MOST_IN_BATCH } from '../message/defaults.ts'
import { HOLDFAST_MESSAGE, IDEMPOTENCY_KEY, isJson, parseKey, parsePlace } from '../protocol/http.ts'
import type { Place } from '../protocol/http.ts'
import { isBatch, takeBatch } from './batch.ts'
import type { Came } from './batch.ts'
import { isAmong, valueOf } from './content.ts'
import { memoryDedup } from './dedup.ts'
import type { DedupStore } from './dedup.ts'
import { failed, once } from './once.ts'
import { problem } from './problem.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readBody } from './read-body.ts'

/** A message as it arrived. */
export interface ReceivedMessage<T = unknown> {
  /** Its idempotency key: the id of the message on the device. */
  readonly id: string
  /**
   * What JSON says. Of other `contentTypes`: a form (`multipart/form-data`) as `FormData`, with its files; `application/x-www-form-urlencoded` as `URLSearchParams`; anything else
   * as a `Blob` that has the type.
   */
  readonly body: T
  /** Whose message it is, as `principal` said. */
  readonly principal: string
  /** Where it stands in the device's queue; absent when it was not sent by Holdfast. A client can claim anything here. */
  readonly place: Place | undefined
}

/**
 * Takes a message in. What it returns is the answer: a `Response` (its body as text), `undefined` as 204, anything else as JSON with 200. An
 * answer of 200 to 299 accepts the message, and is remembered; with any other, and when it throws (500), the message can come again.
 */
export type Handle<T> = (message: ReceivedMessage<T>, request: Request) => unknown

/** How a receiver takes messages in. */
export interface ReceiverOptions<T = unknown> {
  /** Takes a message in; called once for each, as long as its key is remembered. */
  readonly handle: Handle<T>
  /**
   * Remembers keys and answers.
   *
   * @defaultValue memoryDedup()
   */
  readonly dedup?: DedupStore
  /**
   * Says who sent a request; keys of one principal mean nothing to another. `undefined` answers 401, at which the device
   * asks for fresh headers.
   *
   * The second argument is whose message it is, as the device says: the `identity` of its queue. A cookie goes along with whatever a browser sends, and may be that of whoever has
   * signed in since: answer `undefined` where they differ, and the message waits on the device for its own user.
   *
   * @defaultValue everybody is one
   * @example
   * ```ts
   * async (request, identity) => {
   *   const user = await sessions.userOf(request.headers.get('cookie'))
   *   return identity === undefined || identity === user ? user : undefined
   * }
   * ```
   */
  readonly principal?: (request: Request, identity: string | undefined) => string | undefined | Promise<string | undefined>
  /**
   * The content types that are taken beside JSON; `image/*` is any image, and a star on both sides anything. To any other the answer is 415, and the device keeps the message as a dead letter.
   *
   * @defaultValue []: JSON alone
   * @example
   * ```ts
   * createReceiver<FormData>({ contentTypes: ['multipart/form-data'], maxBytes: 16 * 1024 * 1024, handle: ({ body }) => album.add(body.get('photo')) })
   * ```
   */
  readonly contentTypes?: readonly string[]
  /**
   * The largest body, in bytes, as it is when it is inflated, of one message or of several in one request; above, the answer is 413. The whole of it is in memory while it is handled. What is too large is read and thrown away, up to
   * sixteen times as much, for a browser that is answered while it still sends may never hear the answer.
   *
   * @defaultValue 1_048_576
   */
  readonly maxBytes?: number
  /**
   * The most messages in one request; above, the answer is 413, at which the device sends fewer.
   *
   * @defaultValue 1_000
   */
  readonly maxMessages?: number
}

const DEFAULT_MAX_BYTES = 1_048_576

/**
 * The server's end: a web-standard handler that gives each message to `handle` once, and answers a repetition with the first answer. It
 * runs wherever `Request` and `Response` are: Node, Deno, Bun, workers at the edge, inside Hono or Next.
 *
 * Several messages in one request, as `batch` of a queue has them sent, are handled one after the other, and answered with a result for each.
 *
 * Follows draft-ietf-httpapi-idempotency-key-header-07: 400 without a key, 409 while it is being handled, 422 when it comes with other content.
 *
 * @throws TypeError when `handle` is not a function, or `contentTypes` has something that is none; RangeError when `maxBytes` is not a positive number, or `maxMessages` none from 1.
 * @example
 * ```ts
 * const receive = createReceiver<Order>({ handle: ({ id, body }) => orders.insert(id, body) })
 * export default { fetch: receive }
 * ```
 */
export function createReceiver<T = unknown>(options: ReceiverOptions<T>): (request: Request) => Promise<Response> {
  const { handle, dedup = memoryDedup(), principal = () => '', contentTypes = [] } = options
  const { maxBytes = DEFAULT_MAX_BYTES, maxMessages = MOST_IN_BATCH } = options
  if (typeof handle !== 'function') throw new TypeError(`Expected \`handle\` to be a function, got ${String(handle)}`)
  if (!(maxBytes > 0)) throw new RangeError(`Expected \`maxBytes\` to be a number above 0, got ${String(maxBytes)}`)
  if (!(maxMessages >= 1)) throw new RangeError(`Expected \`maxMessages\` to be a number from 1, got ${String(maxMessages)}`)
  const wrong = contentTypes.find((type) => !/^[^\s/;]+\/[^\s/;]+$/.test(type))
  if (wrong !== undefined) throw new TypeError(`Expected \`contentTypes\` to be such as "image/png" or "image/*", got "${wrong}"`)
  const isTaken = (type: string): boolean => isJson(type) || isAmong(contentTypes, type)

  return async function receive(request) {
    try {
      return await take(request)
    } catch (error) {
      return failed(error)
    }
  }

  async function take(request: Request): Promise<Response> {
    if (!['POST', 'PUT', 'PATCH'].includes(request.method)) {
      return problem(405, `Expected POST, PUT or PATCH, got ${request.method}`, { headers: { allow: 'POST, PUT, PATCH' } })
    }
    const place = parsePlace(request.headers.get(HOLDFAST_MESSAGE))
    const who = await principal(request, place?.identity)
    if (typeof who !== 'string') return problem(401, 'Expected credentials')
    const takeOne = ({ id, body, fingerprint, place }: Came): Promise<Response> =>
      once(dedup, `${who}\n${id}`, fingerprint, () => handle({ id, body: body as T, principal: who, place }, request))
    const type = request.headers.get('content-type') ?? ''
    if (isBatch(type)) {
      const content = await read(request, { type, maxBytes })
      return content instanceof Response ? content : takeBatch(content.body, { place, maxMessages, isTaken, take: takeOne })
    }
    const id = parseKey(request.headers.get(IDEMPOTENCY_KEY))
    if (id === undefined) return problem(400, 'Expected an Idempotency-Key of 1 to 255 characters')
    if (!isTaken(type)) return problem(415, `Expected ${['JSON', ...contentTypes].join(', or ')}`)
    const content = await read(request, { type, maxBytes })
    return content instanceof Response ? content : takeOne({ ...content, id, place })
  }
}

/** What a request says, or what is wrong with it. */
async function read(
  request: Request,
  { type, maxBytes }: { readonly type: string; readonly maxBytes: number },
): Promise<Pick<Came, 'body' | 'fingerprint'> | Response> {
  const bytes = await readBody(request, maxBytes)
  if (bytes === 'unknown coding') return problem(415, 'Expected no Content-Encoding but gzip', { headers: { 'accept-encoding': 'gzip' } })
  if (bytes === 'cut off') return problem(400, 'Expected the whole body, in the coding that it is said to have')
  if (bytes === 'too large') return problem(413, `Expected a body of at most ${maxBytes} bytes`)
  const read = await valueOf(bytes, type)
  return read
    ? { body: read.value, fingerprint: await fingerprintOf(bytes) }
    : problem(400, `Expected a body that is ${isJson(type) ? 'JSON' : 'what its type says'}`)
}
