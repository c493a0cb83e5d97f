import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'
import type { Queue } from '../../src/producer/queue.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** Enqueues into a server that fails, and resolves when the next attempt has its time. */
async function held(reaction: Reaction): Promise<{ tab: Tab; orders: Queue<string> }> {
  world.server.next(reaction)
  const tab = world.openTab()
  const orders = tab.open<string>()
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  await scheduled
  return { tab, orders }
}

describe('backoff', () => {
  test('doubles from a second to five minutes', async () => {
    world.server.react = unreachable
    const orders = world.open()
    await orders.enqueue('x')
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      const { due } = await heard(orders, 'retry-scheduled')
      waits.push(due - world.clock.now())
      world.clock.jump(due - world.clock.now())
      await world.clock.armedWithin(60_000)
      world.clock.advance(60_000)
    }
    expect(waits.map((wait) => wait / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
  })

  test('has full jitter: anything between nothing and its longest', async () => {
    world.random = () => 0.25
    world.server.react = unreachable
    const orders = world.open()
    await orders.enqueue('x')
    expect((await heard(orders, 'retry-scheduled')).due - world.clock.now()).toBe(250)
  })

  test('starts anew with the next message', async () => {
    world.server.next(unreachable, unreachable, status(200), unreachable)
    const orders = world.open()
    await Promise.all([orders.enqueue('x'), orders.enqueue('y')])
    await heard(orders, 'retry-scheduled')
    world.clock.advance(1_000)
    await heard(orders, 'retry-scheduled')
    world.clock.advance(2_000)
    expect((await heard(orders, 'retry-scheduled')).due - world.clock.now()).toBe(1_000)
  })

  test('survives a reload', async () => {
    const { orders } = await held(status(500))
    await orders.close()
    const again = world.open()
    expect(await again.depth()).toMatchObject({ ready: 1, due: world.clock.now() + 1_000 })
    await world.clock.armedWithin(1_000)
    expect(world.server.arrivals).toHaveLength(1)
    world.clock.advance(1_000)
    await again.idle()
  })

  test('is not cut short by an enqueue', async () => {
    const { orders } = await held(status(500))
    await world.clock.armedWithin(1_000)
    await orders.enqueue('y')
    await world.clock.armedWithin(1_000)
    expect(world.server.arrivals).toHaveLength(1)
  })

  test.each(['online', 'visible'] as const)('is cut short when the page says %s', async (signal) => {
    const { tab, orders } = await held(unreachable)
    await tab.signal(signal)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })

  test.each(['drain', 'retryNow'] as const)('is cut short by %s()', async (verb) => {
    const { orders } = await held(status(500))
    await orders[verb]()
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })
})

describe('Retry-After', () => {
  test.each([
    ['seconds', { 'retry-after': '120' }, 120_000],
    [
      'a date, by the clock of the server',
      { 'retry-after': 'Thu, 01 Jan 2015 00:02:00 GMT', date: 'Thu, 01 Jan 2015 00:00:00 GMT' },
      120_000,
    ],
    ['a date that is over, at which backoff takes its place', { 'retry-after': 'Thu, 01 Jan 2015 00:00:00 GMT' }, 1_000],
    ['at once, at which backoff takes its place', { 'retry-after': '0' }, 1_000],
    ['more than an hour, of which an hour is granted', { 'retry-after': '86400' }, 3_600_000],
    ['less than nothing, at which backoff takes its place', { 'retry-after': '-1' }, 1_000],
    ['a fraction, at which backoff takes its place', { 'retry-after': '1.5' }, 1_000],
    ['a date as HTTP writes none, at which backoff takes its place', { 'retry-after': '2100-01-01' }, 1_000],
    ['nonsense, at which backoff takes its place', { 'retry-after': 'soon' }, 1_000],
  ])('is %s', async (_, headers, wait) => {
    world.server.next(status(429, headers))
    const orders = world.open()
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue('x')
    expect((await scheduled).due - world.clock.now()).toBe(wait)
  })

  test('is kept when the connection returns, but not when the user asks', async () => {
    const { tab, orders } = await held(status(503, { 'retry-after': '50' }))
    await world.clock.armedWithin(50_000)
    await tab.signal('online')
    await world.clock.armedWithin(50_000)
    expect(world.server.arrivals).toHaveLength(1)
    await orders.retryNow()
    await orders.idle()
  })
})

describe('offline', () => {
  test('nothing is tried, no attempt is counted, and the connection’s return wakes the queue', async () => {
    const tab = world.openTab()
    const orders = tab.open<string>()
    await orders.depth()
    await tab.signal('offline')
    await orders.enqueue('x')
    await world.clock.armedWithin(60_000)
    for (let minute = 0; minute < 10; minute++) {
      world.clock.advance(60_000)
      await world.clock.armedWithin(60_000)
    }
    expect(world.server.arrivals).toHaveLength(0)
    await tab.signal('online')
    await orders.idle()
    expect(world.server.bodies).toEqual(['x'])
  })

  test('retryNow tries all the same: the browser’s word may be wrong', async () => {
    const tab = world.openTab()
    const orders = tab.open<string>()
    await orders.depth()
    await tab.signal('offline')
    await orders.enqueue('x')
    await orders.retryNow()
    await orders.idle()
  })

  test('in place in a worker, which would not hear that the connection is back, the browser’s word at the start does not count', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    vi.stubGlobal('addEventListener', () => {})
    const orders = world.open<string>()
    await orders.enqueue('x')
    await orders.idle()
    vi.unstubAllGlobals()
  })

  test('a connection that returns while a lost attempt is ending is not missed', async () => {
    world.server.next(silence)
    const tab = world.openTab()
    const orders = tab.open<string>()
    await orders.enqueue('x')
    await world.server.arrived(1)
    await tab.signal('online')
    world.server.hangUp()
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })
})

describe('clocks', () => {
  test('one that was set back an hour makes no wait longer than it was', async () => {
    const { orders } = await held(unreachable)
    await world.clock.armedWithin(1_000)
    world.clock.jump(-3_600_000)
    world.clock.advance(1_000)
    await world.clock.armedWithin(1_000)
    world.clock.advance(1_000)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })

  test('one that was set forward a year only makes what waits due', async () => {
    const { orders } = await held(unreachable)
    await world.clock.armedWithin(1_000)
    world.clock.jump(365 * 86_400_000)
    world.clock.advance(1_000)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })
})

test('a wake-up is always armed while the queue is not empty', async () => {
  const { orders } = await held(unreachable)
  await world.clock.armedWithin(60_000)
  expect(await orders.depth()).toMatchObject({ ready: 1 })
  expect(world.clock.armed).toBe(1)
})
