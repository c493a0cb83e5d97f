import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import type { QueueEvent } from '../../src/index.ts'
import { enqueue, idle, numbers, openOrders } from './browser.ts'
import { devTools } from './chromium.ts'
import { testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

test('the page never waits: queues of one page share one worker, and the page itself never touches IndexedDB', async () => {
  const page = await browser.openShop(shop.url)
  await page.evaluate(() => {
    globalThis.indexedDB.open = () => {
      throw new Error('the page touched IndexedDB')
    }
  })
  const event = await page.evaluate(async () => {
    const invoices = globalThis.holdfast.openQueue('invoices', { endpoint: '/orders', blockedStorage: 'memory' })
    await invoices.enqueue({ n: 1 })
    await invoices.idle()
    await globalThis.orders.enqueue({ n: 2 })
    await globalThis.orders.idle()
    return globalThis.started
  })
  expect(event).toEqual({ type: 'host-started', host: 'worker' })
  expect(shop.taken).toEqual([1, 2])
  expect(page.workers()).toHaveLength(1)
})

test('the worker ends with the last queue of the page, and starts again with the next', async () => {
  const page = await browser.openShop(shop.url)
  await idle(page)
  expect(page.workers()).toHaveLength(1)
  const closed = page.workers()[0]!.waitForEvent('close')
  await page.evaluate(() => globalThis.orders.close())
  await closed
  await openOrders(page)
  await enqueue(page, 0, 3)
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 3))
})

const startedOn = (page: Page): Promise<QueueEvent> => page.evaluate(() => globalThis.started)

const NOT_LOADED = 'The worker did not start: its file could not be loaded'

test('where the worker’s file does not load, as bundlers have it that do not ship it, the worker is made from its text, and says why', async () => {
  const page = await browser.context.newPage()
  await page.route('**/auto-worker.js', (route) => route.fulfill({ status: 404 }))
  await page.goto(shop.url)
  await openOrders(page)
  expect(await startedOn(page)).toEqual({ type: 'host-started', host: 'inline', reason: NOT_LOADED })
  await enqueue(page, 0, 3)
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 3))
  expect(page.workers().map((worker) => worker.url().slice(0, 5))).toEqual(['blob:'])
})

test.each(["default-src 'self' 'unsafe-inline'", "worker-src 'none'"])(
  'where the page’s security policy forbids that too, the queue works in place, and says why: %s',
  async (policy) => {
    const page = await browser.context.newPage()
    await page.route('**/auto-worker.js', (route) => route.fulfill({ status: 404 }))
    await page.route(shop.url, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
    })
    await page.goto(shop.url)
    await openOrders(page)
    expect(await startedOn(page)).toMatchObject({ host: 'in-place', reason: expect.stringMatching(/^The worker .*; The worker /) })
    await enqueue(page, 0, 3)
    await idle(page)
    expect(shop.taken).toEqual(numbers(0, 3))
    expect(page.workers()).toHaveLength(0)
  },
)

test('under the strictest of policies that allows it at all, the worker is the packaged one', async () => {
  const page = await browser.context.newPage()
  await page.route(shop.url, async (route) => {
    const response = await route.fetch()
    const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; worker-src 'self'; connect-src 'self'"
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
  })
  await page.goto(shop.url)
  await openOrders(page)
  expect(await startedOn(page)).toEqual({ type: 'host-started', host: 'worker' })
})

test('in place, the same host runs in the page', async () => {
  const page = await browser.openShop(shop.url, { host: 'in-place' })
  await enqueue(page, 0, 50)
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 50))
  expect(page.workers()).toHaveLength(0)
})

test('headers that the page gives to the ready-made worker are asked for in the page, through one callback', async () => {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  const asked = await page.evaluate(async () => {
    let token = 0
    const headers = (): HeadersInit => ({ authorization: `Bearer ${++token} of ${document.title}` })
    const orders = globalThis.holdfast.openQueue('orders', { endpoint: '/orders', headers: headers })
    await Promise.all([1, 2, 3].map((n) => orders.enqueue({ n })))
    await orders.idle()
    return token
  })
  expect(asked).toBe(1)
  expect(shop.arrivals.map(({ authorization }) => authorization)).toEqual(Array(3).fill('Bearer 1 of shop'))
})

test('a worker of one’s own serves definitions that page and worker share', async () => {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  const body = await page.evaluate(async () => {
    const worker = (): Worker => new Worker('/own-worker.js', { type: 'module' })
    const orders = globalThis.holdfast.openQueue('orders', { endpoint: '/orders', worker })
    const { delivered } = await orders.enqueue({ n: 1 })
    return (await delivered).body
  })
  expect(body).toEqual({ number: 1 })
  expect(shop.arrivals[0]?.authorization).toBe('from the worker')
})

test('a worker of one’s own that does not load, or serves no queue, is an error and not a silence', async () => {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  const codes = await page.evaluate(async () => {
    const codeWith = async (name: string, file: string): Promise<unknown> => {
      const worker = (): Worker => new Worker(file, { type: 'module' })
      const queue = globalThis.holdfast.openQueue(name, { endpoint: '/orders', worker })
      return queue.enqueue({ n: 1 }).catch((error: unknown) => (globalThis.holdfast.isQueueError(error) ? error.code : error))
    }
    return [await codeWith('orders', '/nowhere.js'), await codeWith('invoices', '/own-worker.js')]
  })
  expect(codes).toEqual(['host-failed', 'not-served'])
})

test('where nothing of the library’s loads that is to come later, a queue says so, and one that is opened when it loads works', async () => {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  const later = /auto-worker|in-place|worker-text/
  await page.route(later, (route) => route.abort())
  const code = await page.evaluate(() => {
    const orders = globalThis.holdfast.openQueue('orders', { endpoint: '/orders' })
    return orders.enqueue({ n: 1 }).catch((error: unknown) => (globalThis.holdfast.isQueueError(error) ? error.code : error))
  })
  expect(code).toBe('host-failed')
  await page.unroute(later)
  await openOrders(page)
  await enqueue(page, 2, 1)
  await idle(page)
  expect(shop.taken).toEqual([2])
})

test.each(['worker', 'in-place'] as const)(
  'a queue that is closed while its host starts (%s) is closed there too, and another tab drains it',
  async (host) => {
    // Another queue keeps the host up.
    const page = await browser.openShop(shop.url, { host })
    const leaders = await page.evaluate(async (where) => {
      const invoices = globalThis.holdfast.openQueue('invoices', { endpoint: '/orders', host: where })
      await invoices.close()
      await globalThis.orders.idle()
      const { held } = await navigator.locks.query()
      return held?.flatMap(({ name }) => (name?.endsWith('/leader') ? [name] : []))
    }, host)
    expect(leaders).toEqual(['holdfast/orders/leader'])
    const other = await browser.openShop(shop.url)
    await other.evaluate(async () => {
      const invoices = globalThis.holdfast.openQueue('invoices', { endpoint: '/orders' })
      await invoices.enqueue({ n: 1 })
      await invoices.idle()
    })
    expect(shop.taken).toEqual([1])
  },
)

test('calls that are under way when the queue is closed, and its worker stopped, end all the same', async () => {
  const page = await browser.openShop(shop.url)
  shop.unwanted = new Set(numbers(0, 300))
  await enqueue(page, 0, 300)
  await idle(page)
  // A tab that does not lead closes at once.
  const other = await browser.openShop(shop.url)
  const ends = await other.evaluate(async () => {
    const { orders, holdfast } = globalThis
    await orders.depth()
    const calls = [orders.redrive(), orders.depth(), orders.pause()].map((call) =>
      call.then(
        () => 'done',
        (error: unknown) => (holdfast.isQueueError(error) ? error.code : error),
      ),
    )
    await orders.close()
    return Promise.all(calls)
  })
  expect(ends).toHaveLength(3)
  for (const end of ends) expect(['done', 'closed']).toContain(end)
})

testWith(
  'little-space',
  'a full disk: the enqueue is refused with storage-full; what was stored stays, and goes out when there is space',
  async () => {
    const page = await browser.context.newPage()
    await page.goto(shop.url)
    // Before anything is stored: Chromium goes by what it knew of the quota for thirty seconds.
    const session = await devTools(browser.context, page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(shop.url).origin, quotaSize: 3_000_000 })
    await openOrders(page)
    await page.evaluate(() => globalThis.orders.pause())
    const { stored, code } = await page.evaluate(async () => {
      for (let stored = 0; ; stored++) {
        // Random, since Chromium compresses what it stores.
        const filler = Array.from({ length: 50_000 }, () => Math.random().toString(36).slice(2))
        try {
          await globalThis.orders.enqueue({ n: stored, filler } as unknown as { n: number })
        } catch (error) {
          return { stored, code: globalThis.holdfast.isQueueError(error) ? error.code : String(error) }
        }
      }
    })
    expect(code).toBe('storage-full')
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(10)
    expect(await page.evaluate(() => globalThis.orders.depth())).toMatchObject({ ready: stored })
    await browser.killAndRestart()
    const again = await browser.openShop(shop.url)
    await again.evaluate(() => globalThis.orders.resume())
    await idle(again)
    expect(shop.taken).toEqual(numbers(0, stored))
  },
)
