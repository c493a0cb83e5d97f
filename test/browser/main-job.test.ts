import { afterEach, beforeEach, expect, test } from 'vitest'
import { Browser, enqueue, numbers, openOrders } from './browser.ts'
import { ShopServer } from './shop-server.ts'

let shop: ShopServer
let browser: Browser
beforeEach(async () => {
  shop = await ShopServer.start()
  browser = await Browser.launch()
})
afterEach(async () => {
  await browser.close()
  await shop.close()
})

test('resolved means durable: 500 messages enqueued offline outlive a reload and a killed browser, and arrive once, in order', async () => {
  shop.mood = 'away'
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 500)
  await page.reload()
  await openOrders(page)
  expect(await page.evaluate(() => globalThis.orders.depth())).toMatchObject({ dead: 0 })
  await browser.killAndRestart()
  shop.mood = 'accepting'
  const again = await browser.openShop(shop.url)
  await again.evaluate(async () => {
    await globalThis.orders.retryNow()
    await globalThis.orders.idle()
  })
  expect(shop.taken).toEqual(numbers(0, 500))
  expect(shop.firstArrivals).toEqual(numbers(0, 500))
})
