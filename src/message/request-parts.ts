import { QueueError } from './error.ts'
import { multipart } from './multipart.ts'
import { checkOptions } from './checks.ts'
import type { Check, Checks } from './checks.ts'
import { tagOf } from './tag.ts'

/**
 * A request that is yet to be made, as `fetch` takes it. A `FormData` in it is made a body of by the library: WebKitGTK cannot read the body of a `Request` that was made of one with a file.
 *
 * @example
 * ```ts
 * await uploads.enqueueRequest({ url: '/photos', body: new FormData(form) })
 * ```
 */
export interface RequestParts {
  /** Where it goes: an http or https URL; a relative one means what it means to `fetch`. */
  readonly url: string | URL
  /**
   * Its method.
   *
   * @defaultValue 'POST'
   */
  readonly method?: string
  /**
   * Its headers. The type of the body is said by itself, as by `fetch`: with a `FormData`, leave it out.
   *
   * @defaultValue none
   */
  readonly headers?: HeadersInit
  /**
   * Its body; a `FormData` is sent as `multipart/form-data`, with its files.
   *
   * @defaultValue none
   */
  readonly body?: string | URLSearchParams | FormData | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | null
  /**
   * Whether cookies go along.
   *
   * @defaultValue 'same-origin'
   */
  readonly credentials?: RequestCredentials
  /**
   * Whether it may go to its own origin only.
   *
   * @defaultValue 'cors'
   */
  readonly mode?: 'cors' | 'same-origin'
}

/** What `fetch` sends as it is, from any realm. Of whatever else it is given it makes text, "[object Object]", and Firefox so of a stream. */
const BODIES = /^(?:Null|String|URLSearchParams|FormData|Blob|File|ArrayBuffer|DataView|\w+Array)$/

/** Whether it is one, the browser says. */
const asFetch: Check = { expected: 'as `fetch` takes it', passes: () => true }

const partChecks: Checks<RequestParts> = {
  url: asFetch,
  method: asFetch,
  headers: asFetch,
  body: { expected: 'text, bytes, a Blob, URLSearchParams or a FormData', passes: (value) => BODIES.test(tagOf(value)) },
  credentials: asFetch,
  mode: asFetch,
}

/** A request that was made, and its body, where that need not be read from it. */
export interface MadeRequest {
  readonly request: Request
  readonly blob?: Blob
}

/**
 * Makes a request of its parts.
 *
 * @throws QueueError `invalid-option`.
 */
export function requestFrom(parts: object): MadeRequest {
  checkOptions<RequestParts>(parts, partChecks, 'request')
  const { url, body: given = null, ...init } = parts
  const body = isForm(given) ? multipart(given) : given
  try {
    return { request: new Request(url, { method: 'POST', ...init, body }), ...(isBlob(body) && { blob: body }) }
  } catch (error) {
    throw new QueueError('invalid-option', `Expected \`request\` to be what \`fetch\` takes: ${String(error)}`, { cause: error })
  }
}

function isBlob(body: unknown): body is Blob {
  return /^(?:Blob|File)$/.test(tagOf(body))
}

function isForm(body: unknown): body is FormData {
  return tagOf(body) === 'FormData'
}
