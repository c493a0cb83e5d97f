import { decodeBody } from '../message/body.ts'
import type { DeadLetter, MessageOptions, WaitingMessage } from '../message/reading.ts'
import type { WireDeadLetter, WireMessage } from '../protocol/host.ts'

/** A message as its user reads it; nothing where its body was damaged. */
export function readMessage<T>(wire: WireMessage): WaitingMessage<T> | undefined {
  const { id, body, state, enqueuedAt, due, group, version = 1, expiresAt } = wire
  const decoded = decodeBody(body)
  const known = { id, state, enqueuedAt, ...(due !== undefined && { due }), ...(group !== undefined && { group }) }
  // One whose time is over by now expires elsewhere as well.
  const ttl = expiresAt === undefined ? undefined : Math.max(1, until(expiresAt))
  return decoded && { ...known, body: decoded.value as T, version, options: optionsOf(wire, until(due), ttl) }
}

export function readLetter<T>(letter: WireDeadLetter): DeadLetter<T> {
  const { id, body, enqueuedAt, group, reason, deadAt, attempts, status, excerpt, trail, maybeDelivered, halts, version = 1 } = letter
  const known = {
    id,
    enqueuedAt,
    deadAt,
    attempts,
    status,
    excerpt,
    ...(group !== undefined && { group }),
    ...(trail && { trail }),
    ...(maybeDelivered && { maybeDelivered }),
    ...(halts && { halts }),
  }
  const decoded = decodeBody(body)
  if (reason === 'unreadable' || !decoded) return { ...known, reason: 'unreadable', body: undefined }
  return { ...known, reason, body: decoded.value as T, version, options: optionsOf(letter, 0, letter.ttl) }
}

/** How long until a time comes, in whole milliseconds. */
function until(time: number = 0): number {
  return Math.max(0, Math.ceil(time - Date.now()))
}

function optionsOf(wire: WireMessage | WireDeadLetter, delay: number, ttl: number | undefined): MessageOptions {
  const { id, idempotencyKey = id, group, maxAttempts, backoff, dedupKey } = wire
  const all = { idempotencyKey, group, delay: delay || undefined, ttl, maxAttempts, backoff, dedupKey }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as MessageOptions
}
