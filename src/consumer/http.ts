import type { WholeBody } from '../message/spooled.ts'
import { BATCH_TYPE } from '../protocol/batch.ts'
import { formatKey, formatPlace, HOLDFAST_MESSAGE, IDEMPOTENCY_KEY } from '../protocol/http.ts'
import type { HeaderEntries, Setup } from '../protocol/host.ts'
import { ofKey } from '../protocol/names.ts'
import type { Clock } from '../queue/clock.ts'
import type { Outcome } from './answer-table.ts'
import { dateOf, readAtMost } from './answer.ts'
import { readResults } from './batch-answer.ts'
import { batchBody } from './batch-request.ts'
import { sendCompressed } from './compressing.ts'
import type { Send } from './compressing.ts'
import type { Attempt, Outgoing, Transport } from './transport.ts'
import type { Upload } from './upload.ts'

/** Nothing was said of the message itself. */
const LATER: Outcome = { kind: 'retry', reason: 'failed', counts: false, holds: false, delay: 0 }

/** The largest body that is not made a `Blob` of, in bytes, or characters. */
const LARGEST_PLAIN = 64_000

/** The most that is read of an answer to a batch, in bytes. */
const LARGEST_RESULTS = 16 * 1024 * 1024

/** How long it is from one telling of how much has left to the next, in milliseconds. */
const BETWEEN_TELLINGS = 100

/** How many bytes of a body are sent within the attempt's `timeout`. */
const FREE = 1024 * 1024

export interface HttpOptions {
  /** The queue's key. */
  readonly queue: string
  readonly fetch: typeof fetch
  /** Absent where nothing tells how much of a body has left. */
  readonly upload?: Upload | undefined
  readonly clock: Clock
}

/** Sends messages, each in a request of its own, or several in one. */
export function httpTransport({ queue, fetch, upload, clock }: HttpOptions): Transport {
  const sendMaybeCompressed = sendCompressed()
  /** By `fetch`, unless it is to be told how much of the body has left. */
  const wayOf = ({ setup, body, progressed }: Outgoing): Send => {
    if (!upload || !setup.uploadProgress || sizeOf(body) <= LARGEST_PLAIN) return fetch
    return (url, init) => (isPlain(init) ? upload(url, init, nowAndThen(clock, progressed)) : fetch(url, init))
  }
  return {
    send: (message, signal) =>
      inTimeout(clock, message.setup.timeout + allowance(message.body), signal, async (stop) => {
        const { setup, mayStillGo } = message
        const init = { ...request(queue, message), signal: stop }
        // Another origin may forbid the header, and a browser does not say so.
        const compression = isOfQueuesOrigin(message) ? setup.compress : undefined
        const url = message.request?.url ?? setup.endpoint
        const { response, mustWait } = await sendMaybeCompressed(wayOf(message), url, init, compression, mayStillGo)
        const answer = await receive(response, readAtMost(setup.answer.limit))
        return mustWait ? { ...answer, outcome: LATER } : answer
      }),
    async sendBatch(messages, signal) {
      const [first] = messages
      const { setup } = first
      const body = await batchBody(ofKey(queue).name, messages)
      const attempt = await inTimeout(clock, setup.timeout + allowance(body), signal, async (stop) => {
        const init = { ...batchRequest(queue, first, body), signal: stop }
        const { response, mustWait } = await sendMaybeCompressed(fetch, setup.endpoint, init, setup.compress, first.mayStillGo)
        const answer = await receive(response, LARGEST_RESULTS)
        return mustWait ? { ...answer, outcome: LATER } : answer
      })
      return attempt.outcome
        ? { attempt }
        : readResults(
            attempt,
            messages.map(({ id }) => id),
          )
    },
    async askTime(setup, headers, signal) {
      const answer = await inTimeout(clock, setup.timeout, signal, async (stop) =>
        receive(await fetch(setup.endpoint, { ...ask(setup, headers), signal: stop }), readAtMost(setup.answer.limit)),
      )
      if (!answer.answered) return { answered: false }
      const date = dateOf(answer)
      return { answered: true, ...(date !== undefined && { date }) }
    },
  }
}

/** Makes one attempt, which ends when it has taken too long. */
async function inTimeout(
  clock: Clock,
  timeout: number,
  signal: AbortSignal,
  attempt: (stop: AbortSignal) => Promise<Attempt>,
): Promise<Attempt> {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  // A flag of our own: an AbortSignal.timeout() is reported as AbortError in Firefox and WebKit.
  let isLate = false
  const cancel = clock.after(timeout, () => {
    isLate = true
    abort()
  })
  try {
    return await attempt(stop.signal)
  } catch {
    return { answered: false, reason: isLate ? 'timeout' : 'unreachable' }
  } finally {
    cancel()
    signal.removeEventListener('abort', abort)
  }
}

function request(queue: string, message: Outgoing): RequestInit {
  const { id, idempotencyKey, body, epoch, sequence, setup, request, content } = message
  const { name: ofQueue, ...whose } = ofKey(queue)
  const all = new Headers((request?.headers ?? [['content-type', content?.type ?? 'application/json']]) as HeadersInit)
  // A request that has a key of its own says so in its own words.
  const hasKey = idempotencyKey === undefined && all.has(IDEMPOTENCY_KEY)
  const key = hasKey ? all.get(IDEMPOTENCY_KEY)! : formatKey(idempotencyKey ?? id)
  const isOurs = isOfQueuesOrigin(message)
  for (const [name, value] of isOurs ? message.headers : []) all.set(name, value)
  all.set(IDEMPOTENCY_KEY, key)
  all.set(HOLDFAST_MESSAGE, formatPlace({ queue: ofQueue, epoch, sequence, ...(isOurs && whose) }))
  if (!request) return { ...ask(setup, all), method: setup.method, body: asSent(body) }
  const { url: _url, headers: _headers, ...how } = request
  // GET and HEAD can have none, not even an empty one.
  return { ...ask(setup, all), ...how, ...(sizeOf(body) > 0 && { body: asSent(body) }) }
}

/** All of them go where the queue's do. */
function batchRequest(queue: string, { epoch, sequence, setup, headers }: Outgoing, body: string): RequestInit {
  const { name: ofQueue, ...whose } = ofKey(queue)
  const all = new Headers(headers as HeadersInit)
  all.set('content-type', BATCH_TYPE)
  all.set(HOLDFAST_MESSAGE, formatPlace({ queue: ofQueue, epoch, sequence, ...whose }))
  return { ...ask(setup, all), method: setup.method, body: asSent(body) }
}

/** Chromium takes 200 ms to take over a megabyte of bytes or text, and 12 for a `Blob` of it: as long for less than that as its square (measured in 152). */
function asSent(body: WholeBody): WholeBody {
  return sizeOf(body) > LARGEST_PLAIN ? new Blob([body]) : body
}

function sizeOf(body: WholeBody): number {
  return typeof body === 'string' ? body.length : 'size' in body ? body.size : body.byteLength
}

/** A request may ask for what `fetch` alone can do. */
function isPlain({ credentials, integrity, referrer, referrerPolicy }: RequestInit): boolean {
  return credentials !== 'omit' && [integrity, referrer, referrerPolicy].every((asked) => asked === undefined)
}

/** WebKitGTK tells of every 8 kB. */
function nowAndThen(clock: Clock, tell: (done: number) => void): (done: number) => void {
  let last = -Infinity
  return (done) => {
    if (done < 1 && clock.elapsed() - last < BETWEEN_TELLINGS) return
    last = clock.elapsed()
    tell(done)
  }
}

/** A large body takes its time, also where all is well: on a slow line 64 kB a second. */
function allowance(body: WholeBody): number {
  return Math.max(0, sizeOf(body) - FREE) / 64
}

/** No header, and no name of a user, goes to a server that it was not meant for: a request has a URL of its own. */
function isOfQueuesOrigin({ request, setup }: Outgoing): boolean {
  return !request || new URL(request.url).origin === new URL(setup.endpoint).origin
}

/** What each request says, and all that one does which only asks. */
function ask({ credentials }: Setup, headers: HeaderEntries | Headers): RequestInit {
  // redirect: a POST that is redirected to a login page comes back as GET and 200, which is no acceptance.
  return { method: 'HEAD', headers: new Headers(headers as HeadersInit), credentials, redirect: 'manual', cache: 'no-store' }
}

/** @param most how much of the body is read, in bytes. */
async function receive(response: Response, most: number): Promise<Attempt> {
  const isRedirect = response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)
  const headers = Object.fromEntries(response.headers)
  return { answered: true, status: response.status, isRedirect, headers, ...(await readText(response, most)) }
}

/** The beginning of a body: nothing that a server sends may fill the memory. Losing the connection here takes nothing back of what the status said. */
async function readText(response: Response, most: number): Promise<{ text: string | undefined; isWhole: boolean }> {
  const reader = response.body?.getReader()
  if (!reader) return { text: '', isWhole: true }
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let size = 0; size < most;) {
      const { done, value } = await reader.read()
      if (done) return { text: text + decoder.decode(), isWhole: true }
      text += decoder.decode(value.subarray(0, most - size), { stream: true })
      size += value.byteLength
    }
  } catch {
    return { text: undefined, isWhole: false }
  }
  // Not awaited: a server that never ends its answer need not end this either.
  reader.cancel().catch(() => {})
  return { text, isWhole: false }
}
