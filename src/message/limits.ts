/** See `rate` of a queue. */
export interface Rate {
  readonly messages: number
  /** In milliseconds. */
  readonly per: number
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
