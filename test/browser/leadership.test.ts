import { beforeEach, expect, test } from 'vitest'
import type { Page } from 'playwright'
import { audit } from '../world/audit.ts'
import { idle, numbers, openOrders } from './browser.ts'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { contentsOf } from './contents.ts'
import { testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What the tests put into the page.
  var tellStored: (n: number) => Promise<void>
  var tellGained: (tab: number) => Promise<void>
  var heard: string[]
}

/** Within which another tab must have taken over, in milliseconds. What it takes is printed. */
const LONGEST = 30_000

/** So long those that are frozen or hang are left so, in milliseconds. */
const FROZEN = 14_000

useShop(A_PROCESS_FOR_EACH_TAB)
beforeEach(() => void (shop.pace = 30))

const GROUPS = 4
const ordered = (all: readonly number[]): number[] => all.toSorted((a, b) => a - b)
const pause = (length: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, length))

/** A tab whose messages are of four groups, of which the page remembers what happens to it. */
async function openTab(host: 'worker' | 'in-place'): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await openOrders(page, { order: 'group', concurrency: 2, host })
  await page.evaluate(() => {
    globalThis.heard = []
    globalThis.orders.subscribe(({ type }) => void globalThis.heard.push(type))
  })
  await page.evaluate(() => globalThis.orders.depth())
  return page
}

async function enqueueGrouped(page: Page, from: number, count: number): Promise<void> {
  await page.evaluate(
    async ([first, length, groups]) => {
      const all = Array.from({ length }, (_, i) => first + i)
      await Promise.all(all.map((n) => globalThis.orders.enqueue({ n }, { group: `g${n % groups}` })))
    },
    [from, count, GROUPS] as const,
  )
}

interface Course {
  readonly leader: Page
  readonly other: Page
  /** When the leader was hurt, and what had arrived by then. */
  readonly hurtAt: number
  readonly before: number
}

/** One tab leads, and is hurt in the midst of its drain; the other enqueues on, and must take over. */
async function takeOver(name: string, hurt: (leader: Page) => Promise<void>, host: 'worker' | 'in-place' = 'worker'): Promise<Course> {
  const leader = await openTab(host)
  const other = await openTab('worker')
  await enqueueGrouped(leader, 0, 200)
  await shop.took(40)
  const [old] = shop.arrivals
  await hurt(leader)
  const hurtAt = Date.now()
  // What was on its way has arrived.
  await pause(200)
  const before = shop.arrivals.length
  expect(shop.taken.length).toBeLessThan(200)
  await enqueueGrouped(other, 200, 40)
  const isOld = ({ epoch }: { epoch: number }): boolean => epoch === old!.epoch
  while (shop.arrivals.every(isOld)) await shop.arrived(shop.arrivals.length + 1)
  const took = shop.arrivals.find((arrival) => !isOld(arrival))!.at - hurtAt
  console.log(`takeover, ${name}: ${took} ms`)
  expect(took).toBeLessThan(LONGEST)
  return { leader, other, hurtAt, before }
}

/**
 * Stops the leader in the midst of its drain, but not of a transaction: that would stay open, and browsers have all others wait for it. So the server answers
 * nothing until all that it has answered is settled.
 */
async function stopBetweenTransactions(leader: Page, stop: () => Promise<void> | void): Promise<void> {
  shop.mood = 'hanging'
  // Twice: what the server had taken as it was told to hang is answered by then.
  for (let times = 0; times < 2;) {
    const { ready, leased } = await leader.evaluate(() => globalThis.orders.depth())
    if (ready + leased === 200 - shop.taken.length) times += 1
  }
  await stop()
  shop.mood = 'accepting'
}

/** Everything has arrived, in order, and once in effect. */
async function checkAll(page: Page, count: number): Promise<void> {
  await idle(page)
  expect(ordered(shop.taken)).toEqual(numbers(0, count))
  for (const group of numbers(0, GROUPS)) {
    for (const all of [shop.taken, shop.firstArrivals].map((of) => of.filter((n) => n % GROUPS === group)))
      expect(all).toEqual(ordered(all))
  }
  const { ahead, behind } = audit(await contentsOf(page), await page.evaluate(() => globalThis.orders.depth()))
  expect([...ahead, ...behind]).toEqual([])
}

/** The old leader is back: it settles nothing and sends nothing, is told, and leads again when its turn comes. */
async function checkReturn({ leader, other }: Course): Promise<void> {
  await idle(other)
  const sent = shop.arrivals.length
  await until(leader, () => globalThis.heard.includes('leadership-lost'))
  await pause(2_000)
  expect(shop.arrivals.length).toBe(sent)
  await checkAll(other, 240)
  await other.close()
  await enqueueGrouped(leader, 240, 10)
  await checkAll(leader, 250)
}

/** Lets the frozen time end, and shows how little the old leader still sent. */
async function wakeAndCheck(course: Course, name: string, old: number): Promise<void> {
  const late = shop.arrivals.slice(course.before).filter(({ epoch }) => epoch === old).length
  console.log(`sent by the old leader after it was back, ${name}: ${late}`)
  // What the browser had been given before.
  expect(late).toBeLessThanOrEqual(2)
  await checkReturn(course)
}

test('closed: when the tab that leads is closed in the midst of its drain, another goes on at once', async () => {
  const { other } = await takeOver('closed tab', (leader) => leader.close())
  await checkAll(other, 240)
})

test('crashed: when the process of the tab that leads crashes, another goes on at once', async () => {
  const { other } = await takeOver('crashed tab', (leader) => browser.crash(leader))
  await checkAll(other, 240)
})

/** In a page, or a worker: does nothing else for as long. */
function hang(length: number): void {
  for (const end = Date.now() + length; Date.now() < end;) Math.random()
}

async function begun(hanging: Promise<void>): Promise<void> {
  hanging.catch(() => {})
  await pause(200)
}

/** Times that are waited for, and what a loaded machine adds. */
const PATIENCE = 120_000

test(
  'frozen: when the process of the tab that leads is stopped, another takes the lead from it; when it goes on it settles nothing and sends nothing',
  async () => {
    let pid = 0
    const course = await takeOver('frozen process', async (leader) => {
      pid = await browser.processOf(leader)
      await stopBetweenTransactions(leader, () => void process.kill(pid, 'SIGSTOP'))
    })
    const [{ epoch } = { epoch: 0 }] = shop.arrivals
    await pause(FROZEN - (Date.now() - course.hurtAt))
    await shop.took(240)
    process.kill(pid, 'SIGCONT')
    await pause(3_000)
    await wakeAndCheck(course, 'frozen process', epoch)
  },
  PATIENCE,
)

testWith(
  'hung-worker',
  'hung: when the worker that leads hangs in a loop, another takes the lead from it; when the loop ends it settles nothing and sends nothing',
  async () => {
    const course = await takeOver('hung worker', async (leader) => {
      const [worker] = leader.workers()
      await stopBetweenTransactions(leader, () => begun(worker!.evaluate(hang, FROZEN)))
    })
    const [{ epoch } = { epoch: 0 }] = shop.arrivals
    await pause(FROZEN + 1_000 - (Date.now() - course.hurtAt))
    await wakeAndCheck(course, 'hung worker', epoch)
  },
  { timeout: PATIENCE },
)

test(
  'hung in place: when the page whose main thread leads hangs, another takes the lead from it',
  async () => {
    const course = await takeOver(
      'hung page, in place',
      (leader) => stopBetweenTransactions(leader, () => begun(leader.evaluate(hang, FROZEN))),
      'in-place',
    )
    const [{ epoch } = { epoch: 0 }] = shop.arrivals
    await pause(FROZEN + 1_000 - (Date.now() - course.hurtAt))
    await wakeAndCheck(course, 'hung page, in place', epoch)
  },
  PATIENCE,
)

const TABS = 20
const KILLS = 10

/** In the page: tells when it leads, and enqueues one after the other, until it is told to stop. */
function enqueueOn([tab, from]: readonly [tab: number, from: number]): void {
  const { orders } = globalThis
  orders.subscribe(({ type }) => type === 'leadership-gained' && void globalThis.tellGained(tab))
  const enqueueNext = async (n: number): Promise<void> => {
    await orders.enqueue({ n }, { group: `g${tab}` })
    await globalThis.tellStored(n)
    setTimeout(() => void enqueueNext(n + 1), 100)
  }
  void enqueueNext(from)
}

test('twenty tabs enqueue at once, and the process of the one that leads crashes every second: everything arrives, in order', async () => {
  shop.pace = 5
  const stored = new Set<number>()
  let gained!: (tab: number) => void
  let leading = new Promise<number>((resolve) => (gained = resolve))
  await browser.context.exposeFunction('tellStored', (n: number) => void stored.add(n))
  await browser.context.exposeFunction('tellGained', (tab: number) => gained(tab))
  const pages = new Map<number, Page>()
  const open = async (tab: number): Promise<void> => {
    const page = await browser.context.newPage()
    await page.goto(shop.url)
    await openOrders(page, { order: 'group', concurrency: 4 })
    pages.set(tab, page)
    await page.evaluate(enqueueOn, [tab, tab * 10_000] as const)
  }
  for (const tab of numbers(0, TABS)) await open(tab)
  const times: number[] = []
  for (let kills = 0; kills < KILLS; kills++) {
    const tab = await leading
    leading = new Promise((resolve) => (gained = resolve))
    await pause(1_000)
    const leader = pages.get(tab)!
    const crashedAt = Date.now()
    await browser.crash(leader)
    await leading
    times.push(Date.now() - crashedAt)
    await leader.close()
    pages.delete(tab)
    // Another takes its place.
    await open(TABS + kills)
  }
  console.log(`takeover, ${TABS} tabs, the leader crashed each second: ${times.join(', ')} ms`)
  const [last, ...others] = [...pages.values()]
  await Promise.all(others.map((page) => page.close()))
  await last!.reload()
  await openOrders(last!, { order: 'group', concurrency: 4 })
  await idle(last!)
  expect(new Set(shop.taken).size).toBe(shop.taken.length)
  const arrived = new Set(shop.taken)
  expect([...stored].filter((n) => !arrived.has(n))).toEqual([])
  for (const tab of numbers(0, TABS + KILLS)) {
    const own = (all: readonly number[]): number[] => all.filter((n) => Math.floor(n / 10_000) === tab)
    for (const all of [own(shop.taken), own(shop.firstArrivals)]) expect(all).toEqual(ordered(all))
  }
  const { ahead, behind } = audit(await contentsOf(last!), await last!.evaluate(() => globalThis.orders.depth()))
  expect([...ahead, ...behind]).toEqual([])
}, 180_000)
