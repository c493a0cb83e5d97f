import type { EnqueueOptions } from '../message/enqueue-options.ts'
import type { RequestParts } from '../message/request-parts.ts'
import type { Scheduled, ScheduleOptions } from '../message/schedule.ts'
import type { BatchReceipt } from './batch-receipt.ts'
import type { EnqueueAllOptions } from './enqueue-all.ts'
import type { Receipt } from './receipt.ts'

/** How messages come into a queue. */
export interface Enqueues<T, A = unknown> {
  /**
   * Stores a message at the tail. Resolves when it is durable: the transaction that stored it has completed. Messages that are
   * enqueued in one tick are stored together, in order. Its body is what JSON can hold, or a `Blob`, `File`, `FormData`, `URLSearchParams`, bytes or a `ReadableStream`, which are stored and sent byte for
   * byte; a large one is stored before its message, and what is enqueued meanwhile may come before it.
   *
   * @throws QueueError `invalid-body`, `body-too-large` or `invalid-option` before anything is stored; `queue-full` when the queue's `capacity` is
   * used up, `storage-full` when there is no space on the disk.
   * @example
   * ```ts
   * const receipt = await orders.enqueue({ sku: 'A-1', quantity: 2 })
   * const { status, body } = await receipt.delivered
   * ```
   */
  enqueue(body: T, options?: EnqueueOptions): Promise<Receipt<A>>

  /**
   * Stores a message for each body, in their order, and gives one receipt for all. Nothing is stored before all were found to be right. They share transactions, a thousand or so each: where some are refused then
   * (`queue-full`, `storage-full`), it rejects, and the others stay; `cause.stored` has their ids.
   *
   * @param options the same for all; or a function that gives those of each, as it must for keys.
   * @throws QueueError as `enqueue` does, and says which message it is.
   * @example
   * ```ts
   * const batch = await pages.enqueueAll(urls)
   * batch.subscribe(({ progress }) => (bar.value = progress))
   * const { accepted, dead } = await batch.settled
   * ```
   */
  enqueueAll(bodies: Iterable<T>, options?: EnqueueAllOptions<T>): Promise<BatchReceipt<A>>

  /**
   * Stores a whole request, or what `fetch` would make one of: it is sent to its own URL, with its method, headers and body, byte for byte, as a form with files is. Its body is read, as by `fetch`. Credentials
   * (`authorization`, `cookie`, `proxy-…`) are not stored; the queue's `headers` are asked for when it is sent, and go along to the origin of the queue's `endpoint` only. `group`,
   * `dedupKey`, `schema` and `upcast` of the queue are for bodies, and see nothing of it. Requests that are enqueued one after the other are stored in that order; what else is enqueued while
   * one is being read may come before it.
   *
   * Give a `FormData` as it is, and not in a `Request`: WebKitGTK, for one, cannot read that back where there is a file in it, and it rejects with `invalid-body`.
   *
   * @throws QueueError `invalid-option` where it cannot be sent later, `invalid-body` where the browser cannot read it, `body-too-large`, and as `enqueue` does.
   * @example
   * ```ts
   * const receipt = await uploads.enqueueRequest({ url: '/photos', body: new FormData(form) })
   * await likes.enqueueRequest(new Request('/likes/7', { method: 'PUT' }))
   * ```
   */
  enqueueRequest(request: Request | RequestParts, options?: EnqueueOptions): Promise<Receipt<A>>

  /**
   * Enqueues a message again and again. Its next occurrence waits in the queue as a delayed message, once for the origin, whatever the number of tabs that call this; as it leaves the queue, a tab that has called this stores
   * the one after it. So there is never more than one of it in the queue: what is missed, offline or asleep, is made good by one. Called again, it is another from now on: with another body, or another time.
   * It holds for as long as the app goes on calling it, each time it starts; a queue that has one is never `idle()`.
   *
   * @param name tells it from the queue's other schedules: 1 to 256 characters.
   * @returns the occurrence that waits, once it is on the disk.
   * @throws QueueError `invalid-option`, and as `enqueue` does.
   * @example
   * ```ts
   * await reports.schedule('nightly', { cron: '0 3 * * *', timezone: 'Europe/Paris', body: { kind: 'daily' } })
   * await syncs.schedule('often', { every: 300_000, body: {} })
   * ```
   */
  schedule(name: string, options: ScheduleOptions<T>): Promise<Scheduled>

  /**
   * Ends a schedule, in every tab: the occurrence that waits for its time is taken out; one that has joined the queue is delivered.
   *
   * @returns whether there was one.
   */
  unschedule(name: string): Promise<boolean>
}
