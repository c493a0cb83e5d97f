import { decodeBody } from '../message/body.ts'
import type { DeadLetter, WaitingMessage } from '../message/message.ts'
import type { RequestLine, StoredRequest } from '../message/stored-request.ts'
import type { WireDeadLetter, WireMessage } from '../protocol/host.ts'

/** A message as its user reads it; nothing where its body was damaged. */
export function readMessage<T>({ id, body, state, enqueuedAt, due, group, request }: WireMessage): WaitingMessage<T> | undefined {
  const decoded = decodeBody(body)
  const known = {
    id,
    state,
    enqueuedAt,
    ...(due !== undefined && { due }),
    ...(group !== undefined && { group }),
    ...(request && { request: lineOf(request) }),
  }
  return decoded && { ...known, body: decoded.value as T }
}

export function readLetter<T>(letter: WireDeadLetter): DeadLetter<T> {
  const { id, body, enqueuedAt, group, reason, deadAt, attempts, status, excerpt, trail, maybeDelivered, halts, request } = letter
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
    ...(request && { request: lineOf(request) }),
  }
  const decoded = decodeBody(body)
  if (reason === 'unreadable' || !decoded) return { ...known, reason: 'unreadable', body: undefined }
  return { ...known, reason, body: decoded.value as T }
}

/** Its other headers are nobody's to look at. */
function lineOf({ method, url, headers }: StoredRequest): RequestLine {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1]
  return { method, url, ...(contentType !== undefined && { contentType }) }
}
