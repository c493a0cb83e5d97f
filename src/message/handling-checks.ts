import type { ConsumeOptions, PoolOptions } from './handling.ts'
import { aFunction, checkOptions, wholeUpTo, wrongOption } from './checks.ts'
import { LONGEST_TIMEOUT, MOST_UNDER_WAY } from './option-checks.ts'
import type { Checks } from './checks.ts'

/** What a lease is where nobody says, in milliseconds. */
export const LEASE = 30_000

/** A shorter one would be over before its consumer has looked at the message. */
const SHORTEST_LEASE = 100

const consumeChecks: Checks<ConsumeOptions> = {
  concurrency: wholeUpTo(MOST_UNDER_WAY),
  lease: {
    expected: `a whole number of milliseconds from ${SHORTEST_LEASE} to ${LONGEST_TIMEOUT}`,
    passes: (value) => Number.isSafeInteger(value) && (value as number) >= SHORTEST_LEASE && (value as number) <= LONGEST_TIMEOUT,
  },
}

const poolChecks: Checks<PoolOptions> = { size: wholeUpTo(64) }

/** Refuses a handler that is none, and options that nothing can be consumed with. */
export function checkConsume(handler: unknown, options: unknown): void {
  const check = aFunction('handles a message')
  if (!check.passes(handler)) throw wrongOption('handler', check.expected, handler)
  checkOptions<ConsumeOptions>(options, consumeChecks)
}

/** Refuses what starts no worker, and a wrong size. */
export function checkPool(start: unknown, options: unknown): void {
  const check = aFunction('starts a worker')
  if (!check.passes(start)) throw wrongOption('start', check.expected, start)
  checkOptions<PoolOptions>(options, poolChecks)
}
