import type { Decision } from '../message/decision.ts'
import type { Message } from '../message/message.ts'
import type { Capacity } from '../message/limits.ts'
import { BODY_STORES } from './bodies.ts'
import type { Connection, Durability } from './connection.ts'
import { hasFollowed } from './dedup.ts'
import { Intake } from './intake.ts'
import type { IncomingMessage } from './intake.ts'
import { readHead, readTail, writeTail } from './meta.ts'
import type { Mark, Tail } from './meta.ts'
import { toRecords } from './record.ts'
import type { StoreName, WriteTransaction } from './schema.ts'

/** A producer's batch, ready to be stored. */
export interface IncomingBatch {
  readonly producer: string
  readonly number: number
  readonly messages: readonly IncomingMessage[]
  /** `capacity` is no reason to refuse them. */
  readonly isRelayed?: true
  /** They follow on the message of another queue that has the producer's name, once, and are known by that. */
  readonly follows?: true
}

export interface EnqueueLimits {
  readonly durability: Durability
  readonly capacity?: Capacity | undefined
  /** The device's time, in milliseconds since the epoch. */
  readonly now: number
  /** The functions that only a page has, and the queue needs. Where nothing is said of them, what was said before stays. */
  readonly needs?: readonly string[] | undefined
}

/** How many producers' last batches are remembered. A producer is a page; one that is forgotten was silent for this many others. */
const MOST_MARKS = 64

/** Of how many batches of a producer is remembered what was decided otherwise than to store. A page asks again for what it has not heard of: few. */
const MOST_DECIDED = 16

/**
 * Stores batches at the tail, in one transaction. One that its producer's mark says was decided before is not stored again, and answered as it was then.
 *
 * @returns for each batch what was decided otherwise than to store.
 */
export function enqueue(
  connection: Connection,
  limits: EnqueueLimits,
  batches: readonly IncomingBatch[],
): Promise<ReadonlyArray<readonly Decision[]>> {
  const isPlain = limits.capacity === undefined && batches.every(({ messages, follows }) => !follows && messages.every(isPlainMessage))
  const stores: StoreName[] = isPlain
    ? ['inbox', 'meta']
    : ['inbox', 'meta', 'groups', 'parked', 'delayed', 'changes', 'dedup', ...BODY_STORES]
  return connection.write(stores, limits.durability, async (tx) => {
    const tail = await readTail(tx)
    const intake = new Intake(tx, { tail, head: isPlain ? undefined : await readHead(tx), ...limits })
    const last = new Map(tail.marks.map((mark) => [mark.producer, mark]))
    const decided: (readonly Decision[])[] = []
    for (const batch of batches) {
      decided.push(await (batch.follows ? follow(tx, intake, batch) : decide(intake, batch, last)))
    }
    const { fresh, tail: after } = intake
    const needs = limits.needs ?? after.needs
    await append(tx, { ...after, marks: [...last.values()].slice(-MOST_MARKS), ...(needs && { needs }) }, fresh)
    return decided
  })
}

/** Writes messages, and the tail that has counted their bytes. */
export async function append(tx: WriteTransaction, tail: Tail, messages: readonly Message[]): Promise<void> {
  const inbox = tx.objectStore('inbox')
  await Promise.all([
    // add, not put: a number that is given out twice must fail, and not overwrite a message.
    ...toRecords(messages, tail.next).map((record) => inbox.add(record, record.first)),
    writeTail(tx, { ...tail, next: tail.next + messages.length }),
  ])
}

/** Whoever wrote last stands last, and the first are forgotten. */
async function decide(
  intake: Intake,
  { producer, number, messages, isRelayed }: IncomingBatch,
  last: Map<string, Mark>,
): Promise<readonly Decision[]> {
  const { batch = -1, decided = [] } = last.get(producer) ?? {}
  if (number <= batch) return decided.find(([other]) => other === number)?.[1] ?? []
  const decisions = await intake.take(messages, isRelayed === true)
  const remembered = decisions.length > 0 ? [...decided, [number, decisions] as const].slice(-MOST_DECIDED) : decided
  last.delete(producer)
  last.set(producer, { producer, batch: number, ...(remembered.length > 0 && { decided: remembered }) })
  return decisions
}

/** What has followed on the same message before, whatever that was, is what follows. */
async function follow(tx: WriteTransaction, intake: Intake, { producer, messages }: IncomingBatch): Promise<readonly Decision[]> {
  if (await hasFollowed(tx, producer, intake.now)) return []
  return intake.take(messages, true)
}

function isPlainMessage({ delay, ttl, dedupKey, body }: IncomingMessage): boolean {
  return delay === undefined && ttl === undefined && dedupKey === undefined && typeof body === 'string'
}
