import { definitionCheck } from '../message/definition.ts'
import type { QueueDefinition } from '../message/definition.ts'
import { isQueueError } from '../message/error.ts'
import { aFunction, checkOptions, oneOf, required } from '../message/checks.ts'
import type { Checks } from '../message/checks.ts'
import { takeRequest } from '../message/request.ts'
import type { Redirects } from '../message/stored-request.ts'
import { HOLDFAST_MESSAGE } from '../protocol/http.ts'
import type { Background, Extendable, FetchLike } from './background.ts'

/** Which failed requests are put into which queue, and what the page hears of that. */
export interface CaptureOptions {
  /**
   * Whether a request is to be captured, should it fail. Only asked of requests that may change something: never for GET, HEAD and OPTIONS, nor for those of a queue. It must answer at
   * once.
   *
   * @example (request) => new URL(request.url).pathname.startsWith('/api/')
   */
  readonly match: (request: Request) => boolean
  /** The queue that takes it, as `defineQueue` gives it. It is served as by `serve()`. */
  readonly queue: QueueDefinition
  /**
   * What a redirect means for these requests, when they are sent later. `'accept'`: that they were taken, as most servers say it of a form, with 303 and a page to show. `'retry'`:
   * that they were not, as one that leads to a login page. There is no default: which of the two a server means, only you know.
   */
  readonly redirects: Redirects
  /**
   * The page that is shown, with a 303, when what failed was a form that the browser itself has sent: a URL, or a function that gives one for the id of the message. It should be one
   * that this service worker can show offline.
   *
   * @defaultValue none: the answer is the same as to others
   * @example (id) => `/saved.html?id=${encodeURIComponent(id)}`
   */
  readonly page?: string | ((id: string) => string)
  /**
   * The group of a request, in a queue with `order: 'group'`.
   *
   * @defaultValue none: requests are one group together
   */
  readonly group?: (request: Request) => string
}

const captureChecks: Checks<CaptureOptions> = {
  match: aFunction('says whether a request is captured'),
  queue: definitionCheck,
  redirects: oneOf('retry', 'accept'),
  page: { expected: 'a URL, or a function that gives one', passes: (value) => typeof value === 'string' || typeof value === 'function' },
  group: aFunction('gives the group of a request'),
}

/** Nothing is lost where these fail: they ask. */
const ASKING = ['GET', 'HEAD', 'OPTIONS']

/** What a gateway says when the server behind it has not seen a request. */
const UNSEEN = [502, 503, 504]

/** Lets matching requests through, and stores those that fail. */
export function capture(background: Background, options: CaptureOptions): void {
  checkOptions<CaptureOptions>(options, captureChecks)
  required(options, captureChecks, ['match', 'queue', 'redirects'])
  background.serve([options.queue])
  background.scope.addEventListener('fetch', (event) => {
    const { request } = event
    // A queue's own requests pass through here as well: captured, they would come back to it, time and again.
    if (ASKING.includes(request.method) || request.headers.has(HOLDFAST_MESSAGE) || !options.match(request)) return
    event.respondWith(letThrough(background, event, options))
  })
}

async function letThrough(background: Background, event: Extendable & FetchLike, options: CaptureOptions): Promise<Response> {
  const { request } = event
  // Before it is sent: that reads its body.
  const copy = request.clone()
  try {
    const response = await background.fetch(request)
    if (!UNSEEN.includes(response.status)) return response
  } catch (error) {
    // The page does not want it any more.
    if (request.signal.aborted) throw error
  }
  let id: string
  try {
    id = await store(background, copy, options)
  } catch (error) {
    return refusal(error)
  }
  event.waitUntil(background.follow(options.queue.name))
  return answer(request, id, options)
}

async function store(background: Background, copy: Request, { queue, redirects, group }: CaptureOptions): Promise<string> {
  const of = group?.(copy)
  return background.put(queue, await takeRequest(copy), { redirects, ...(of !== undefined && { group: of }) })
}

function answer({ mode }: Request, id: string, { page, queue }: CaptureOptions): Response {
  const location = mode === 'navigate' ? pageFor(id, page) : undefined
  if (location === undefined) return Response.json({ id, queue: queue.name }, { status: 202 })
  // Not Response.redirect(), which wants it resolved.
  return new Response(null, { status: 303, headers: { location } })
}

/** Whoever hears that it failed sends it once more: it is stored, whatever the app's function does. */
function pageFor(id: string, page: CaptureOptions['page']): string | undefined {
  try {
    return typeof page === 'function' ? page(id) : page
  } catch (error) {
    console.warn(error)
    return undefined
  }
}

/** It is not stored, and whoever sent it is to know. */
function refusal(error: unknown): Response {
  const code = isQueueError(error) ? error.code : 'internal'
  const body = JSON.stringify({ title: 'The request failed, and could not be stored', status: 503, code, detail: String(error) })
  return new Response(body, { status: 503, headers: { 'content-type': 'application/problem+json' } })
}
