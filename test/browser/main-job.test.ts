import { expect, test } from 'vitest'
import { enqueue, idle, numbers, openOrders } from './browser.ts'
import { testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'

useShop()

test('resolved means durable: 500 messages enqueued offline outlive a reload and a killed browser, and arrive once, in order', async () => {
  shop.mood = 'away'
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 500)
  await page.reload()
  await openOrders(page)
  await browser.killAndRestart()
  const again = await browser.openShop(shop.url)
  const { ready, leased, dead } = await again.evaluate(() => globalThis.orders.depth())
  expect({ waiting: ready + leased, dead }).toEqual({ waiting: 500, dead: 0 })
  shop.mood = 'accepting'
  await idle(again)
  expect(shop.taken).toEqual(numbers(0, 500))
  expect(shop.firstArrivals).toEqual(numbers(0, 500))
})

test('every tab enqueues durably: the same with two tabs open, both enqueueing', async () => {
  shop.mood = 'away'
  const [first, second] = await Promise.all([browser.openShop(shop.url), browser.openShop(shop.url)])
  await Promise.all([enqueue(first, 0, 250), enqueue(second, 1_000, 250)])
  await first.reload()
  await openOrders(first)
  await browser.killAndRestart()
  const [third, fourth] = await Promise.all([browser.openShop(shop.url), browser.openShop(shop.url)])
  shop.mood = 'accepting'
  await Promise.all([idle(third), idle(fourth)])
  expect(shop.taken.toSorted((a, b) => a - b)).toEqual([...numbers(0, 250), ...numbers(1_000, 250)])
  expect(shop.taken.filter((n) => n < 1_000)).toEqual(numbers(0, 250))
  expect(shop.taken.filter((n) => n >= 1_000)).toEqual(numbers(1_000, 250))
  expect(shop.firstArrivals).toEqual(shop.taken)
  expect(shop.mostAtOnce).toBe(1)
})

test('a browser that is killed in the middle of a drain repeats a few messages at most, and skips none', async () => {
  const page = await browser.openShop(shop.url)
  void enqueue(page, 0, 500).catch(() => {})
  await shop.arrived(100)
  await browser.killAndRestart()
  const repeated = shop.arrivals.length
  await idle(await browser.openShop(shop.url))
  expect(shop.taken).toEqual(numbers(0, 500))
  expect(shop.firstArrivals).toEqual(numbers(0, 500))
  // The leader reserves 16 messages ahead; what was sent but not settled is among them.
  expect(repeated + (500 - shop.taken.indexOf(shop.arrivals[repeated]!.n))).toBe(shop.arrivals.length)
  expect(shop.arrivals.length - 500).toBeLessThanOrEqual(16)
})

test('when the tab that drains crashes, another takes over', async () => {
  const leader = await browser.openShop(shop.url)
  await idle(leader)
  const other = await browser.openShop(shop.url)
  shop.mood = 'hanging'
  await enqueue(other, 0, 50)
  await shop.arrived(1)
  await browser.crash(leader)
  shop.mood = 'accepting'
  await idle(other)
  expect(shop.taken).toEqual(numbers(0, 50))
})

test('once in effect: answers that are lost after the server has committed are asked for again, and given again', async () => {
  shop.mood = 'losing-answers'
  const page = await browser.openShop(shop.url)
  const delivered = page.evaluate(async () => {
    const receipt = await globalThis.orders.enqueue({ n: 7 })
    return (await receipt.delivered).body
  })
  await shop.arrived(2)
  shop.mood = 'accepting'
  await idle(page)
  expect(await delivered).toEqual({ number: 7 })
  expect(shop.taken).toEqual([7])
  expect(new Set(shop.arrivals.map(({ key }) => key)).size).toBe(1)
  expect(shop.arrivals.length).toBeGreaterThanOrEqual(2)
})

test('kept until answered: a server that answers 500 is tried again, and the rest waits its turn', async () => {
  shop.mood = { status: 500 }
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 5)
  await shop.arrived(3)
  expect(new Set(shop.arrivals.map(({ n }) => n))).toEqual(new Set([0]))
  shop.mood = 'accepting'
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 5))
})

test('429 with Retry-After: the endpoint is left alone for as long', async () => {
  shop.mood = { status: 429, headers: { 'retry-after': '2' } }
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 3)
  await shop.arrived(1)
  shop.mood = 'accepting'
  await page.evaluate(() => globalThis.orders.idle())
  expect(shop.taken).toEqual(numbers(0, 3))
  // An early timer is a broken promise; a late one is a busy machine. Timers may be early by the clock's granularity.
  expect(shop.arrivals[1]!.at - shop.arrivals[0]!.at).toBeGreaterThanOrEqual(1_990)
})

test('a message that the server rejects with 422 is a dead letter with its reason, and the rest goes on', async () => {
  shop.unwanted = new Set([1])
  const page = await browser.openShop(shop.url)
  await enqueue(page, 0, 3)
  await idle(page)
  expect(shop.taken).toEqual([0, 2])
  const letters = await page.evaluate(async () => {
    const all = []
    for await (const letter of globalThis.orders.deadLetters()) all.push(letter)
    return all
  })
  expect(letters).toMatchObject([
    { body: { n: 1 }, reason: 'rejected', status: 422, excerpt: expect.stringContaining('Nobody wants 1') as string },
  ])
  shop.unwanted = new Set()
  expect(await page.evaluate(() => globalThis.orders.redrive())).toBe(1)
  await idle(page)
  expect(shop.taken).toEqual([0, 2, 1])
})

testWith(
  'offline-switch',
  'it heals itself: offline nothing is tried, and the browser’s word that the connection is back wakes the worker',
  async () => {
    const page = await browser.openShop(shop.url)
    await idle(page)
    const told = page.evaluate(() => new Promise((resolve) => addEventListener('offline', () => resolve(true), { once: true })))
    await browser.context.setOffline(true)
    await told
    await enqueue(page, 0, 3)
    expect(shop.arrivals).toHaveLength(0)
    await browser.context.setOffline(false)
    await page.evaluate(() => globalThis.orders.idle())
    expect(shop.taken).toEqual(numbers(0, 3))
  },
)
