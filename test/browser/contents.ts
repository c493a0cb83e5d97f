import type { Page } from 'playwright'
import type { Contents } from '../world/audit.ts'

const STORES = ['inbox', 'meta', 'groups', 'parked', 'dead', 'delayed', 'changes', 'stops', 'dedup', 'receipts']

/** All that is in the database of the orders, read without the library, in one transaction. It must exist. */
export function contentsOf(page: Page): Promise<Contents> {
  return page.evaluate(async (stores) => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
      })
    const database = await answer(indexedDB.open('holdfast/orders'))
    const tx = database.transaction(stores)
    const [tail, head] = await Promise.all([answer(tx.objectStore('meta').get('tail')), answer(tx.objectStore('meta').get('head'))])
    const valuesOf = (store: string): Promise<unknown[]> => answer(tx.objectStore(store).getAll())
    const keysOf = (store: string): Promise<unknown[]> => answer(tx.objectStore(store).getAllKeys())
    const pairsOf = async (store: string): Promise<unknown[]> => {
      const [keys, values] = await Promise.all([keysOf(store), valuesOf(store)])
      return keys.map((key, place) => [key, values[place]])
    }
    const [inbox, groups, parked, dead, delayed, changes, stops, dedup, receipts] = await Promise.all([
      ...['inbox', 'groups', 'parked', 'dead', 'delayed', 'changes'].map(valuesOf),
      ...['stops', 'dedup'].map(pairsOf),
      keysOf('receipts'),
    ])
    database.close()
    return { tail, head, inbox, groups, parked, dead, delayed, changes, stops, dedup, receipts } as unknown as Contents
  }, STORES)
}
