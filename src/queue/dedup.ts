import type { Message } from '../message/message.ts'
import type { OnDuplicate } from '../message/options.ts'
import { find, isFrozen, isHalted } from './find.ts'
import type { Known, FoundMessage } from './find.ts'
import type { DedupRow, WriteTransaction } from './schema.ts'

/** How many keys that need not be remembered any more are forgotten at once. */
const MOST_FORGOTTEN = 16

/** For how long is remembered at least what was followed by messages of this queue, in milliseconds: who asks again does so as soon as the device is on. */
const FOLLOWED = 24 * 60 * 60 * 1_000

/** What a message that is enqueued is the same as. */
export interface Duplicate {
  readonly id: string
  /** Where it waits; absent where it was delivered, and its key is remembered. */
  readonly place?: FoundMessage
  /** Whether it may be changed: it was never sent. */
  readonly isOpen?: boolean
  /** Whom it stands behind. */
  readonly before?: string | undefined
}

/** The message that has a dedup key, if its second is to be treated as such. */
export async function duplicateOf(
  tx: WriteTransaction,
  known: Known,
  message: Message,
  onDuplicate: OnDuplicate,
  now: number,
): Promise<Duplicate | undefined> {
  const key = dedupOf(message)
  const row = key && (await tx.objectStore('dedup').get(key))
  if (!row || row.id === message.id) return undefined
  if (row.until !== undefined) return row.until > now && onDuplicate === 'ignore' ? { id: row.id } : undefined
  const place = await find(tx, known, row.id)
  if (!place || isHalted(known.head, place)) return undefined
  return { ...row, place, isOpen: !isFrozen(known.head, place) && !(place.kind !== 'delayed' && place.change?.kind === 'aborted') }
}

/**
 * From now on, this message has its key.
 *
 * @param before who had it, stays in the queue, and cannot be changed any more.
 */
export async function takeKey(tx: WriteTransaction, message: Message, before?: string): Promise<void> {
  const key = dedupOf(message)
  if (key) await tx.objectStore('dedup').put({ id: message.id, ...(before !== undefined && { before }) }, key)
}

/** A message has its key again, if nobody has it meanwhile. */
export async function takeFreeKey(tx: WriteTransaction, message: Message): Promise<void> {
  const key = dedupOf(message)
  const row = key && (await tx.objectStore('dedup').get(key))
  if (key && (!row || row.until !== undefined)) await takeKey(tx, message)
}

/** A message has left the queue: its key is that of the one it stood behind, or free, or remembered for a while. */
export async function freeKey(tx: WriteTransaction, message: Message, until?: number): Promise<void> {
  const key = dedupOf(message)
  const row = key && (await tx.objectStore('dedup').get(key))
  if (!key || !row) return
  const after = without(row, message.id, until)
  if (after !== row) await (after ? tx.objectStore('dedup').put(after, key) : tx.objectStore('dedup').delete(key))
}

/** One after the other: two may have shared a key. */
export async function freeKeys(
  tx: WriteTransaction,
  freed: readonly { readonly message: Message; readonly until: number | undefined }[],
): Promise<void> {
  for (const { message, until } of freed) await freeKey(tx, message, until)
}

/** Whether messages have followed on one of another queue before; from now on, they have. Such a row has no dedup key, which every other has. */
export async function hasFollowed(tx: WriteTransaction, id: string, now: number): Promise<boolean> {
  const dedup = tx.objectStore('dedup')
  if (await dedup.getKey([id, ''])) return true
  await forgetKeys(tx, now)
  await dedup.put({ id, until: now + FOLLOWED }, [id, ''])
  return false
}

function without(row: DedupRow, id: string, until: number | undefined): DedupRow | undefined {
  if (row.before === id) return { id: row.id }
  if (row.id !== id) return row
  if (row.before !== undefined) return { id: row.before }
  return until === undefined ? undefined : { id, until }
}

/** Forgets some of the keys whose time is over. */
export async function forgetKeys(tx: WriteTransaction, now: number): Promise<void> {
  const dedup = tx.objectStore('dedup')
  const over = await dedup.index('until').getAllKeys(IDBKeyRange.upperBound(now), MOST_FORGOTTEN)
  await Promise.all(over.map((key) => dedup.delete(key)))
}

/** Keys of different groups are different. */
function dedupOf({ group = '', dedupKey }: Message): [string, string] | undefined {
  return dedupKey === undefined ? undefined : [group, dedupKey]
}
