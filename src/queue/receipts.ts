import type { KeptReceipt } from '../message/message.ts'
import type { KeepReceipts } from '../message/limits.ts'
import type { Connection } from './connection.ts'
import type { Head } from './meta.ts'
import { readHead } from './meta.ts'
import type { WriteTransaction } from './schema.ts'

/** How many receipts one transaction reads, or forgets for their age. */
const SOME = 100

export interface KeptReceipts {
  readonly items: readonly KeptReceipt[]
  readonly next?: number
}

/** Receipts from a place on, the oldest first; those that are too old are forgotten with the next that is written, and not given. */
export function receipts(connection: Connection, from: number, since: number): Promise<KeptReceipts> {
  return connection.read(['receipts', 'meta'], async (tx) => {
    const start = Math.max(from, (await readHead(tx)).keptFrom)
    const found = await tx.objectStore('receipts').getAll(IDBKeyRange.lowerBound(start), SOME)
    const items = found.filter(({ settledAt }) => settledAt > since)
    return found.length < SOME ? { items } : { items, next: start + SOME }
  })
}

/** Keeps receipts, and forgets what is too old or too many. Gives where the numbers of receipts stand then. */
export async function keep(
  tx: WriteTransaction,
  { receipts: next, keptFrom }: Head,
  kept: readonly KeptReceipt[],
  { age, number }: KeepReceipts,
): Promise<Pick<Head, 'receipts' | 'keptFrom'>> {
  const store = tx.objectStore('receipts')
  await Promise.all(kept.map((receipt, offset) => store.put(receipt, next + offset)))
  const end = next + kept.length
  const oldest = await store.getAll(IDBKeyRange.bound(keptFrom, end, false, true), SOME)
  const now = kept.at(-1)?.settledAt ?? 0
  const young = oldest.findIndex(({ settledAt }) => settledAt > now - age)
  const from = Math.max(keptFrom + (young < 0 ? oldest.length : young), end - number)
  if (from > keptFrom) await store.delete(IDBKeyRange.bound(keptFrom, from, false, true))
  return { receipts: end, keptFrom: from }
}
