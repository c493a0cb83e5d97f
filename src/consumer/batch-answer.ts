import { parseResults } from '../protocol/batch.ts'
import type { BatchResult } from '../protocol/batch.ts'
import { LONGEST_WAIT } from '../protocol/retry-after.ts'
import { outcomeOf } from './answer-table.ts'
import type { Outcome } from './answer-table.ts'
import type { Answered, Attempt, BatchAttempt } from './transport.ts'

/** What a result means where it has no status. */
const STATUS = { accepted: 200, retry: 500, rejected: 422 } as const

/**
 * What an answer says of each message of a batch, if it does: one with 200 to 299. With no body it has taken all of them, as endpoints of CloudEvents do that have nothing else to say; one that is neither that nor
 * results (a captive portal's page, a proxy's) says nothing of any.
 */
export function readResults(attempt: Attempt, ids: readonly string[]): BatchAttempt {
  if (!attempt.answered || attempt.status < 200 || attempt.status > 299) return { attempt }
  const { text, isWhole } = attempt
  if (text === '' && isWhole) return { attempt, results: new Map(ids.map((id) => [id, attempt])) }
  const found = (isWhole && text !== undefined && parseResults(text)) || new Map<string, BatchResult>()
  const known = ids.flatMap((id) => found.get(id) ?? [])
  return { attempt, results: new Map(known.map((result) => [result.id, attemptOf(result, attempt)])) }
}

/** A result as the answer that it would have been to this message alone. */
function attemptOf({ outcome, status, after, body }: BatchResult, { headers }: Answered): Attempt {
  const isStatus = Number.isInteger(status) && status! >= 100 && status! <= 599
  const answered: Answered = {
    answered: true,
    status: isStatus ? status! : STATUS[outcome],
    isRedirect: false,
    // What is said of the request as a whole (`date`), but for what its body was.
    headers: { ...headers, 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
    text: textOf(body),
    isWhole: true,
  }
  return { ...answered, outcome: outcome === 'retry' ? retryOf(answered, after) : { kind: outcome } }
}

/** Lost where it is nested so deeply that it was parsed, and cannot be written. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  try {
    return body === undefined ? '' : JSON.stringify(body)
  } catch {
    return undefined
  }
}

/** Whether it counts the table says, as of an answer to this message alone; it is said of no other. */
function retryOf(answered: Answered, after: unknown): Outcome {
  const wait = typeof after === 'number' && after >= 0 ? { wait: Math.min(after, LONGEST_WAIT) } : {}
  const found = outcomeOf(
    { ...answered, headers: 'wait' in wait ? { 'retry-after': String(Math.ceil(wait.wait / 1_000)) } : {} },
    'retry',
    0,
  )
  if (found.kind === 'unauthorized') return found
  const { reason, counts } = found.kind === 'retry' ? found : { reason: 'failed' as const, counts: true }
  return { kind: 'retry', reason, counts, holds: false, ...wait }
}
