/** The first wait is at most a second, the longest five minutes. */
const FIRST = 1_000
const LONGEST = 300_000

/**
 * How long to wait after the `failures`th failure in a row, in milliseconds: exponential with full jitter, so that a thousand
 * devices that lost the same server do not come back at the same moment.
 * See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST, FIRST * 2 ** (failures - 1)))
}
