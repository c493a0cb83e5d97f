import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'

/** What can go wrong with a customer's orders. */
export type Trouble = 'declined' | 'late'

interface Books extends DBSchema {
  /** Those that are switched on. */
  troubles: { key: [customer: string, trouble: Trouble]; value: true }
  /** Which number each customer was given last. */
  numbers: { key: string; value: number }
}

/** What the shop keeps beside its queue, for every tab. Not in `localStorage`, which goes back by some seconds where a browser is killed. */
export const books: Promise<IDBPDatabase<Books>> = openDB<Books>('books-of-the-shop', 1, {
  upgrade(database) {
    database.createObjectStore('troubles')
    database.createObjectStore('numbers')
  },
})

/** Gives a customer so many numbers that nobody was given before, whatever has become of those orders. Returns the first of them. */
export async function takeNumbers(customer: string, count: number): Promise<number> {
  // Flushed to the disk, as the orders themselves are.
  const tx = (await books).transaction('numbers', 'readwrite', { durability: 'strict' })
  const last = (await tx.store.get(customer)) ?? 0
  await Promise.all([tx.store.put(last + count, customer), tx.done])
  return last + 1
}
