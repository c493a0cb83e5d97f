import type { Held, PastAttempt } from '../message/message.ts'

/** How many attempts are remembered. */
const MOST = 10

/** What is remembered of a message's attempts after one more. */
export function trailAfter(held: Held | undefined, past: PastAttempt): readonly PastAttempt[] {
  return [...(held?.trail ?? []), past].slice(-MOST)
}

/** The last attempts in a row that were not answered, as far as they are remembered. */
export function unansweredOf(trail: readonly PastAttempt[]): readonly PastAttempt[] {
  return trail.slice(trail.findLastIndex(({ status }) => status !== undefined) + 1)
}
