import type { Held, PastAttempt } from '../message/message.ts'
import type { Attempt } from './transport.ts'

/** How many attempts are remembered. */
export const MOST_REMEMBERED = 10

/** What is remembered of a message's attempts after one more. */
export function trailAfter(held: Held | undefined, past: PastAttempt): readonly PastAttempt[] {
  return [...(held?.trail ?? []), past].slice(-MOST_REMEMBERED)
}

/** The last attempts in a row that were not answered, as far as they are remembered. */
export function unansweredOf(trail: readonly PastAttempt[]): readonly PastAttempt[] {
  return trail.slice(trail.findLastIndex(({ status }) => status !== undefined) + 1)
}

/** An attempt, as it is remembered. */
export function past(
  { attempt, at, took }: { readonly attempt: Attempt; readonly at: number; readonly took: number },
  result: PastAttempt['result'],
): PastAttempt {
  return { at, took, result, ...(attempt.answered && { status: attempt.status }) }
}

/** How many of a message's attempts were not answered, after one more. */
export function unansweredAfter(held: Held | undefined, attempt: Attempt): Pick<Held, 'unanswered'> {
  const unanswered = (held?.unanswered ?? 0) + (attempt.answered ? 0 : 1)
  return unanswered > 0 ? { unanswered } : {}
}

/** The number of a message's next attempt. */
export function nextAttempt(held: Held | undefined): number {
  return (held?.attempts ?? 0) + (held?.uncounted ?? 0) + 1
}
