import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { silence, status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { Life } from '../world/life.ts'
import { traced } from '../world/traced.ts'
import { collect, heard, heardTimes, turns, World } from '../world/world.ts'

interface Order {
  customer: string
  n: number
}

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const byCustomer: Partial<OpenOptions<Order>> = { group: ({ customer }) => customer }

function open(options: Partial<OpenOptions<Order>> = {}): Queue<Order> {
  return world.openTab().open<Order>({ ...byCustomer, ...options })
}

const enqueue = (queue: Queue<Order>, customer: string, count: number, from = 0): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, i) => queue.enqueue({ customer, n: from + i })))

/** What arrived of one customer, in order. */
const arrived = (customer: string): number[] =>
  world.server.arrivals.map(({ body }) => body as Order).flatMap((order) => (order.customer === customer ? [order.n] : []))

/** A server that does something else for one customer. */
const unlucky =
  (customer: string, reaction: Reaction): Reaction =>
  async (request) =>
    ((await request.clone().json()) as Order).customer === customer ? reaction(request) : new Response()

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('in order within a group', () => {
  test('groups go side by side, up to `concurrency`, each in its order and one at a time', async () => {
    const underWay = new Map<string, number>()
    let most = 0
    world.server.react = async (request) => {
      const { customer } = (await request.clone().json()) as Order
      underWay.set(customer, (underWay.get(customer) ?? 0) + 1)
      most = Math.max(most, ...underWay.values())
      await new Promise((resolve) => setImmediate(resolve))
      underWay.set(customer, underWay.get(customer)! - 1)
      return new Response()
    }
    const orders = open({ concurrency: 4 })
    await orders.pause()
    await Promise.all(numbers(30).flatMap((n) => numbers(10).map((c) => orders.enqueue({ customer: `c${c}`, n }))))
    await orders.resume()
    await orders.idle()
    expect(most).toBe(1)
    expect(world.server.mostAtOnce).toBe(4)
    for (const c of numbers(10)) expect(arrived(`c${c}`)).toEqual(numbers(30))
  })

  test('a group that fails holds up nobody else, keeps its order, and goes on when its time has come', async () => {
    world.server.react = unlucky('a', status(500))
    const orders = open()
    const scheduled = heard(orders, 'retry-scheduled')
    const accepted = heardTimes(orders, 'accepted', 100)
    await Promise.all([enqueue(orders, 'a', 5), enqueue(orders, 'b', 50), enqueue(orders, 'c', 50)])
    await Promise.all([scheduled, accepted])
    await world.clock.armedWithin(1_000)
    expect(arrived('b')).toEqual(numbers(50))
    expect(arrived('c')).toEqual(numbers(50))
    expect(arrived('a')).toEqual([0])
    expect(await orders.depth()).toMatchObject({ ready: 5, leased: 0, due: world.clock.now() + 1_000 })
    await enqueue(orders, 'a', 5, 5)
    world.server.react = () => new Response()
    world.clock.advance(1_000)
    await orders.idle()
    expect(arrived('a')).toEqual([0, ...numbers(10)])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
  })

  test('what is behind survives a reload, with its attempts and its time', async () => {
    world.server.react = unlucky('a', status(500))
    const before = open({ maxAttempts: 2 })
    const scheduled = heard(before, 'retry-scheduled')
    await enqueue(before, 'a', 3)
    await scheduled
    await before.close()
    const after = open({ maxAttempts: 2 })
    expect(await after.depth()).toMatchObject({ ready: 3, due: world.clock.now() + 1_000 })
    const dead = heard(after, 'dead-lettered')
    await world.clock.armedWithin(1_000)
    expect(arrived('a')).toEqual([0])
    world.clock.advance(1_000)
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 2 })
    expect(arrived('a').slice(0, 2)).toEqual([0, 0])
  })

  test('a dead letter in the middle leaves no gap, and is redriven into its group', async () => {
    world.server.react = async (request) => (((await request.clone().json()) as Order).n === 1 ? status(422)(request) : new Response())
    const orders = open()
    await Promise.all([enqueue(orders, 'a', 3), enqueue(orders, 'b', 3)])
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 2, bytes: 0 })
    expect(await collect(orders.deadLetters())).toMatchObject([{ group: 'a' }, { group: 'b' }])
    world.server.react = () => new Response()
    expect(await orders.redrive()).toBe(2)
    await orders.idle()
    expect(arrived('a')).toEqual([0, 1, 2, 1])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0 })
  })
})

describe('nobody is starved', () => {
  test.each([15, 16, 17, 500, 1_200])('a group with one message is served, though %i of a slow one stand before it', async (count) => {
    let finish!: () => void
    world.server.next(() => new Promise((resolve) => (finish = () => resolve(new Response()))))
    const orders = open({ concurrency: 2 })
    await enqueue(orders, 'slow', count)
    await world.server.arrived(1)
    await enqueue(orders, 'b', 1)
    await world.server.arrived(2)
    expect(arrived('b')).toEqual([0])
    expect(arrived('slow')).toEqual([0])
    finish()
    await orders.idle()
    expect(arrived('slow')).toEqual(numbers(count))
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('groups that are behind are served in turn', async () => {
    world.server.react = status(500)
    const orders = open({ concurrency: 1 })
    for (const customer of ['a', 'b', 'c']) {
      const scheduled = heard(orders, 'retry-scheduled')
      await enqueue(orders, customer, 4)
      await scheduled
    }
    world.server.arrivals.length = 0
    world.server.react = () => new Response()
    await orders.retryNow()
    await orders.idle()
    const customers = world.server.arrivals.map(({ body }) => (body as Order).customer)
    expect(customers.slice(0, 3).sort()).toEqual(['a', 'b', 'c'])
    for (const start of [0, 3, 6, 9]) expect(customers.slice(start, start + 3)).toEqual(customers.slice(0, 3))
  })

  test('groups that wait for a retry cost the healthy ones nothing, however many, at the start of the worker too', async () => {
    const cost = async (waiting: number): Promise<{ open: number; deliver: number; mostLoaded: number }> => {
      world = new World()
      world.server.react = async (request) =>
        ((await request.clone().json()) as Order).customer.startsWith('x') ? status(409, { 'retry-after': '1' })(request) : new Response()
      const before = open({ concurrency: 50 })
      let failed = 0
      const allFailed = new Promise<void>((resolve) => {
        before.subscribe(({ type }) => {
          if (type === 'retry-scheduled' && ++failed === waiting) resolve()
        })
      })
      await Promise.all(numbers(waiting).map((n) => before.enqueue({ customer: `x${n}`, n })))
      if (waiting > 0) await allFailed
      await before.close()
      const tab = world.openTab()
      let orders!: Queue<Order>
      const opened = await traced(async () => {
        orders = tab.open<Order>(byCustomer)
        expect(await orders.depth()).toMatchObject({ ready: waiting })
        await world.clock.armedWithin(60_000)
      })
      const delivered = await traced(async () => {
        const { delivered: answer } = await orders.enqueue({ customer: 'healthy', n: 1 })
        await answer
      })
      await world.end()
      return { open: opened.requests.length, deliver: delivered.requests.length, mostLoaded: opened.mostLoaded }
    }
    const few = await cost(10)
    const many = await cost(2_000)
    expect(many.open).toBeLessThanOrEqual(few.open)
    expect(many.deliver).toBeLessThanOrEqual(few.deliver + 1)
    expect(many.mostLoaded).toBeLessThanOrEqual(few.mostLoaded)
    world = new World()
  }, 60_000)
})

describe('an endpoint that is away', () => {
  test('costs a request now and then, and not one for each group', async () => {
    world.server.react = unreachable
    const orders = open({ concurrency: 4 })
    let scheduled = 0
    orders.subscribe(({ type }) => void (scheduled += Number(type === 'retry-scheduled')))
    const failed = heard(orders, 'endpoint-failed')
    await Promise.all(numbers(100).map((n) => orders.enqueue({ customer: `c${n}`, n })))
    await failed
    // As many as were under way at once when the first failed.
    const first = world.server.arrivals.length
    expect(first).toBeLessThanOrEqual(4)
    await vi.waitFor(() => expect(scheduled).toBe(first), 20_000)
    await world.clock.armedWithin(1_000)
    for (const requests of [first + 1, first + 2, first + 3]) {
      world.clock.advance(world.clock.next!)
      await vi.waitFor(() => expect(scheduled).toBe(requests), 20_000)
      expect(world.server.arrivals).toHaveLength(requests)
      await world.clock.armedWithin(60_000)
    }
    world.server.react = () => new Response()
    await orders.retryNow()
    await orders.idle()
    expect(new Set(world.server.bodies.map((body) => (body as Order).n)).size).toBe(100)
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })
})

describe('a queue without order', () => {
  test('has a window of `concurrency` under way, and a message that fails waits aside', async () => {
    world.server.next(status(500))
    world.server.react = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return new Response()
    }
    const orders = world.openTab().open<Order>({ order: 'none', concurrency: 3 })
    const events: QueueEvent[] = []
    orders.subscribe((event) => events.push(event))
    const scheduled = heard(orders, 'retry-scheduled')
    const accepted = heardTimes(orders, 'accepted', 39)
    await enqueue(orders, 'a', 40)
    await Promise.all([scheduled, accepted])
    await world.clock.armedWithin(1_000)
    expect(new Set(arrived('a'))).toEqual(new Set(numbers(40)))
    expect(world.server.mostAtOnce).toBe(3)
    expect(await orders.depth()).toMatchObject({ ready: 1 })
    world.clock.advance(1_000)
    await orders.idle()
    expect(world.server.arrivals).toHaveLength(41)
    expect(events.filter(({ type }) => type === 'accepted')).toHaveLength(40)
  })
})

describe('what was set aside', () => {
  test('is listed first, group by group, and then the rest', async () => {
    world.server.react = unlucky('a', status(500))
    const orders = open()
    const scheduled = heard(orders, 'retry-scheduled')
    await enqueue(orders, 'a', 3)
    await scheduled
    await orders.pause()
    await enqueue(orders, 'b', 2)
    expect(await collect(orders.messages())).toMatchObject([
      { group: 'a', body: { n: 0 }, state: 'ready' },
      { group: 'a', body: { n: 1 } },
      { group: 'a', body: { n: 2 } },
      { group: 'b', body: { n: 0 } },
      { group: 'b', body: { n: 1 } },
    ])
  })

  test('is listed behind what is under way of its group, also where the leader of that is gone', async () => {
    world.server.react = silence
    const tab = world.openTab({}, undefined, undefined, new Life(() => {}))
    const orders = tab.open<Order>(byCustomer)
    await enqueue(orders, 'a', 3)
    await turns()
    await orders.pause({ group: 'a' })
    await enqueue(orders, 'b', 1)
    await turns()
    const listed = async (queue: Queue<Order>): Promise<unknown> =>
      (await collect(queue.messages())).map(({ body, state }) => `${body.customer}${body.n} ${state}`)
    expect(await listed(orders)).toEqual(['a0 leased', 'a1 ready', 'a2 ready', 'b0 leased'])
    expect(await orders.depth({ group: 'a' })).toMatchObject({ ready: 2, leased: 1 })
    tab.kill()
    const later = open()
    await turns()
    expect(await listed(later)).toEqual(['a0 ready', 'a1 ready', 'a2 ready', 'b0 leased'])
  })

  test('a clock that was set back makes no wait longer than it was', async () => {
    world.server.next(status(500))
    const orders = open()
    const scheduled = heard(orders, 'retry-scheduled')
    await enqueue(orders, 'a', 1)
    await scheduled
    await world.clock.armedWithin(1_000)
    world.clock.jump(-3_600_000)
    world.clock.advance(1_000)
    await orders.idle()
    expect(arrived('a')).toEqual([0, 0])
  })

  test('goes first where the next release of the app has no groups any more', async () => {
    world.server.react = unlucky('a', status(500))
    const before = open()
    const scheduled = heard(before, 'retry-scheduled')
    await enqueue(before, 'a', 2)
    await scheduled
    await before.close()
    world.server.react = () => new Response()
    const after = world.openTab().open<Order>()
    await after.enqueue({ customer: 'a', n: 2 })
    await after.retryNow()
    await after.idle()
    expect(arrived('a')).toEqual([0, 0, 1, 2])
  })
})

describe('a group', () => {
  test('may be given with a message', async () => {
    const orders = world.openTab().open<number>({ order: 'group' })
    await orders.pause()
    await orders.enqueue(1, { group: 'a' })
    await orders.enqueue(2)
    expect(await collect(orders.messages())).toMatchObject([{ body: 1, group: 'a' }, { body: 2 }])
  })

  test.each([
    [{ group: 7 }, 'Expected `group` to be a string of at most 256 characters, got 7 (number)'],
    [
      { group: 'x'.repeat(257) },
      'Expected `group` to be a string of at most 256 characters, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" (string)',
    ],
    [{ grup: 'a' }, expect.stringContaining('Unknown option `grup`; known are group,')],
    ['a', 'Expected `options` to be an object, got "a" (string)'],
  ])('%j is refused, and nothing is stored', async (options, message) => {
    const orders = world.openTab().open<number>({ order: 'group' })
    await expect(orders.enqueue(1, options as { group: string })).rejects.toMatchObject({ code: 'invalid-option', message })
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0 })
  })

  test('is refused in a queue that has none', async () => {
    await expect(world.open().enqueue(1, { group: 'a' })).rejects.toMatchObject({
      code: 'invalid-option',
      message: 'Expected no `group` in a queue with `order: \'queue\'`, got "a" (string)',
    })
  })

  test.each([
    [{ concurrency: 2 }, "Expected `concurrency` to be 1 with `order: 'queue'`, got 2: one message goes after the other"],
    [{ order: 'none', group: () => 'a' }, "Expected `group` only with `order: 'group'`, got `order: 'none'`"],
    [{ order: 'group', concurrency: 0 }, 'Expected `concurrency` to be a whole number from 1 to 100, got 0 (number)'],
    [{ group: 'a' }, 'Expected `group` to be a function that gives the group of a body, got "a" (string)'],
  ])('options that contradict each other are refused: %o', (options, message) => {
    expect(() => world.open(options as unknown as Partial<OpenOptions>)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
    )
  })
})

test('depth tells since when the head waits, also when all that is left is parked', async () => {
  world.server.react = status(500)
  const orders = world.open<string>({ order: 'group' })
  const start = world.clock.now()
  const held = heardTimes(orders, 'retry-scheduled', 2)
  await Promise.all([orders.enqueue('a', { group: 'a' }), orders.enqueue('b', { group: 'b' })])
  await held
  world.clock.jump(10)
  expect(await orders.depth()).toMatchObject({ ready: 2, oldest: start })
})
