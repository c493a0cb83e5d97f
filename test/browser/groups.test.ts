import { expect, test, vi } from 'vitest'
import type { Page } from 'playwright'
import { idle, numbers } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

const GROUPS = 10

/** A tab whose orders go in ten groups, by their last digit. */
async function openGroups(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate((groups) => {
    globalThis.orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders', group: ({ n }) => `g${n % groups}` })
  }, GROUPS)
  return page
}

async function enqueue(page: Page, count: number): Promise<void> {
  await page.evaluate((length) => Promise.all(Array.from({ length }, (_, n) => globalThis.orders.enqueue({ n }))), count)
}

const ofGroup = (all: number[], group: number): number[] => all.filter((n) => n % GROUPS === group)

test('groups go side by side, each in order, over a browser that is killed in the middle', async () => {
  void enqueue(await openGroups(), 600).catch(() => {})
  await shop.arrived(100)
  await browser.killAndRestart()
  await idle(await openGroups())
  expect(shop.taken.toSorted((a, b) => a - b)).toEqual(numbers(0, 600))
  for (const group of numbers(0, GROUPS)) {
    expect(ofGroup(shop.taken, group)).toEqual(ofGroup(numbers(0, 600), group))
    expect(ofGroup(shop.firstArrivals, group)).toEqual(ofGroup(numbers(0, 600), group))
  }
  expect(shop.mostAtOnce).toBeGreaterThan(1)
})

test('a group that fails holds up nobody else, also after its browser was killed, and goes on in order', async () => {
  shop.failing = new Set([3])
  const page = await openGroups()
  await enqueue(page, 200)
  await shop.took(180)
  await browser.killAndRestart()
  const again = await openGroups()
  expect(ofGroup(shop.taken, 3)).toEqual([])
  // What was answered and not settled when the browser died is sent again, and answered again.
  await vi.waitFor(async () => {
    const { ready, leased, dead } = await again.evaluate(() => globalThis.orders.depth())
    expect({ waiting: ready + leased, dead }).toEqual({ waiting: 20, dead: 0 })
  }, 10_000)
  shop.failing = new Set()
  await idle(again)
  expect(ofGroup(shop.taken, 3)).toEqual(ofGroup(numbers(0, 200), 3))
  expect(shop.taken).toHaveLength(200)
})
