/** See `rate` of a queue. */
export interface Rate {
  readonly messages: number
  /** In milliseconds. */
  readonly per: number
}

/** See `batch` of a queue. */
export interface BatchLimits {
  /** The most messages in one request: a whole number from 1 to 1,000. */
  readonly messages: number
  /**
   * The most that their bodies may be together, in bytes: a whole number from 1 to 16,777,216. One that is larger goes by itself, as without `batch`. About a
   * megabyte is read ahead: more than that does not go together, whatever is allowed here.
   *
   * @defaultValue 524_288
   */
  readonly bytes?: number
}

/** See `keepDeadLetters` of a queue. */
export interface KeepDeadLetters {
  /** In milliseconds. */
  readonly age?: number
  /** A whole number from 1. */
  readonly number?: number
}

/** See `keepReceipts` of a queue. */
export interface KeepReceipts {
  /** In milliseconds. */
  readonly age: number
  /** A whole number from 1. */
  readonly number: number
}

/** See `capacity` of a queue. */
export interface Capacity {
  /** A whole number from 1. */
  readonly messages?: number
  /** A whole number from 1. */
  readonly bytes?: number
}
