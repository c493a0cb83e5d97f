import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import type { Queue } from '../../src/index.ts'
import { createReceiver } from '../../src/receiver.ts'
import { idle, numbers } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'

useShop()

const MESSAGES = 600
const GROUPS = 7
const ofGroup = (all: readonly number[], group: number): number[] => all.filter((n) => n % GROUPS === group)

const open = (): Promise<Page> => browser.openShop(shop.url, { endpoint: '/batches', batch: { messages: 40 }, order: 'group' })

/** Numbers, as data; some as bytes, and some of those so large that they lie beside their message. */
async function enqueueAll(page: Page): Promise<void> {
  await page.evaluate(
    async ([count, groups]) => {
      const bodyOf = (n: number): unknown => {
        if (n % 5 > 0) return { n }
        const padding = ' '.repeat(n % 50 === 0 ? 100_000 : 0)
        return new Blob([String(n), padding], { type: 'text/plain' })
      }
      const queue = globalThis.orders as unknown as Queue<unknown>
      await Promise.all(Array.from({ length: count }, (_, n) => queue.enqueue(bodyOf(n), { group: `g${n % groups}` })))
    },
    [MESSAGES, GROUPS] as const,
  )
}

test('data and bytes go many in a request: each takes effect once, and each group in order, though answers are lost, messages fail for a while, and the browser is killed', async () => {
  const taken: number[] = []
  const types = new Set<string>()
  let [times, requests] = [0, 0]
  const receive = createReceiver<{ n: number } | Blob>({
    contentTypes: ['text/plain'],
    async handle({ body }) {
      const n = body instanceof Blob ? Number(await body.text()) : body.n
      if (++times % 23 === 0) return new Response(null, { status: 503, headers: { 'retry-after': '0' } })
      taken.push(n)
      types.add(body instanceof Blob ? body.type : 'data')
      return { n }
    },
  })
  let half!: () => void
  const halfway = new Promise<void>((resolve) => (half = resolve))
  shop.others.set('/batches', async (request) => {
    const answer = await receive(request)
    if (taken.length > MESSAGES / 2) half()
    if (++requests % 5 === 0) throw new Error('the connection is cut before the answer')
    return answer
  })
  const page = await open()
  await enqueueAll(page)
  await halfway
  await browser.killAndRestart()
  const after = await open()
  await idle(after)
  expect(taken.toSorted((a, b) => a - b)).toEqual(numbers(0, MESSAGES))
  for (const group of numbers(0, GROUPS)) expect(ofGroup(taken, group)).toEqual(ofGroup(numbers(0, MESSAGES), group))
  expect(types).toEqual(new Set(['data', 'text/plain']))
  // Those that lie beside their message go by themselves: without batches there were as many requests as messages.
  expect(requests).toBeLessThan(MESSAGES / 2)
  expect(await after.evaluate(() => globalThis.orders.depth())).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
})
