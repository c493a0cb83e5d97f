import type { Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { enqueue, idle, numbers } from './browser.ts'
import { testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'

useShop()

/** What an enqueue comes to, and what reading does. */
function codes(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { orders, holdfast } = globalThis
    const code = (error: unknown): string => (holdfast.isQueueError(error) ? error.code : String(error))
    return Promise.all([orders.enqueue({ n: 1 }).then(() => 'stored', code), orders.depth().then(() => 'read', code)])
  })
}

async function worksInMemory(page: Page): Promise<void> {
  expect(await page.evaluate(() => globalThis.started)).toEqual({
    type: 'host-started',
    host: 'inline',
    storage: 'memory',
    reason: expect.stringContaining('the browser blocks the storage of this site'),
  })
  shop.mood = { status: 500 }
  await enqueue(page, 0, 30)
  expect(await page.evaluate(() => globalThis.orders.depth().then(({ ready, leased }) => ready + leased))).toBe(30)
  await shop.arrived(1)
  shop.mood = 'accepting'
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 30))
}

describe('in a frame without an origin, whose browser denies it all storage,', () => {
  const POLICY = 'sandbox allow-scripts'

  test('each verb says so at once, and nothing is sent', async () => {
    shop.policy = POLICY
    const page = await browser.openShop(shop.url)
    expect(await codes(page)).toEqual(['unsupported', 'unsupported'])
    expect(shop.arrivals).toEqual([])
  })

  test('a queue that may keeps its messages in memory, says so, and delivers them in their order, with retry', async () => {
    shop.policy = POLICY
    await worksInMemory(await browser.openShop(shop.url, { blockedStorage: 'memory' }))
  })

  test('of the queues of one page those work that may, and the others say so', async () => {
    shop.policy = POLICY
    const page = await browser.openShop(shop.url)
    expect(await codes(page)).toEqual(['unsupported', 'unsupported'])
    const other = await page.evaluate(async () => {
      const drafts = globalThis.holdfast.openQueue<{ n: number }>('drafts', { endpoint: '/orders', blockedStorage: 'memory' })
      return (await (await drafts.enqueue({ n: 7 })).delivered).status
    })
    expect(other).toBe(200)
    expect(await codes(page)).toEqual(['unsupported', 'unsupported'])
    const third = await page.evaluate(() => {
      const notes = globalThis.holdfast.openQueue<{ n: number }>('notes', { endpoint: '/orders' })
      return notes.enqueue({ n: 8 }).then(
        () => 'stored',
        (error: { code: string }) => error.code,
      )
    })
    expect(third).toBe('unsupported')
    expect(shop.taken).toEqual([7])
  })
})

describe('where the user blocks the storage of sites,', () => {
  testWith('blocked-storage', 'each verb says so at once, and a queue that may keeps its messages in memory', async () => {
    await browser.restartWithoutStorage()
    const page = await browser.openShop(shop.url)
    expect(await codes(page)).toEqual(['unsupported', 'unsupported'])
    await worksInMemory(await browser.openShop(shop.url, { blockedStorage: 'memory' }))
  })
})

test('where there is storage, a queue that may keep its messages in memory keeps them on the disk', async () => {
  const page = await browser.openShop(shop.url, { blockedStorage: 'memory' })
  shop.mood = 'away'
  await enqueue(page, 0, 3)
  await browser.killAndRestart()
  shop.mood = 'accepting'
  await idle(await browser.openShop(shop.url, { blockedStorage: 'memory' }))
  expect(shop.taken).toEqual(numbers(0, 3))
})
