import type { Backoff } from '../message/message.ts'

/** What an endpoint is granted that fails for everyone, and a function of the user's. */
const USUAL: Backoff = { first: 1_000, longest: 300_000 }

/**
 * How long to wait after the `failures`th failure in a row, in milliseconds: exponential with full jitter, so that a thousand
 * devices that lost the same server do not come back at the same moment.
 * See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, random: () => number, { first, longest }: Backoff = USUAL): number {
  return Math.round(random() * Math.min(longest, first * 2 ** (failures - 1)))
}
