import type { Page } from 'playwright'
import type { Contents } from '../world/audit.ts'

/** All that is in the database of the orders, read without the library, in one transaction. It must exist. */
export function contentsOf(page: Page): Promise<Contents> {
  return page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
      })
    const database = await answer(indexedDB.open('holdfast/orders'))
    const tx = database.transaction(['inbox', 'meta', 'groups', 'parked', 'dead'])
    const [tail, head, inbox, groups, parked, dead] = await Promise.all([
      answer(tx.objectStore('meta').get('tail')),
      answer(tx.objectStore('meta').get('head')),
      ...['inbox', 'groups', 'parked', 'dead'].map((store) => answer(tx.objectStore(store).getAll())),
    ])
    database.close()
    return { tail, head, inbox, groups, parked, dead } as Contents
  })
}
