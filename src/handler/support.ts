import { QueueError } from '../message/error.ts'

/** Refuses a realm in which nothing can be consumed. */
export function assertCanConsume(): void {
  if (typeof navigator !== 'undefined' && 'locks' in navigator && typeof BroadcastChannel !== 'undefined') return
  throw new QueueError('unsupported', 'Expected Web Locks and BroadcastChannel, which consumers need, and which are not to be found here')
}
