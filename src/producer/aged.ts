import type { OutgoingMessage } from '../protocol/host.ts'

/** A message that was enqueued some milliseconds ago, and is stored now: part of its delay, and of its time, is over. */
export function aged({ delay = 0, ttl, ...message }: OutgoingMessage, by: number): OutgoingMessage {
  // The clock may have been set back.
  const since = Math.max(0, by)
  return { ...message, ...(delay > since && { delay: delay - since }), ...(ttl !== undefined && { ttl: Math.max(1, ttl - since) }) }
}
