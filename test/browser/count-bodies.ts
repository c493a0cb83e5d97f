import type { Page } from 'playwright'

/** How many chunks of large bodies are in the database of the orders, read without the library. */
export function countBodies(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const opening = indexedDB.open('holdfast/orders')
        opening.addEventListener('success', () => {
          const counting = opening.result.transaction('bodies').objectStore('bodies').count()
          counting.addEventListener('success', () => {
            opening.result.close()
            resolve(counting.result)
          })
        })
      }),
  )
}
