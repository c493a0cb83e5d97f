import { isQueueError } from 'holdfast'
import type { QueueEvent, RetryReason } from 'holdfast'

/** What the queue is doing, as far as its events have told this page. */
export type Activity =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'holding'; readonly reason: RetryReason; readonly due: number; readonly status: number | undefined }
  | { readonly kind: 'resting' }
  | { readonly kind: 'in-trouble'; readonly message: string }
  /** The site's data was cleared, by somebody who may not have known what that takes along. */
  | { readonly kind: 'cleared'; readonly waiting: number; readonly dead: number }
  /** The worker has died, and none has started in its place. What is stored is stored. */
  | { readonly kind: 'lost' }

/** What it is doing once it has told this. */
export function afterEvent(activity: Activity, event: QueueEvent): Activity {
  if (activity.kind === 'lost' && event.type !== 'host-started') return activity
  switch (event.type) {
    case 'host-started':
      return { kind: 'unknown' }
    case 'leased':
      return { kind: 'sending' }
    case 'retry-scheduled':
      return { kind: 'holding', reason: event.reason, due: event.due, status: event.status }
    case 'endpoint-failed':
      return activity.kind === 'holding' ? { ...activity, due: event.due } : activity
    case 'emptied':
      // Told once more by a queue that was begun anew, which is no news.
      return activity.kind === 'cleared' ? activity : { kind: 'resting' }
    case 'storage-cleared':
      return { kind: 'cleared', waiting: event.waiting, dead: event.dead }
    case 'storage-full':
      return { kind: 'in-trouble', message: 'There is no space left. What waits is delivered all the same; nothing new can be kept' }
    case 'storage-lost':
      return { kind: 'in-trouble', message: 'The browser’s storage does not answer. What you place waits in this page until it does' }
    case 'storage-failed':
    case 'headers-failed':
      return { kind: 'in-trouble', message: event.message }
    case 'resumed':
    case 'storage-restored':
      return { kind: 'unknown' }
    default:
      return activity
  }
}

/** What it is doing once a call has been rejected with this. */
export function afterError(activity: Activity, error: unknown): Activity {
  if (activity.kind === 'lost' || (isQueueError(error) && error.code === 'host-lost')) return { kind: 'lost' }
  // Whoever was placing the order has been told, and what is stored goes on as before.
  if (isQueueError(error) && (error.code === 'storage-full' || error.code === 'queue-full')) return activity
  return { kind: 'in-trouble', message: error instanceof Error ? error.message : String(error) }
}

/** Why it waits, for people. */
export const REASONS: Readonly<Record<RetryReason, string>> = {
  unreachable: 'The server cannot be reached',
  timeout: 'The server does not answer',
  redirected: 'The server sends us elsewhere',
  busy: 'The server asks us to wait',
  classified: 'The answer says: later',
  'in-progress': 'The server is still busy with this order',
  failed: 'The server fails',
  crashed: 'What handled it has died',
  'lease-expired': 'What handled it took too long',
  'handed-back': 'What handled it was closed',
  'not-followed': 'What follows on it could not be stored',
}
