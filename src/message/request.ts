import { QueueError } from './error.ts'
import { wrongOption } from './checks.ts'
import { requestFrom } from './request-parts.ts'
import type { MadeRequest } from './request-parts.ts'
import type { StoredRequest } from './stored-request.ts'

/** A request as it is stored. */
export interface TakenRequest {
  readonly request: StoredRequest
  readonly body: Blob
}

/**
 * Headers that are not kept: who the user is, is asked for when the message is sent, and some a page may not set (https://fetch.spec.whatwg.org/#forbidden-request-header);
 * these a service worker sees.
 */
const NOT_KEPT =
  /^(?:authorization|cookie2?|proxy-.*|sec-.*|accept-charset|accept-encoding|access-control-request-.*|connection|content-length|date|dnt|expect|host|keep-alive|origin|referer|set-cookie|te|trailer|transfer-encoding|upgrade|upgrade-insecure-requests|user-agent|via)$/

/**
 * Reads a request to its end, as `fetch` would; one that comes in parts is made first. Its body is bytes from here on, so that each attempt sends the same: a form with files keeps its boundary.
 *
 * @throws QueueError `invalid-option` where it is none that could be sent later, or was read before; `invalid-body` where it cannot be read.
 */
export async function takeRequest(given: unknown): Promise<TakenRequest> {
  const { request, blob } = requestOf(given)
  const headers = [...request.headers].filter(([name]) => !NOT_KEPT.test(name))
  const { method, credentials } = request
  const url = urlOf(request)
  const mode = modeOf(request, url)
  return { request: { method, url: url.href, headers, credentials, mode, ...restOf(request) }, body: blob ?? (await read(request)) }
}

/** What most requests say nothing of. */
function restOf({ integrity, referrer, referrerPolicy }: Request): Pick<StoredRequest, 'integrity' | 'referrer' | 'referrerPolicy'> {
  return {
    ...(integrity && { integrity }),
    // The page's own, by default, or that of whoever sends it.
    ...(referrer !== 'about:client' && { referrer }),
    ...(referrerPolicy && { referrerPolicy }),
  }
}

/** Known by what it has: it may come from another realm. */
function requestOf(given: unknown): MadeRequest {
  const { url, arrayBuffer } = Object(given) as Partial<Request>
  if (url === undefined) throw wrongOption('request', 'a Request, or { url, body, … }', given)
  if (typeof arrayBuffer !== 'function') return requestFrom(given as object)
  const request = given as Request
  if (request.bodyUsed) throw wrongOption('request', 'one whose body was not read yet', given)
  return { request }
}

function urlOf({ url }: Request): URL {
  const parsed = new URL(url)
  if (/^https?:$/.test(parsed.protocol)) return parsed
  throw wrongOption('request', 'one to an http or https URL', url)
}

/** A navigation, as of a form, can be repeated as a request of its own origin only. What nobody may read the answer of, would never be known to be accepted. */
function modeOf({ mode }: Request, { origin }: URL): StoredRequest['mode'] {
  if (mode === 'same-origin' || mode === 'navigate') return 'same-origin'
  if (mode === 'cors') return 'cors'
  if (origin === globalThis.location?.origin) return 'same-origin'
  throw wrongOption('request', "one whose answer can be read: not `mode: 'no-cors'` across origins", mode)
}

async function read(request: Request): Promise<Blob> {
  try {
    return await request.blob()
  } catch (error) {
    // WebKitGTK 2.50 makes a request of a FormData with a file, and cannot read it.
    const hint = 'of a FormData, give `{ url, body }` in place of a Request'
    throw new QueueError('invalid-body', `Expected a request whose body can be read; ${hint}: ${String(error)}`, { cause: error })
  }
}
