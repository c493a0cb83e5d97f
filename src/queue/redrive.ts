import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { messagesOf, takeDeadLetters } from './dead-letters.ts'
import { takeFreeKey } from './dedup.ts'
import { append } from './enqueue.ts'
import { queueTime, readHead, readTail } from './meta.ts'
import type { Tail } from './meta.ts'
import type { DeadRecord, WriteTransaction } from './schema.ts'
import { release } from './stops.ts'

/**
 * Puts dead letters back at the tail, in the order in which they once were enqueued, under their old ids; one that halts its group is tried again in its place. What could
 * not be read stays, unless this release can. Gives what was taken, transaction by transaction.
 */
export function redrive(connection: Connection, ids: readonly string[] | undefined, now: number): AsyncGenerator<readonly DeadRecord[]> {
  const canRevive = (letter: DeadRecord): boolean => messagesOf(letter).length > 0
  return takeDeadLetters(connection, ids, canRevive, async (tx, some) => {
    const time = queueTime(await readHead(tx), now)
    let tail = await readTail(tx)
    tail = { ...tail, deadOut: tail.deadOut + some.length }
    for (const letter of some) if (letter.halts) tail = await retryInPlace(tx, tail, letter, { now, time })
    const revived = some.filter(({ halts }) => !halts).flatMap((letter) => revive(letter, time))
    for (const message of revived) await takeFreeKey(tx, message)
    await append(tx, { ...tail, bytes: revived.reduce((sum, { bytes }) => sum + bytes, tail.bytes) }, revived)
  })
}

async function retryInPlace(tx: WriteTransaction, tail: Tail, letter: DeadRecord, times: { now: number; time: number }): Promise<Tail> {
  const released = await release(tx, tail, letter.stopped ?? '', letter, { isRetried: true, now: times.now })
  const { sequence, id } = letter
  const change = await tx.objectStore('changes').get(sequence)
  const [message] = revive(letter, times.time)
  await tx.objectStore('changes').put({ sequence, id, original: change?.original ?? id, kind: 'replaced', message: message! }, sequence)
  return { ...released, changes: released.changes + (change ? 0 : 1) }
}

/** The messages of a dead letter, with all their time before them. What was sent stays as it was sent. */
function revive(letter: DeadRecord, time: number): Message[] {
  const { attempts, trail = [], maybeDelivered } = letter
  const wasSent = attempts > 0 || trail.length > 0 || maybeDelivered === true
  return messagesOf(letter).map((message) => ({ ...withoutDeath(message, time), ...((wasSent || message.wasSent) && { wasSent: true }) }))
}

function withoutDeath({ id, body, bytes, enqueuedAt, ...rest }: Message, time: number): Message {
  const { group, maxAttempts, backoff, ttl, dedupKey, version, idempotencyKey, request, content, sealed, redirects } = rest
  return {
    id,
    body,
    bytes,
    enqueuedAt,
    ...(group !== undefined && { group }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(backoff && { backoff }),
    ...(ttl !== undefined && { ttl, expiresAt: time + ttl }),
    ...(dedupKey !== undefined && { dedupKey }),
    ...(version !== undefined && { version }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(request && { request }),
    ...(content && { content }),
    ...(sealed && { sealed }),
    ...(redirects && { redirects }),
  }
}
