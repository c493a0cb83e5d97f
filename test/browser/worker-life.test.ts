import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { enqueue, idle, numbers } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What the test puts into the page.
  var made: Worker[]
  var told: string[]
}

useShop()

/** A page that keeps the workers that it makes, and what it is told of them. */
async function openPage(file?: string): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate((own) => {
    globalThis.made = []
    globalThis.told = []
    globalThis.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given)
        globalThis.made.push(this)
      }
    }
    const worker = own === undefined ? {} : { worker: () => new Worker(own, { type: 'module' }) }
    globalThis.orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders', ...worker })
    globalThis.orders.subscribe(({ type }) => type.startsWith('host-') && globalThis.told.push(type))
  }, file)
  return page
}

test.each([
  ['the ready-made one', undefined],
  ['one’s own', '/own-worker.js'],
])('a worker that is terminated is started again, and what it was asked and what it was sending go on: %s', async (_, file) => {
  const page = await openPage(file)
  shop.mood = 'hanging'
  await enqueue(page, 0, 1)
  await shop.arrived(1)
  shop.mood = 'accepting'
  await page.evaluate(async () => {
    const { orders, made } = globalThis
    const asked = Array.from({ length: 5 }, (_, i) => orders.enqueue({ n: i + 1 }))
    // They are on their way, and none is answered.
    await Promise.resolve()
    made[0]!.terminate()
    await Promise.all(asked)
  })
  await idle(page)
  expect(shop.taken).toEqual(numbers(0, 6))
  const [told, made] = await page.evaluate(() => [globalThis.told, globalThis.made.length] as const)
  expect(told).toEqual(['host-started', 'host-lost', 'host-started'])
  expect(made).toBe(2)
})

test('a worker that ends itself while it sends a message, each time, ends that message, and no other', async () => {
  const page = await openPage('/mortal-worker.js')
  await page.evaluate(async () => {
    const { openQueue } = globalThis.holdfast
    globalThis.orders = openQueue<{ n: number }>('mortal', {
      endpoint: '/orders',
      maxAttempts: 1,
      worker: () => new Worker('/mortal-worker.js', { type: 'module' }),
    })
    for (const n of [1, 13, 2]) await globalThis.orders.enqueue({ n })
  })
  await idle(page)
  const letters = await page.evaluate(async () => {
    const all = []
    for await (const { body, reason, trail } of globalThis.orders.deadLetters())
      all.push({ body, reason, trail: trail?.map(({ result }) => result) })
    return all
  })
  expect(letters).toEqual([{ body: { n: 13 }, reason: 'attempts-exhausted', trail: ['crashed'] }])
  expect(shop.taken).toEqual([1, 2])
})
