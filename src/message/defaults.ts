import type { BatchLimits } from './limits.ts'
import type { Order, QueueOptions } from './options.ts'

/** The most that `concurrency` may be. */
export const MOST_UNDER_WAY = 100

/** The most messages that one request may carry. */
export const MOST_IN_BATCH = 1_000

/** What `order` and concurrency are where they are left out. */
export function orderOf({ order, group, concurrency, consumers }: Pick<QueueOptions, 'order' | 'group' | 'concurrency' | 'consumers'>): {
  order: Order
  concurrency: number
} {
  const chosen = order ?? (group ? 'group' : 'queue')
  return { order: chosen, concurrency: concurrency ?? (chosen === 'queue' ? 1 : consumers ? MOST_UNDER_WAY : 6) }
}

/** The other options that may be left out, and what they are then. */
export const DEFAULTS: Required<
  Pick<
    QueueOptions,
    | 'method'
    | 'credentials'
    | 'timeout'
    | 'maxAttempts'
    | 'durability'
    | 'backoff'
    | 'onDead'
    | 'onDuplicate'
    | 'dedupWindow'
    | 'version'
    | 'redirects'
    | 'consumers'
    | 'largestBody'
  >
> = {
  method: 'POST',
  credentials: 'same-origin',
  timeout: 30_000,
  maxAttempts: 50,
  durability: 'strict',
  backoff: { first: 1_000, longest: 300_000 },
  onDead: 'continue',
  onDuplicate: 'ignore',
  dedupWindow: 0,
  version: 1,
  redirects: 'retry',
  consumers: false,
  largestBody: Infinity,
}

/** Half of what a receiver takes where nobody says: what is around the bodies needs room as well. */
export function batchOf(batch: BatchLimits): Required<BatchLimits> {
  const { messages, bytes = 524_288 } = batch
  return { messages, bytes }
}
