import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import { collect, heard, heardTimes, World } from '../world/world.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { QueueEvent } from '../../src/message/event.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** Lets the next attempt have its time, once this one has failed. */
async function next(orders: Queue<never> | Queue, scheduled = heard(orders, 'retry-scheduled')): Promise<void> {
  const { due } = await scheduled
  world.clock.advance(due - world.clock.now())
}

function eventsOf(orders: Queue<never> | Queue, type: QueueEvent['type']): QueueEvent[] {
  const events: QueueEvent[] = []
  ;(orders as Queue).subscribe((event) => void (event.type === type && events.push(event)))
  return events
}

describe('the trail of a message', () => {
  test('tells of each attempt when it began, how long it took, and what came of it', async () => {
    const start = world.clock.now()
    world.server.next(unreachable, status(503), status(500), async () => {
      world.clock.advance(70)
      return new Response('no', { status: 422 })
    })
    const orders = world.open<string>()
    await orders.enqueue('x')
    for (let failures = 0; failures < 3; failures++) await next(orders)
    await orders.idle()
    expect(await collect(orders.deadLetters())).toMatchObject([
      {
        trail: [
          { at: start, took: 0, result: 'unreachable' },
          { at: start + 1_000, took: 0, result: 'busy', status: 503 },
          { at: start + 3_000, took: 0, result: 'failed', status: 500 },
          { took: 70, result: 'rejected', status: 422 },
        ],
      },
    ])
  })

  test('is of the last ten attempts', async () => {
    world.server.react = status(500)
    const orders = world.open<string>({ maxAttempts: 12 })
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x')
    for (let failures = 0; failures < 11; failures++) await next(orders)
    const { trail } = await dead
    expect(trail).toHaveLength(10)
    expect(trail?.at(-1)?.at).toBe(world.clock.now())
  })

  test('is kept over a reload', async () => {
    world.server.react = status(500)
    const before = world.open<string>({ maxAttempts: 2 })
    await before.enqueue('x')
    await heard(before, 'retry-scheduled')
    await before.close()
    const after = world.open<string>({ maxAttempts: 2 })
    const dead = heard(after, 'dead-lettered')
    await after.retryNow()
    expect((await dead).trail).toMatchObject([{ status: 500 }, { status: 500 }])
  })

  test('tells of an attempt that closing has cut short: the server may have it', async () => {
    world.server.next(silence)
    const before = world.open<string>()
    await before.enqueue('x')
    await world.server.arrived(1)
    const leased = heard(before, 'leased')
    world.clock.advance(25)
    await leased
    const closed = before.close()
    await world.clock.armedWithin(2_000)
    world.clock.advance(2_000)
    await closed
    world.server.next(status(422))
    const after = world.open<string>()
    const dead = heard(after, 'dead-lettered')
    expect(await heard(after, 'leased')).toMatchObject({ attempt: 2 })
    expect(await dead).toMatchObject({ attempts: 1, maybeDelivered: true, trail: [{ result: 'stopped' }, { result: 'rejected' }] })
  })
})

describe('a message of its own kind', () => {
  test('may take as many attempts as it says, whatever its queue says', async () => {
    world.server.react = status(500)
    const orders = world.open<string>({ maxAttempts: 1 })
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x', { maxAttempts: 2 })
    await next(orders)
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 2 })
  })

  test.each([
    ['its own', {}, { backoff: { first: 100, longest: 250 } }],
    ['its queue’s', { backoff: { first: 100, longest: 250 } }, {}],
  ])('waits after failures for %s backoff', async (_, ofQueue, ofMessage) => {
    world.server.react = status(500)
    const orders = world.open<string>(ofQueue)
    const waits: number[] = []
    orders.subscribe((event) => {
      if (event.type === 'retry-scheduled') waits.push(event.due - world.clock.now())
    })
    await orders.enqueue('x', ofMessage)
    for (let failures = 0; failures < 4; failures++) await next(orders)
    expect(waits.slice(0, 4)).toEqual([100, 200, 250, 250])
  })

  test('goes out under a key of the caller’s own', async () => {
    const orders = world.open<string>()
    await orders.enqueue('x', { idempotencyKey: 'order-"7"' })
    await orders.idle()
    expect(world.server.arrivals[0]?.headers.get('idempotency-key')).toBe('"order-\\"7\\""')
  })
})

describe('a message that is never answered', () => {
  /** Lets attempts be made, each of which ends unanswered. */
  async function attempts(orders: Queue<string>, count: number): Promise<void> {
    for (let made = 0; made < count; made++) await next(orders)
  }

  test('is suspected after five times, when its endpoint answers a question; from then on that counts', async () => {
    world.server.react = unreachable
    world.server.reactToQuestion = status(405)
    const orders = world.open<string>({ maxAttempts: 2 })
    const suspected = eventsOf(orders, 'suspected')
    const dead = heard(orders, 'dead-lettered')
    const { id } = await orders.enqueue('x')
    await attempts(orders, 4)
    expect(suspected).toEqual([])
    await attempts(orders, 2)
    expect(suspected).toEqual([{ type: 'suspected', id }])
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 2, status: 0, maybeDelivered: true })
    expect(suspected).toHaveLength(1)
    expect(world.server.arrivals).toHaveLength(7)
    expect(world.server.questions[0]).toMatchObject({ method: 'HEAD', url: 'https://shop.example/orders' })
  })

  test('is suspected without a question where others were answered meanwhile', async () => {
    world.server.react = async (request) => ((await request.text()) === '"x"' ? unreachable(request) : new Response())
    // The endpoint is looked at again before the message has its time.
    let asked = 0
    world.random = () => (asked++ % 2 === 0 ? 1 - Number.EPSILON : 0.1)
    const orders = world.open<string>({ order: 'group' })
    const suspected = heard(orders, 'suspected')
    const { id } = await orders.enqueue('x', { group: 'a' })
    await heard(orders, 'retry-scheduled')
    const { delivered } = await orders.enqueue('y', { group: 'b' })
    await world.passUntil(delivered)
    await world.passUntil(suspected)
    expect(await suspected).toEqual({ type: 'suspected', id })
    expect(world.server.questions).toHaveLength(0)
  })

  test('is not suspected while nothing is reached, and no attempt counts', async () => {
    world.server.react = unreachable
    const orders = world.open<string>({ maxAttempts: 1 })
    const suspected = eventsOf(orders, 'suspected')
    await orders.enqueue('x')
    await attempts(orders, 12)
    await heard(orders, 'retry-scheduled')
    expect(suspected).toEqual([])
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
  })

  test('is blamed for nothing while the device is offline, though it is suspected', async () => {
    world.server.react = unreachable
    world.server.reactToQuestion = status(200)
    const orders = world.open<string>({ maxAttempts: 1 })
    const suspected = heard(orders, 'suspected')
    await orders.enqueue('x')
    await attempts(orders, 4)
    await suspected
    world.server.reactToQuestion = unreachable
    await orders.retryNow()
    await heardTimes(orders, 'retry-scheduled', 1)
    await attempts(orders, 0)
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
  })
})
