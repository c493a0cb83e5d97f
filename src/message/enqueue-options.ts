import type { Backoff } from './message.ts'
import type { OnDuplicate } from './options.ts'
import type { Redirects } from './stored-request.ts'

/** What can be said of one message. */
export interface EnqueueOptions {
  /**
   * Its group, in a queue with `order: 'group'`: a string of at most 256 characters.
   *
   * @defaultValue what the queue's `group` function gives
   */
  readonly group?: string
  /**
   * How long the message is kept back before it joins the tail of the queue, in milliseconds: a whole number from 0. It keeps across a reload.
   *
   * @defaultValue 0
   */
  readonly delay?: number
  /**
   * For how long it may wait to be delivered, in milliseconds, its delay included: a whole number from 1.
   *
   * @defaultValue the queue's `ttl`
   */
  readonly ttl?: number
  /**
   * How many attempts that count it may take.
   *
   * @defaultValue the queue's `maxAttempts`
   */
  readonly maxAttempts?: number
  /**
   * How long to wait after its failures.
   *
   * @defaultValue the queue's `backoff`
   */
  readonly backoff?: Backoff
  /**
   * Its dedup key: a string of 1 to 256 characters. While a message is in the queue, a second one of the same key is the same.
   *
   * @defaultValue what the queue's `dedupKey` function gives
   */
  readonly dedupKey?: string
  /**
   * What is done with it, where another in the queue has its dedup key.
   *
   * @defaultValue the queue's `onDuplicate`
   */
  readonly onDuplicate?: OnDuplicate
  /**
   * What the server sees as its idempotency key: a string of 1 to 256 visible ASCII characters, for an app that has a key of its own for what it does.
   *
   * @defaultValue the message's id
   */
  readonly idempotencyKey?: string
  /**
   * What a redirect means for it.
   *
   * @defaultValue the queue's `redirects`
   */
  readonly redirects?: Redirects
}
