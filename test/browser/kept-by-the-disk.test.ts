import { describe, expect, test } from 'vitest'
import type { Page } from 'playwright'
import type { EnqueueOptions, OpenOptions } from '../../src/index.ts'
import { idle } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

type Order = { n: number }

useShop()

const GROUPS: Partial<OpenOptions<Order>> = { order: 'group', onDead: 'halt', keepReceipts: { age: 3_600_000, number: 100 } }

/** Enqueues one order; its id. */
function enqueue(page: Page, n: number, options: EnqueueOptions = {}): Promise<string> {
  return page.evaluate(async ([number, given]) => (await globalThis.orders.enqueue({ n: number }, given)).id, [n, options] as const)
}

/** The bodies that wait, by state. */
function waiting(page: Page): Promise<Record<string, number[]>> {
  return page.evaluate(async () => {
    const found: Record<string, number[]> = {}
    for await (const { state, body } of globalThis.orders.messages()) (found[state] ??= []).push(body.n)
    return found
  })
}

describe('after the browser was killed', () => {
  test('a halted group is halted, a paused one paused, and both go on in their order', async () => {
    shop.unwanted = new Set([1])
    const page = await browser.openShop(shop.url, GROUPS)
    await page.evaluate(() => globalThis.orders.pause({ group: 'paused' }))
    for (const n of [1, 2]) await enqueue(page, n, { group: 'halted' })
    for (const n of [3, 4]) await enqueue(page, n, { group: 'paused' })
    await enqueue(page, 5, { group: 'healthy' })
    await page.evaluate(() => globalThis.orders.idle({ group: 'healthy' }))
    await until(page, async () => (await globalThis.orders.depth({ group: 'halted' })).halted)
    await browser.killAndRestart()
    const again = await browser.openShop(shop.url, GROUPS)
    await enqueue(again, 6, { group: 'healthy' })
    await again.evaluate(() => globalThis.orders.idle({ group: 'healthy' }))
    expect(shop.taken).toEqual([5, 6])
    expect(await again.evaluate(() => globalThis.orders.depth())).toMatchObject({ ready: 3, dead: 1, stopped: 2 })
    shop.unwanted = new Set()
    await again.evaluate(() => globalThis.orders.redrive())
    await again.evaluate(() => globalThis.orders.resume({ group: 'paused' }))
    await idle(again)
    expect(shop.taken.filter((n) => n < 3)).toEqual([1, 2])
    expect(shop.taken.filter((n) => n === 3 || n === 4)).toEqual([3, 4])
    expect(await again.evaluate(() => globalThis.orders.depth())).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })

  test('a delayed message waits for its time, one that expired is a dead letter, and one that was cancelled is gone', async () => {
    shop.mood = 'away'
    const page = await browser.openShop(shop.url)
    await page.evaluate(() => globalThis.orders.pause())
    await enqueue(page, 1, { delay: 3_600_000 })
    await enqueue(page, 2, { ttl: 1 })
    const cancelled = await enqueue(page, 3)
    await enqueue(page, 4)
    expect(await page.evaluate((id) => globalThis.orders.cancel(id), cancelled)).toBe('cancelled')
    await browser.killAndRestart()
    shop.mood = 'accepting'
    const again = await browser.openShop(shop.url)
    expect(await waiting(again)).toEqual({ ready: [2, 4], delayed: [1] })
    await again.evaluate(() => globalThis.orders.resume())
    await until(again, async () => {
      const { ready, leased } = await globalThis.orders.depth()
      return ready + leased === 0
    })
    expect(shop.taken).toEqual([4])
    expect(await waiting(again)).toEqual({ delayed: [1] })
    const dead = await again.evaluate(async () => {
      const letters = []
      for await (const { reason, body } of globalThis.orders.deadLetters()) letters.push([reason, body?.n])
      return letters
    })
    expect(dead).toEqual([['expired', 2]])
  })

  test('receipts say what became of messages before, and the newest draft is the one that waits', async () => {
    const draft = { group: 'draft', dedupKey: 'draft', onDuplicate: 'latest' } as const
    const page = await browser.openShop(shop.url, GROUPS)
    const delivered = await enqueue(page, 1, { group: 'a' })
    await page.evaluate(() => globalThis.orders.idle())
    await page.evaluate(() => globalThis.orders.pause())
    const ids = [await enqueue(page, 7, draft), await enqueue(page, 8, draft)]
    // What was told is settled relaxed: it is on the disk once a strict transaction has followed.
    await browser.killAndRestart()
    const again = await browser.openShop(shop.url, GROUPS)
    expect(ids[0]).toBe(ids[1])
    expect(await again.evaluate(async (id) => (await globalThis.orders.receipt(id).delivered).status, delivered)).toBe(200)
    expect(await again.evaluate((id) => globalThis.orders.receipt(id).status(), ids[0]!)).toBe('ready')
    await enqueue(again, 9, draft)
    await again.evaluate(() => globalThis.orders.resume())
    await idle(again)
    expect(shop.taken).toEqual([1, 9])
  })

  test('an attempt that was under way is remembered: its body stays as it is, and a later one stands behind it', async () => {
    const draft = { dedupKey: 'draft', onDuplicate: 'replace' } as const
    shop.mood = 'hanging'
    const page = await browser.openShop(shop.url)
    const first = await enqueue(page, 1, draft)
    await shop.arrived(1)
    await browser.killAndRestart()
    const again = await browser.openShop(shop.url, { timeout: 200 })
    const second = await enqueue(again, 2, draft)
    expect(second).not.toBe(first)
    shop.mood = 'accepting'
    await idle(again)
    expect(shop.taken).toEqual([1, 2])
    expect(new Set(shop.arrivals.map(({ key, n }) => `${key} ${n}`)).size).toBe(2)
  })
})
