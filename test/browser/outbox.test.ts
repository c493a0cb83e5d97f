import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import type * as library from '../../src/outbox.ts'
import { idle, openOrders } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What the test puts into the page.
  var outboxes: typeof library
  var outbox: library.Outbox<{ n: number }>
  var tellOrdered: (n: number) => Promise<void>
}

useShop()

async function openApp(page: Page): Promise<void> {
  await openOrders(page)
  await page.addScriptTag({ type: 'module', content: `import * as outboxes from '/dist/outbox.js'; globalThis.outboxes = outboxes` })
  await until(page, () => 'outboxes' in globalThis)
  await page.evaluate(() => {
    globalThis.outbox = globalThis.outboxes.openOutbox(globalThis.orders, { database: 'shop' })
  })
}

/** In the page: orders one cart after the other, in the app's own transactions, until the browser dies. */
async function orderForEver(from: number): Promise<void> {
  const { installOutbox, OUTBOX } = globalThis.outboxes
  const app = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('shop', 1)
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore('carts')
      installOutbox(request.result)
    })
    request.addEventListener('success', () => resolve(request.result))
  })
  for (let n = from; ; n++) {
    const tx = app.transaction(['carts', OUTBOX], 'readwrite')
    tx.objectStore('carts').put('ordered', n)
    globalThis.outbox.enqueueIn(tx, { n })
    // Every tenth is not wanted after all.
    if (n % 10 === 9) tx.abort()
    await new Promise((resolve) => ['complete', 'abort'].forEach((end) => tx.addEventListener(end, resolve)))
    void globalThis.tellOrdered(n)
  }
}

test('a cart and its order commit together and are delivered once, in order, though the browser is killed again and again in the midst of it', async () => {
  for (let kill = 0; kill < 4; kill++) {
    const from = 1_000 * kill
    const page = await browser.context.newPage()
    const enough = new Promise<void>((resolve) => {
      void page.exposeFunction('tellOrdered', (n: number) => n >= from + 20 + 17 * kill && resolve())
    })
    await page.goto(shop.url)
    await openApp(page)
    page.evaluate(orderForEver, from).catch(() => {})
    await enough
    await browser.killAndRestart()
  }
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await openApp(page)
  await page.evaluate(() => globalThis.outbox.relay())
  await idle(page)
  const carts = await page.evaluate(async () => {
    const request = indexedDB.open('shop')
    await new Promise((resolve) => request.addEventListener('success', resolve))
    const all = request.result.transaction('carts').objectStore('carts').getAllKeys()
    await new Promise((resolve) => all.addEventListener('success', resolve))
    return all.result as number[]
  })
  expect(carts.length).toBeGreaterThan(150)
  expect(shop.taken).toEqual(carts)
  expect(shop.taken.filter((n) => n % 10 === 9)).toEqual([])
})
