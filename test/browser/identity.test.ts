import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import { enqueue, idle, openOrders } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'

useShop()

/** A tab in which somebody is signed in, whose headers say so. */
async function signIn(identity: string): Promise<Page> {
  return browser.openShop(shop.url, { identity, headers: { authorization: identity } })
}

/** What the tab's queue says to another order. */
function refusal(page: Page): Promise<string> {
  return page.evaluate(() =>
    globalThis.orders.enqueue({ n: 0 }).then(
      () => 'stored',
      (error: { code: string }) => error.code,
    ),
  )
}

test('what one has left waits for them, and goes with their own headers, though another was signed in meanwhile, in the same tab too', async () => {
  shop.mood = 'away'
  const page = await signIn('ann')
  await enqueue(page, 100, 5)
  await page.evaluate(() => globalThis.orders.close())
  shop.mood = 'accepting'
  await openOrders(page, { identity: 'bob', headers: { authorization: 'bob' } })
  await enqueue(page, 200, 5)
  await idle(page)
  expect(shop.taken).toEqual([200, 201, 202, 203, 204])
  const back = await signIn('ann')
  await enqueue(page, 205, 5)
  await Promise.all([idle(back), idle(page)])
  expect(new Set(shop.taken).size).toBe(15)
  for (const { n, authorization } of shop.arrivals) expect(authorization).toBe(n < 200 ? 'ann' : 'bob')
})

test('destroy() in one tab ends the queue in all, leaves nothing, and the queue can be opened afresh', async () => {
  shop.mood = 'away'
  const [leader, other, bobs] = [await signIn('ann'), await signIn('ann'), await signIn('bob')]
  await enqueue(leader, 1, 50)
  await enqueue(bobs, 500, 3)
  await other.evaluate(() => globalThis.orders.destroy())
  await expect.poll(() => refusal(leader)).toBe('destroyed')
  expect(await refusal(other)).toBe('destroyed')
  shop.mood = 'accepting'
  await openOrders(leader, { identity: 'ann', headers: { authorization: 'ann' } })
  expect(await leader.evaluate(() => globalThis.orders.depth())).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
  await enqueue(leader, 100, 3)
  await Promise.all([idle(leader), idle(bobs)])
  expect(new Set(shop.taken)).toEqual(new Set([100, 101, 102, 500, 501, 502]))
})
