import { expect } from 'vitest'
import type { Page } from 'playwright'
import type { Queue } from '../../src/index.ts'
import { enqueue, idle, numbers, openOrders } from './browser.ts'
import { devTools } from './chromium.ts'
import { countBodies } from './count-bodies.ts'
import { testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'

/** What the origin may have: little, so that it is soon full, and more than the reserve and the first files of a database take. */
const QUOTA = 8_000_000

/** The store of Chromium 156. Its other one, SQLite, is not tried here. */
const LEVELDB = '--disable-features=IdbSqliteBackingStore'

useShop([LEVELDB])

/**
 * An earlier visit keeps the reserve. In the visit in which it is made, Chromium may not count it, if IndexedDB was used at the same time or before:
 * then it is full without it, and giving it free gives nothing.
 */
async function visitBefore(): Promise<void> {
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 1)
  await idle(page)
  await page.evaluate(async () => {
    const isKept = async (): Promise<boolean> => (await (await caches.open('holdfast')).keys()).length > 0
    while (!(await isKept())) await new Promise((resolve) => setTimeout(resolve, 10))
  })
  await browser.killAndRestart()
}

/** Chromium remembers for half a minute what an origin may have: it is told before anything is stored. */
async function openShopWithLittleSpace(): Promise<Page> {
  const page = await browser.context.newPage()
  const session = await devTools(browser.context, page)
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(shop.url).origin, quotaSize: QUOTA })
  await page.goto(shop.url)
  await openOrders(page)
  return page
}

/** Enqueues one after the other, from a number on, until one is refused. Bodies have random text of some bytes, which no engine can compress. */
function fill(page: Page, from: number, bytes: number): Promise<{ stored: number; code: string | undefined }> {
  return page.evaluate(
    async ([first, length]) => {
      for (let stored = 0; ; stored++) {
        const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(length))))
        const order = { n: first + stored, text }
        const code = await globalThis.orders.enqueue(order).then(
          () => 'stored',
          (error: unknown) => (globalThis.holdfast.isQueueError(error) ? error.code : String(error)),
        )
        if (code !== 'stored') return { stored, code }
      }
    },
    [from, bytes] as const,
  )
}

testWith(
  'little-space',
  'a full disk refuses what is enqueued and delivers, once and in order, all that was stored; then there is space again',
  async () => {
    await visitBefore()
    shop.mood = 'away'
    const page = await openShopWithLittleSpace()
    // From the beginning: what failed attempts leave to be written may need the reserve while the disk is being filled.
    const types = await page.evaluateHandle(() => {
      const heard = new Set<string>()
      globalThis.orders.subscribe(({ type }) => heard.add(type))
      return heard
    })
    const large = await fill(page, 1, 60_000)
    // What is left is too little for a large one, and enough for many settles.
    const small = await fill(page, 1 + large.stored, 100)
    expect([large.code, small.code]).toEqual(['storage-full', 'storage-full'])
    expect(large.stored).toBeGreaterThan(50)
    const stored = 1 + large.stored + small.stored

    shop.mood = 'accepting'
    await idle(page)
    expect(shop.taken).toEqual(numbers(0, stored))
    expect(shop.firstArrivals).toEqual(numbers(0, stored))
    const heard = await types.evaluate((set) => [...set])
    expect(heard).toContain('storage-full')
    expect(heard).not.toContain('storage-failed')

    // Not at once: the reserve is left alone for a moment, and an engine gives space back in its own time.
    const enqueueAgain = (): Promise<unknown> =>
      page.evaluate(() => globalThis.orders.enqueue({ n: 1_000_000 }).then(() => 'stored', String))
    await expect.poll(enqueueAgain, { timeout: 30_000, interval: 250 }).toBe('stored')
    await idle(page)
    expect(shop.taken.slice(stored)).toEqual([1_000_000])
  },
)

testWith(
  'little-space',
  'a file in the midst of which the disk is full is refused, nothing of it stays, and what is smaller is stored and sent',
  async () => {
    await visitBefore()
    const page = await openShopWithLittleSpace()
    const code = await page.evaluate(async (size) => {
      const bytes = new Uint8Array(size)
      for (let start = 0; start < size; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536))
      const orders = globalThis.orders as unknown as Queue<Blob>
      return orders.enqueue(new Blob([bytes])).then(
        () => 'stored',
        (error: unknown) => (globalThis.holdfast.isQueueError(error) ? error.code : String(error)),
      )
    }, 2 * QUOTA)
    expect(code).toBe('storage-full')
    expect(await countBodies(page)).toBe(0)
    // An engine gives space back in its own time.
    const enqueueAnother = (): Promise<unknown> => page.evaluate(() => globalThis.orders.enqueue({ n: 1 }).then(() => 'stored', String))
    await expect.poll(enqueueAnother, { timeout: 30_000, interval: 250 }).toBe('stored')
    await idle(page)
    expect(shop.taken).toEqual([0, 1])
  },
)
