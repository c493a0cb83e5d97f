import type { QueueEvent } from '../message/event.ts'
import type { Verdict } from '../message/verdict.ts'
import type { Redirects } from '../message/stored-request.ts'
import { LONGEST_WAIT } from '../protocol/retry-after.ts'
import { outcomeOf } from './answer-table.ts'
import type { Outcome } from './answer-table.ts'
import { answerOf } from './answer.ts'
import type { Functions } from './functions.ts'
import type { Attempt } from './transport.ts'
import { unlessAborted } from './unless-aborted.ts'

export interface JudgeOptions {
  readonly classify: Functions['classify']
  readonly redirects: Redirects
  readonly now: number
  readonly announce: (event: QueueEvent) => void
  /** Ends the wait for a function that does not answer. */
  readonly signal: AbortSignal
}

/**
 * What an attempt means: what the user's own function says, otherwise what the table says. A function that fails says nothing of the message, and would
 * fail for others.
 *
 * @returns nothing where it was not waited for.
 */
export async function judge(attempt: Attempt, { classify, redirects, now, announce, signal }: JudgeOptions): Promise<Outcome | undefined> {
  if (!attempt.answered || !classify) return outcomeOf(attempt, redirects, now)
  try {
    const verdict = await unlessAborted(classify(answerOf(attempt)), signal)
    return verdict === undefined ? outcomeOf(attempt, redirects, now) : meaningOf(verdict)
  } catch (error) {
    if (signal.aborted) return undefined
    announce({ type: 'classify-failed', message: error instanceof Error ? error.message : String(error) })
    return { kind: 'retry', reason: 'classified', counts: false, holds: true }
  }
}

function meaningOf(verdict: Verdict): Outcome {
  if (verdict === 'retry') return { kind: 'retry', reason: 'classified', counts: true, holds: false }
  if (typeof verdict === 'string') return { kind: verdict }
  const { after, counts = true } = verdict
  const wait = after === undefined ? {} : { wait: Math.min(after, LONGEST_WAIT) }
  return { kind: 'retry', reason: 'classified', counts, holds: false, ...wait }
}
