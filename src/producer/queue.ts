import type { QueueEvent } from '../message/event.ts'
import type { ConsumeOptions, Consumer, Handler, PoolOptions } from '../message/handling.ts'
import type { Cancellation, Depth, GroupDepth, KeptReceipt } from '../message/message.ts'
import type { DeadLetter, WaitingMessage } from '../message/reading.ts'
import type { MessageFilter } from '../protocol/host.ts'
import type { BatchReceipt } from './batch-receipt.ts'
import type { Enqueues } from './enqueues.ts'
import type { Receipt } from './receipt.ts'

/** One group of a queue with `order: 'group'`. */
export interface OfGroup {
  /** Its name, as messages of it were enqueued with. */
  readonly group: string
}

/**
 * A queue as its users hold it. Every method works in every tab, whichever tab is draining, and rejects with a QueueError:
 * `closed` after `close()`, `destroyed` after `destroy()` in any tab, `host-failed` or `host-lost` without its worker, `storage-failed` when IndexedDB fails.
 *
 * @example
 * ```ts
 * await using orders = openQueue<Order>('orders', { endpoint: '/api/orders' })
 * const receipt = await orders.enqueue({ sku: 'A-1', quantity: 2 })
 * ```
 */
export interface Queue<T = unknown, A = unknown> extends Enqueues<T, A>, AsyncDisposable {
  /** The name under which it was opened. */
  readonly name: string

  /**
   * The receipt of a message that was enqueued at any time, in any tab: its answer where the message is still in the queue, or was dead-lettered, or `keepReceipts` has kept
   * what came of it; `answer-unknown` otherwise.
   *
   * @example
   * ```ts
   * const { status } = await orders.receipt(localStorage.lastOrder).delivered
   * ```
   */
  receipt(id: string): Receipt<A>

  /**
   * One receipt for several messages, by their ids, as {@link Queue.receipt} gives for each: to go on showing how far a batch is after a reload.
   *
   * @example
   * ```ts
   * const { settled } = pages.batchReceipt(JSON.parse(localStorage.batch))
   * ```
   */
  batchReceipt(ids: Iterable<string>): BatchReceipt<A>

  /**
   * What was delivered or cancelled and is kept (`keepReceipts`), the oldest first: what has happened since the page was last open.
   *
   * @param filter only what left the queue after this time, in milliseconds since the epoch.
   */
  receipts(filter?: { readonly since?: number }): AsyncIterable<KeptReceipt<A>>

  /**
   * Takes a message out of the queue that is not under way. With `abort: true` also one that is: its attempt is cut short, and there is no other; whether the server
   * has taken it, nobody knows then. The answer says which it was.
   *
   * @example
   * ```ts
   * if ((await orders.cancel(receipt.id)) === 'leased') tellThatItIsTooLate()
   * ```
   */
  cancel(id: string, options?: { readonly abort?: boolean }): Promise<Cancellation>

  /** How many messages are in each state, at the same cost however many there are. */
  depth(): Promise<Depth>
  /** How many messages of a group are in each state. This is counted: it takes the longer, the more messages wait. */
  depth(of: OfGroup): Promise<GroupDepth>

  /**
   * What waits, in order, read a bounded part at a time. It is a look at a moving queue: what is delivered meanwhile is left out. In a
   * queue with groups, those that are behind come first; delayed ones come last, by their time.
   *
   * @param filter only messages of this state, or of this group.
   * @example
   * ```ts
   * for await (const { id, body, state } of orders.messages()) console.log(id, state, body)
   * for await (const { body, options } of orders.messages()) await elsewhere.enqueue(body, options) // the same in effect
   * ```
   */
  messages(filter?: MessageFilter): AsyncIterable<WaitingMessage<T>>

  /**
   * The body of a message that waits or is a dead letter, however large: the like of what was enqueued, or, of a request and of a stream, a `Blob`. `undefined` where there is no such message, or its
   * body is lost, or cannot be decrypted. A listing has the bodies of all but large files.
   *
   * @example
   * ```ts
   * const photo = await uploads.body(letter.id)
   * ```
   */
  body(id: string): Promise<T | Blob | undefined>

  /**
   * What was taken out undelivered, in the order in which it was enqueued, with the reason, read a bounded part at a time.
   *
   * @example
   * ```ts
   * for await (const letter of orders.deadLetters()) console.log(letter.id, letter.status, letter.excerpt)
   * ```
   */
  deadLetters(): AsyncIterable<DeadLetter<T>>

  /**
   * Puts dead letters back at the tail, in order, with their old ids and no attempts: those with the ids given, or all. One that halts its group is
   * tried again in its old place.
   *
   * @returns how many.
   */
  redrive(ids?: Iterable<string>): Promise<number>

  /**
   * Deletes dead letters for good: those with the ids given, or all. A group that one of them has halted goes on.
   *
   * @returns how many.
   */
  purge(ids?: Iterable<string>): Promise<number>

  /** Sends nothing more until `resume()`, in any tab, after a reload too. What is under way is finished; messages can be enqueued. With a group, only that is held. */
  pause(of?: OfGroup): Promise<void>

  /**
   * Goes on after `pause()`, after an `unauthorized` event, with fresh headers, and after a dead letter has halted a queue with `order: 'queue'`. With a group, that group goes on
   * after `pause({ group })`, or without the dead letter that has halted it.
   */
  resume(of?: OfGroup): Promise<void>

  /**
   * Tries now, whatever the backoff, and whatever wait the server asked for. With a group, only that is tried, and not before the endpoint is, where it is left alone
   * for all. Resolves when the tab that drains has been told.
   */
  retryNow(of?: OfGroup): Promise<void>

  /** The same as {@link Queue.retryNow}. */
  drain(of?: OfGroup): Promise<void>

  /**
   * Resolves when nothing is ready, delayed or leased: everything was accepted or is a dead letter. While the queue is paused with
   * messages in it, or halted before others, that does not happen. With a group, only its messages are waited for.
   */
  idle(of?: OfGroup): Promise<void>

  /**
   * Handles messages in this page, or worker, of a queue that was opened with `consumers: true`. Each message is leased to one consumer at a time, in whatever tab; messages of a group are handled in
   * order. Whoever drains hands them out: the queue must be open in some tab, which need not be this one.
   *
   * @throws QueueError `invalid-option`; `unsupported` where there are no Web Locks.
   * @example
   * ```ts
   * const consumer = thumbnails.consume(async ({ body, signal }) => makeThumbnail(body, signal), { concurrency: 2 })
   * await consumer.close()
   * ```
   */
  consume(handler: Handler<T>, options?: ConsumeOptions): Consumer

  /**
   * Handles messages in so many workers of your own, each of which calls `consume` from `holdfast/consumer` for this queue. One that dies is replaced, and so is one that lets a lease run out.
   *
   * @throws QueueError `invalid-option`; `unsupported` where there are no Web Locks.
   * @example
   * ```ts
   * const pool = thumbnails.consumeInWorkers(() => new Worker(new URL('./thumbnails.worker.ts', import.meta.url), { type: 'module' }), { size: 4 })
   * ```
   */
  consumeInWorkers(start: () => Worker, options?: PoolOptions): Consumer

  /**
   * Calls back for everything that happens in the queue, in any tab, from now on.
   *
   * @returns what ends it.
   */
  subscribe(listener: (event: QueueEvent<A>) => void): () => void

  /**
   * Lets the queue go: waits until what was enqueued is stored and gives an attempt under way two seconds to be answered, so that
   * another tab can go on. Messages stay. The page's worker ends with its last queue.
   */
  close(): Promise<void>

  /**
   * Deletes all that is in the queue, for good: what waits, the dead letters, receipts; of its `identity` alone, where it has one. It ends in every tab, which hears `destroyed`: what
   * is asked of it after that rejects with `destroyed`, and so do the receipts that wait. Nothing is sent any more, though what is under way may still arrive. It can be opened afresh.
   *
   * @example
   * ```ts
   * await orders.destroy() // the user signs out, and nothing is to stay on the device
   * ```
   */
  destroy(): Promise<void>
}
