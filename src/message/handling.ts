/** A message as a handler gets it: for the time of its lease, it is that handler's alone. */
export interface LeasedMessage<T = unknown> {
  readonly id: string
  readonly body: T
  /** Its group, where it has one. */
  readonly group?: string
  /** 1 for the first; those whose consumer died, or lost its lease, are counted as well. */
  readonly attempt: number
  /** Aborted when the message is no longer this handler's: it was cancelled, its lease ran out, or the consumer was closed. What the handler returns after that is for nobody. */
  readonly signal: AbortSignal
  /**
   * Begins the lease anew, for its whole length from now on.
   *
   * @returns whether the message is this handler's still.
   */
  readonly extend: () => boolean
  /** Tells how far this is, from 0 to 1: heard in all tabs as the event `progressed`. */
  readonly progress: (done: number) => void
}

/**
 * Does what a message asks for. When it returns, the message is accepted, and what it returns, as JSON, is the body of the receipt's answer, unless JSON would lose something of it; with `ack`, other messages follow on it. When it throws,
 * the message is tried again later, which counts as an attempt; {@link Retry} and {@link Reject} steer that.
 */
export type Handler<T = unknown> = (message: LeasedMessage<T>) => unknown

/** How messages are consumed. */
export interface ConsumeOptions {
  /**
   * How many messages this consumer has in hand at once: a whole number from 1 to 100.
   *
   * @defaultValue 1
   */
  readonly concurrency?: number
  /**
   * For how long a message is a handler's alone, in milliseconds, from 100 to 2,147,483,647: one that takes longer without `extend()` loses it, and another gets it.
   *
   * @defaultValue 30_000
   */
  readonly lease?: number
}

/** How messages are consumed in workers. */
export interface PoolOptions {
  /**
   * How many workers: a whole number from 1 to 64.
   *
   * @defaultValue as many as the device has processors, but for one, at most 8
   */
  readonly size?: number
}

/** What takes a queue's messages in hand, until it is closed. */
export interface Consumer extends AsyncDisposable {
  /**
   * Takes no more messages, and waits for what it has in hand; what is not done in time is handed back, which counts for nothing, and its `signal` is aborted.
   *
   * @param options `timeout`: how long that may take, in milliseconds; the length of a lease, where it is left out.
   */
  close(options?: { readonly timeout?: number }): Promise<void>
}

/**
 * Thrown by a handler: not now, but after a time of its own choice, whatever the backoff. It counts as an attempt.
 *
 * @example throw new Retry({ delay: 60_000 })
 */
export class Retry extends Error {
  override readonly name = 'Retry'
  /** In milliseconds. */
  readonly delay: number

  /** @param options `delay`: in milliseconds, 0 or more; `message`: what is shown of it. */
  constructor({ delay, message = 'Tried again later' }: { readonly delay: number; readonly message?: string }) {
    super(message)
    this.delay = delay
  }
}

/**
 * Thrown by a handler: never again. The message is a dead letter, with this text, until somebody redrives it.
 *
 * @example throw new Reject('There is no such customer')
 */
export class Reject extends Error {
  override readonly name = 'Reject'
}
