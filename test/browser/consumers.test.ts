import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import type { Consumer, Queue } from '../../src/index.ts'
import { numbers } from './browser.ts'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop(A_PROCESS_FOR_EACH_TAB)

/** Handles a number by telling the shop, so that one has it in hand for some time; and dies of those that it is told to. */
const WORKER = `
import { consume, defineQueue } from './dist/consumer.js'
const sums = defineQueue('sums', { consumers: true, order: 'group' })
const who = crypto.randomUUID()
consume(sums, async ({ body, attempt }) => {
  await fetch('/begun', { method: 'POST', body: JSON.stringify({ ...body, attempt, who }) })
  if (body.kills > attempt - 1) close()
  if (body.hangs > attempt - 1) for (;;);
  await fetch('/ended', { method: 'POST', body: JSON.stringify({ ...body, attempt, who }) })
  return body.n * 2
}, { lease: 3_000 })`

interface Work {
  readonly n: number
  readonly kills?: number
  readonly hangs?: number
}

declare global {
  // What the tests put into the page.
  var sums: Queue<Work>
  var pool: Consumer
}

interface Seen extends Work {
  readonly attempt: number
  /** Which worker. */
  readonly who: string
}

/** What the handlers have begun and ended, in order. */
let begun: Seen[] = []
let ended: Seen[] = []
let seen = (): void => {}

function useWorker(): void {
  begun = []
  ended = []
  shop.scripts.set('/sums.worker.js', WORKER)
  for (const [path, all] of [
    ['/begun', begun],
    ['/ended', ended],
  ] as const) {
    shop.others.set(path, async (request) => {
      all.push((await request.json()) as Seen)
      seen()
      return new Response()
    })
  }
}

async function open(size?: number): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate((count) => {
    const sums = globalThis.holdfast.openQueue<Work>('sums', {
      consumers: true,
      order: 'group',
      backoff: { first: 10, longest: 10 },
      maxAttempts: 4,
      keepReceipts: { age: 60_000, number: 1_000 },
    })
    globalThis.sums = sums
    if (count) globalThis.pool = sums.consumeInWorkers(() => new Worker('/sums.worker.js', { type: 'module' }), { size: count })
  }, size)
  return page
}

/** Enqueues each in a group of its own, and gives what the handlers return. */
function handled(page: Page, all: readonly Work[]): Promise<unknown[]> {
  return page.evaluate(async (works) => {
    const receipts = await Promise.all(works.map((work) => globalThis.sums.enqueue(work, { group: `g${work.n}` })))
    return Promise.all(
      receipts.map(({ delivered }) =>
        delivered.then(
          ({ body }) => body,
          (error: { code: string }) => error.code,
        ),
      ),
    )
  }, all)
}

test('a pool of workers handles what is enqueued, each message once, and adding workers has more in hand at once', async () => {
  useWorker()
  const page = await open(3)
  const all = numbers(0, 30).map((n) => ({ n }))
  expect(await handled(page, all)).toEqual(all.map(({ n }) => n * 2))
  expect(ended.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(numbers(0, 30))
})

test('a worker that dies in the midst of a message is replaced, and the message is handled again; one that kills each time is dead in the end', async () => {
  useWorker()
  const page = await open(2)
  const answers = await handled(page, [{ n: 1 }, { n: 2, kills: 1 }, { n: 3, kills: 99 }, { n: 4 }])
  expect(answers).toEqual([2, 4, 'dead-lettered', 8])
  expect(begun.filter(({ n }) => n === 2).map(({ attempt }) => attempt)).toEqual([1, 2])
  expect(begun.filter(({ n }) => n === 3)).toHaveLength(4)
})

test('a worker that hangs loses its lease and its place: another handles the message', async () => {
  useWorker()
  const page = await open(1)
  expect(await handled(page, [{ n: 1, hangs: 1 }, { n: 2 }])).toEqual([2, 4])
  expect(begun.filter(({ n }) => n === 1).map(({ attempt }) => attempt)).toEqual([1, 2])
})

test('consumers of two tabs share the messages; when the tab that leads crashes, the other goes on, and nothing is in two hands', async () => {
  useWorker()
  const leader = await open(1)
  const other = await open(1)
  const all = numbers(0, 40).map((n) => ({ n }))
  const answers = handled(other, all)
  await new Promise<void>((resolve) => (seen = () => ended.length >= 10 && resolve()))
  await browser.crash(leader)
  expect(await answers).toEqual(all.map(({ n }) => n * 2))
  // What the crashed tab's worker had in hand, or had done and nobody had settled, was handed out again; nothing else was.
  const survivor = begun.at(-1)!.who
  const again = begun.filter(({ n }, place) => begun.findIndex((other) => other.n === n) < place)
  for (const { n, who } of again) {
    expect(who).toBe(survivor)
    expect(begun.find((first) => first.n === n)!.who).not.toBe(survivor)
  }
})

test('a pool that is closed finishes what it has in hand, and its workers end', async () => {
  useWorker()
  const page = await open(2)
  await handled(page, [{ n: 1 }, { n: 2 }])
  await page.evaluate(() => globalThis.pool.close())
  await page.evaluate(() => globalThis.sums.enqueue({ n: 3 }))
  expect(await page.evaluate(() => globalThis.sums.depth())).toMatchObject({ ready: 1, leased: 0 })
  expect(begun.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual([1, 2])
})

test('a pool whose worker has another URL than was thought, or consumes another queue, tells its page so', async () => {
  useWorker()
  const page = await open()
  const told = await page.evaluate(() => {
    const pool = (name: string, url: string): Promise<string> => {
      const queue = globalThis.holdfast.openQueue(name, { consumers: true })
      queue.consumeInWorkers(() => new Worker(url, { type: 'module' }), { size: 1 })
      return new Promise((resolve) => queue.subscribe((event) => event.type === 'pool-worker-failed' && resolve(event.message)))
    }
    return Promise.all([pool('mistyped', '/sum.worker.js'), pool('others', '/sums.worker.js')])
  })
  expect(told).toEqual(['It did not load', 'It consumes another queue, and not this one'])
})
