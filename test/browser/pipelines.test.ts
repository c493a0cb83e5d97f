import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import type { Queue } from '../../src/index.ts'
import { numbers } from './browser.ts'
import { contentsOf } from './contents.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

interface Step {
  readonly n: number
}

declare global {
  // What the tests put into the page.
  var steps: Queue<Step>
  /** When what was stored is due. */
  var dues: number[]
}

async function openPage(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  return page
}

/** A page in which each step is followed by an order. */
async function openPipeline(): Promise<Page> {
  const page = await openPage()
  await page.evaluate(() => {
    const { ack, openQueue } = globalThis.holdfast
    const orders = openQueue<Step>('orders', { endpoint: '/orders', order: 'none' })
    const steps = openQueue<Step>('steps', { consumers: true, order: 'none' })
    steps.consume(({ body }) => ack({ enqueue: [[orders, body]] }), { concurrency: 4 })
    Object.assign(globalThis, { orders, steps })
  })
  return page
}

test('a pipeline neither loses nor doubles a step, though the browser is killed in the midst of it, again and again', async () => {
  const all = numbers(0, 120)
  let page = await openPipeline()
  await page.evaluate(async (ns) => void (await globalThis.steps.enqueueAll(ns.map((n) => ({ n })))), all)
  for (const arrived of [20, 50, 80]) {
    await shop.until(() => shop.firstArrivals.length >= arrived)
    await browser.killAndRestart()
    page = await openPipeline()
  }
  await shop.took(all.length)
  await page.evaluate(() => globalThis.steps.idle().then(() => globalThis.orders.idle()))
  expect(shop.taken.toSorted((a, b) => a - b)).toEqual(all)
  // What was ever stored, whatever was sent again of it.
  const { tail } = await contentsOf(page)
  expect(tail.next - 1).toBe(all.length)
})

test.each([{ every: 1_000 }, { cron: '* * * * * *' }])(
  'a schedule of two tabs, %j, comes once each time, and goes on in the one when the other is closed',
  async (timing) => {
    const open = async (): Promise<Page> => {
      const page = await openPage()
      await page.evaluate(async (when) => {
        globalThis.orders = globalThis.holdfast.openQueue('orders', { endpoint: '/orders' })
        globalThis.dues = []
        globalThis.orders.subscribe((event) => event.type === 'enqueued' && globalThis.dues.push(event.due!))
        await globalThis.orders.schedule('tick', { ...when, body: { n: 7 } })
      }, timing)
      return page
    }
    const first = await open()
    const second = await open()
    await shop.arrived(2)
    await first.close()
    await until(second, () => globalThis.dues.length > 2)
    await second.evaluate(() => globalThis.orders.unschedule('tick'))
    await second.evaluate(() => globalThis.orders.idle())
    // One key for each time: nothing was stored twice.
    const keys = new Set(shop.arrivals.map(({ key }) => key))
    const { tail } = await contentsOf(second)
    expect(tail.next - 1).toBe(keys.size)
    const dues = await second.evaluate(() => globalThis.dues)
    expect(new Set(dues).size).toBe(dues.length)
  },
)
