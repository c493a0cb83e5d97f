import type { QueueDefinition } from '../message/definition.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import { takeRequest } from '../message/request.ts'
import type { RequestParts } from '../message/request-parts.ts'
import { Background } from './background.ts'
import type { BackgroundScope } from './background.ts'
import { capture } from './capture.ts'
import type { CaptureOptions } from './capture.ts'
import { realmPlatform } from './platform.ts'
import { takeOver } from './workbox.ts'
import type { TakenOver, TakeOverOptions } from './workbox.ts'

let background: Background | undefined

function here(): Background {
  background ??= new Background(globalThis as unknown as BackgroundScope, realmPlatform())
  return background
}

/**
 * Drains these queues in this service worker when no page can: when Background Sync calls, when a page that is left calls (`backgroundSync: true`), and whenever the service worker is started.
 * A page that is open goes on draining by itself; one context of the origin does at a time. To be called at the top of the service worker's script, before anything is awaited.
 *
 * @example
 * ```ts
 * // service-worker.ts
 * import { serve } from 'holdfast/service-worker'
 * import { orders } from './queues.ts'
 *
 * serve(orders)
 * ```
 */
export function serve(...definitions: readonly QueueDefinition[]): void {
  here().serve(definitions)
}

/**
 * Lets matching requests of this origin's pages through, and stores those that fail: where there is no connection, or the answer is 502, 503 or 504. The page is answered with
 * 202 and `{ id, queue }` as JSON, or, where a form was sent without a script, with a redirect to a page of yours. Where it cannot be stored, the answer is a 503. To be called at the top of
 * the service worker's script, before `fetch` listeners of your own.
 *
 * @throws QueueError `invalid-option`.
 * @example
 * ```ts
 * captureFailedRequests({
 *   queue: uploads,
 *   match: (request) => new URL(request.url).pathname === '/photos',
 *   redirects: 'accept', // the server answers a form with 303
 *   page: '/saved.html',
 * })
 * ```
 */
export function captureFailedRequests(options: CaptureOptions): void {
  capture(here(), options)
}

/**
 * Takes over the requests that a queue of workbox-background-sync has stored and not sent, in their order. To be called when the service worker is activated: before that, the one with
 * Workbox in it may be sending them. It may be called as often as you like.
 *
 * @throws QueueError `invalid-option`, and as `enqueueRequest` of a queue does: what is left then stays where it is.
 * @example
 * ```ts
 * addEventListener('activate', (event) => event.waitUntil(takeOverWorkbox({ queueName: 'orders', queue: orders })))
 * ```
 */
export async function takeOverWorkbox(options: TakeOverOptions): Promise<TakenOver> {
  return takeOver(here(), options)
}

/**
 * Stores a request in a queue, from within the service worker; resolves with the id of its message, when that is on disk. It is drained from there on, as after `serve()`.
 *
 * @throws QueueError as `enqueueRequest` of a queue does.
 * @example
 * ```ts
 * addEventListener('notificationclick', (event) => event.waitUntil(enqueueRequest(orders, { url: '/seen' })))
 * ```
 */
export async function enqueueRequest(
  queue: QueueDefinition,
  request: Request | RequestParts,
  options: EnqueueOptions = {},
): Promise<string> {
  const id = await here().put(queue, await takeRequest(request), options)
  void here().follow(queue.name)
  return id
}
