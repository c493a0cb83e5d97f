import type { QueueEvent } from '../message/event.ts'
import type { DeadLetter, Depth, WaitingMessage } from '../message/message.ts'
import type { Receipt } from './receipt.ts'

/** What can be said of one message. */
export interface EnqueueOptions {
  /**
   * Its group, in a queue with `order: 'group'`: a string of at most 256 characters.
   *
   * @defaultValue what the queue's `group` function gives
   */
  readonly group?: string
}

/**
 * A queue as its users hold it. Every method works in every tab, whichever tab is draining, and rejects with a QueueError:
 * `closed` after `close()`, `host-failed` or `host-lost` without its worker, `storage-failed` when IndexedDB fails.
 *
 * @example
 * ```ts
 * await using orders = openQueue<Order>('orders', { endpoint: '/api/orders' })
 * const receipt = await orders.enqueue({ sku: 'A-1', quantity: 2 })
 * ```
 */
export interface Queue<T = unknown> extends AsyncDisposable {
  /** The name under which it was opened. */
  readonly name: string

  /**
   * Stores a message at the tail. Resolves when it is durable: the transaction that stored it has completed. Messages that are
   * enqueued in one tick are stored together, in order.
   *
   * @throws QueueError `invalid-body` or `body-too-large` before anything is stored; `storage-full` when there is no space.
   * @example
   * ```ts
   * const receipt = await orders.enqueue({ sku: 'A-1', quantity: 2 })
   * const { status, body } = await receipt.delivered
   * ```
   */
  enqueue(body: T, options?: EnqueueOptions): Promise<Receipt>

  /** How many messages are in each state, at the same cost however many there are. */
  depth(): Promise<Depth>

  /**
   * What waits, in order, read a bounded part at a time. It is a look at a moving queue: what is delivered meanwhile is left out. In a
   * queue with groups, those that are behind come first.
   *
   * @example
   * ```ts
   * for await (const { id, body, state } of orders.messages()) console.log(id, state, body)
   * ```
   */
  messages(): AsyncIterable<WaitingMessage<T>>

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
   * Puts dead letters back at the tail, in order, with their old ids and no attempts: those with the ids given, or all.
   *
   * @returns how many.
   */
  redrive(ids?: Iterable<string>): Promise<number>

  /**
   * Deletes dead letters for good: those with the ids given, or all.
   *
   * @returns how many.
   */
  purge(ids?: Iterable<string>): Promise<number>

  /** Sends nothing more until `resume()`, in any tab, after a reload too. What is under way is finished; messages can be enqueued. */
  pause(): Promise<void>

  /** Goes on after `pause()`, or after an `unauthorized` event, with fresh headers. */
  resume(): Promise<void>

  /** Tries now, whatever the backoff, and whatever wait the server asked for. Resolves when the tab that drains has been told. */
  retryNow(): Promise<void>

  /** The same as {@link Queue.retryNow}. */
  drain(): Promise<void>

  /**
   * Resolves when nothing is ready, delayed or leased: everything was accepted or is a dead letter. While the queue is paused with
   * messages in it, that does not happen.
   */
  idle(): Promise<void>

  /**
   * Calls back for everything that happens in the queue, in any tab, from now on.
   *
   * @returns what ends it.
   */
  subscribe(listener: (event: QueueEvent) => void): () => void

  /**
   * Lets the queue go: waits until what was enqueued is stored and gives an attempt under way two seconds to be answered, so that
   * another tab can go on. Messages stay. The page's worker ends with its last queue.
   */
  close(): Promise<void>
}
