import type { Backoff, DeadReason, Death, WaitingState } from './message.ts'
import type { Redirects, RequestLine } from './stored-request.ts'

/**
 * What `enqueue` takes, beside the body, to have the same effect in another queue, or another browser: its group, what is left of its delay and its time, its attempts and keys. The
 * `idempotencyKey` is the one that the server knows it by: should it arrive from both, it takes effect once.
 */
export interface MessageOptions {
  readonly idempotencyKey: string
  readonly group?: string
  readonly delay?: number
  readonly ttl?: number
  readonly maxAttempts?: number
  readonly backoff?: Backoff
  readonly dedupKey?: string
  readonly redirects?: Redirects
}

/** A message with its data, as users read it from `messages()`. */
export interface WaitingMessage<T = unknown> {
  readonly id: string
  /**
   * Its body. Whatever `T` says, `undefined` for bytes of more than 48 kB, and for data of as much that is encrypted, which are asked for by themselves (`queue.body(id)`); for what cannot be decrypted; and of one that was enqueued as a request, its bytes (a `Uint8Array`): look
   * at `request` first, where a queue has both.
   */
  readonly body: T
  /** The size of its body, in bytes: of data, as JSON in UTF-8. */
  readonly size: number
  /** The type of its body, where that is no data; absent for others. */
  readonly contentType?: string
  /** Where it goes, if it was enqueued as a request; absent for others. */
  readonly request?: RequestLine
  /**
   * - `delayed`: joins the tail when it is due;
   * - `ready`: waits for its turn, or for another attempt;
   * - `leased`: an attempt is under way, or next in line.
   */
  readonly state: WaitingState
  /** In milliseconds since the epoch. */
  readonly enqueuedAt: number
  /** When a delayed message joins the tail, in milliseconds since the epoch; absent for others. */
  readonly due?: number
  /** Its group; absent where it has none. */
  readonly group?: string
  /** The version of its body; 1 where the app has only had one. */
  readonly version: number
  /** What `enqueue` takes, beside the body, to have the same effect elsewhere. */
  readonly options: MessageOptions
}

/**
 * A message that was taken out of the queue undelivered, as users read it from `deadLetters()`. One that is `unreadable` has no body; it stands for
 * all that was damaged with it.
 */
export type DeadLetter<T = unknown> = Omit<Death, 'reason'> & {
  readonly id: string
  /** The size of its body, in bytes: of data, as JSON in UTF-8. */
  readonly size: number
  /** The type of its body, where that is no data; absent for others. */
  readonly contentType?: string
  /** In milliseconds since the epoch. */
  readonly enqueuedAt: number
  /** Its group; absent where it has none. */
  readonly group?: string
  /** Where it was to go, if it was enqueued as a request, and its body is that one's bytes; absent for others. */
  readonly request?: RequestLine
} & (
    | {
        readonly reason: Exclude<DeadReason, 'unreadable'>
        /** As in {@link WaitingMessage}. */
        readonly body: T
        /** The version of its body; 1 where the app has only had one. */
        readonly version: number
        /** What `enqueue` takes, beside the body, to have the same effect elsewhere; with its whole `ttl`, as after a redrive. */
        readonly options: MessageOptions
      }
    | { readonly reason: 'unreadable'; readonly body: undefined }
  )
