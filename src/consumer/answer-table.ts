import type { Redirects } from '../message/stored-request.ts'
import type { RetryReason } from '../message/retry-reason.ts'
import { IN_PROGRESS, kindOf } from '../protocol/http.ts'
import { retryAfter } from '../protocol/retry-after.ts'
import type { Answered, Attempt } from './transport.ts'

/** What an attempt means for its message. */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'unauthorized' }
  | {
      readonly kind: 'retry'
      readonly reason: RetryReason
      /** Whether it counts towards `maxAttempts`: only what says something of the message does. */
      readonly counts: boolean
      /** Whether it says that the endpoint fails for everyone. */
      readonly holds: boolean
      /** How long the server asks to wait, in milliseconds. */
      readonly wait?: number
      /** How long it is to wait, whatever the backoff. */
      readonly delay?: number
    }

/**
 * What the server's answer means: the one table. A `classify` of the user's goes before it.
 *
 * | answer | outcome |
 * | --- | --- |
 * | none (no connection, timeout) | retry; does not count |
 * | 2xx | accepted |
 * | a redirect | retry; counts: usually a login page or a captive portal. With `redirects: 'accept'`: accepted |
 * | 401 | unauthorized |
 * | 408, 425 | retry; counts |
 * | 409 | retry; counts, unless it is a receiver's "still being processed" or says when to come back |
 * | 429 | retry, when it says; does not count |
 * | 502, 503, 504 | retry, when it says; does not count: the server behind the gateway never saw the message |
 * | 501, 505 | rejected |
 * | any other 5xx | retry; counts |
 * | anything else | rejected |
 */
export function outcomeOf(attempt: Attempt, redirects: Redirects, now: number): Outcome {
  if (attempt.outcome) return attempt.outcome
  if (!attempt.answered) return { kind: 'retry', reason: attempt.reason, counts: false, holds: true }
  const { status, isRedirect, headers } = attempt
  if (isRedirect && redirects === 'accept') return { kind: 'accepted' }
  if (isRedirect) return { kind: 'retry', reason: 'redirected', counts: true, holds: false }
  const kind = kindOf(status)
  if (kind !== 'retry') return { kind }
  const wait = retryAfter(headers, now)
  const later = wait === undefined ? {} : { wait }
  switch (status) {
    case 401:
      return { kind: 'unauthorized' }
    case 409:
      return isInProgress(attempt) || wait !== undefined
        ? { kind: 'retry', reason: 'in-progress', counts: false, holds: false, ...later }
        : { kind: 'retry', reason: 'failed', counts: true, holds: false }
    case 429:
    case 502:
    case 503:
    case 504:
      return { kind: 'retry', reason: 'busy', counts: false, holds: true, ...later }
    default:
      return { kind: 'retry', reason: 'failed', counts: true, holds: false }
  }
}

function isInProgress({ headers, text }: Answered): boolean {
  return headers['content-type']?.startsWith('application/problem+json') === true && text?.includes(`"${IN_PROGRESS}"`) === true
}
