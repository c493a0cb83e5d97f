import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import { audit } from '../world/audit.ts'
import { seeded } from '../world/random.ts'
import { enqueue, idle, numbers } from './browser.ts'
import { contentsOf } from './contents.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What the test puts into the page.
  var tellStored: (n: number) => Promise<void>
}

const GROUPS = 10
const KILLS_PER_TAB = 12

/** Where the numbers of each tab that enqueues begin. */
const TABS = [0, 100_000] as const

useShop()

const ofGroup = (all: number[], group: number): number[] => all.filter((n) => n % GROUPS === group)
const isUnwanted = (n: number): boolean => n % 17 === 0

async function openPage(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  return page
}

interface Round {
  /** The first number to be enqueued; nothing is where there is none. */
  readonly from: number | undefined
  /** At which event that is heard the worker is killed. */
  readonly killAt: number
}

/**
 * In the page: opens the queue with a new worker, enqueues one call after the other, and kills the worker at an event: by then it is in the midst of
 * something else. Gives the number to go on with.
 */
async function round({ from, killAt }: Round): Promise<number> {
  let worker!: Worker
  const orders = globalThis.holdfast.openQueue<{ n: number }>('orders', {
    endpoint: '/orders',
    group: ({ n }) => `g${n % 10}`,
    worker: () => (worker = new Worker('/dist/auto-worker.js', { type: 'module' })),
  })
  const kill = new AbortController()
  const killed = new Promise((resolve) => kill.signal.addEventListener('abort', resolve))
  let heard = 0
  orders.subscribe(() => {
    if (++heard !== killAt) return
    worker.terminate()
    kill.abort()
  })
  if (from === undefined) await killed
  let next = from ?? 0
  while (!kill.signal.aborted) {
    const some = [next++, next++, next++]
    await Promise.allSettled(some.map((n) => orders.enqueue({ n }).then(() => globalThis.tellStored(n))))
  }
  await orders.close()
  return next
}

/** When each worker of a tab is killed. */
function killsOf(seed: number): () => number {
  const random = seeded(seed)
  return () => 1 + Math.floor(random() * 40)
}

/** One tab only drains; after each kill, the counters are compared with the contents. */
async function drain(): Promise<void> {
  const killAt = killsOf(1)
  const page = await openPage()
  for (let kills = 0; kills < KILLS_PER_TAB; kills++) {
    await page.evaluate(round, { from: undefined, killAt: killAt() })
    audit(await contentsOf(page))
  }
}

/** Another enqueues, until it is told to stop: most of its workers are killed, and with some their page is closed. */
async function enqueueAll(from: number, stop: AbortSignal): Promise<void> {
  const killAt = killsOf(from + 2)
  let page = await openPage()
  let next = from
  for (let kills = 0; kills < KILLS_PER_TAB || !stop.aborted; kills++) {
    if (kills % 4 < 3) next = await page.evaluate(round, { from: next, killAt: killAt() })
    else {
      void page.evaluate(round, { from: next, killAt: Infinity }).catch(() => {})
      await shop.arrived(shop.arrivals.length + killAt())
      await page.close()
      page = await openPage()
      next += 1_000
    }
  }
}

test('while two tabs enqueue and one drains, workers are killed in the midst of anything: nothing is lost or doubled, and counts are right', async () => {
  const stored = new Set([1])
  await browser.context.exposeFunction('tellStored', (n: number) => void stored.add(n))
  shop.failing = new Set([3])
  shop.unwanted = new Set(TABS.flatMap((from) => numbers(from, 50_000)).filter(isUnwanted))
  // The database is there before it is read.
  const first = await browser.openShop(shop.url)
  await enqueue(first, 1, 1)
  await first.close()

  const stop = new AbortController()
  await Promise.all([drain().finally(() => stop.abort()), ...TABS.map((from) => enqueueAll(from + 10, stop.signal))])
  shop.failing = new Set()
  const last = await browser.openShop(shop.url, { order: 'group' })
  await idle(last)

  const { dead, ahead, behind } = audit(await contentsOf(last), await last.evaluate(() => globalThis.orders.depth()))
  expect([...ahead, ...behind]).toEqual([])
  const buried = dead.map(({ body }) => (JSON.parse(body as string) as { n: number }).n)
  expect(buried.filter((n) => !isUnwanted(n))).toEqual([])
  expect(new Set(shop.taken).size).toBe(shop.taken.length)
  const arrived = new Set([...shop.taken, ...buried])
  expect([...stored].filter((n) => !arrived.has(n))).toEqual([])
  for (const from of TABS) {
    const own = (all: number[]): number[] => all.filter((n) => n >= from && n < from + 100_000)
    for (const group of numbers(0, GROUPS)) {
      for (const all of [ofGroup(own(shop.taken), group), ofGroup(own(shop.firstArrivals), group)]) {
        expect(all).toEqual(all.toSorted((a, b) => a - b))
      }
    }
  }
})
