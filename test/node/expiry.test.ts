import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'
import type { Queue } from '../../src/producer/queue.ts'

const MINUTE = 60_000
const HOUR = 3_600_000

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** The server tells the time, which is ahead of ours by some seconds. */
let serverTime: () => number
beforeEach(() => void (serverTime = () => world.clock.elapsed() + START + 5_000))
const START = Date.UTC(2026, 0, 1)
const dated =
  (code = 200): Reaction =>
  () =>
    new Response(null, { status: code, headers: { date: new Date(serverTime()).toUTCString() } })

describe('a message whose time is over', () => {
  test('is not sent, and becomes a dead letter, reason expired', async () => {
    const orders = world.open<string>()
    await orders.pause()
    const dead = heard(orders, 'dead-lettered')
    const { id } = await orders.enqueue('x', { ttl: 10_000 })
    await orders.enqueue('y', { ttl: 10_001 })
    world.clock.advance(10_000)
    await orders.resume()
    expect(await dead).toEqual({
      type: 'dead-lettered',
      id,
      reason: 'expired',
      deadAt: world.clock.now(),
      attempts: 0,
      status: 0,
      excerpt: '',
      trail: [],
    })
    await orders.idle()
    expect(world.server.bodies).toEqual(['y'])
    expect(await collect(orders.deadLetters())).toMatchObject([{ body: 'x', reason: 'expired' }])
  })

  test('expires by its queue’s ttl, where it has none of its own', async () => {
    world.server.react = status(500)
    const orders = world.open<string>({ ttl: 5_000 })
    const start = world.clock.now()
    await orders.enqueue('x')
    const { deadAt } = await world.passUntil(heard(orders, 'dead-lettered'))
    expect(deadAt).toBe(start + 5_000)
  })

  test('does not wait longer for another attempt than it may live', async () => {
    world.server.react = status(429, { 'retry-after': '600' })
    const orders = world.open<string>()
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue('x', { ttl: 30_000 })
    expect((await scheduled).due).toBe(world.clock.now() + 30_000)
  })

  test('says whether the server may have it', async () => {
    world.server.react = unreachable
    const orders = world.open<string>()
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x', { ttl: 1_000 })
    await world.passUntil(dead)
    expect(await dead).toMatchObject({ reason: 'expired', maybeDelivered: true, attempts: 0, trail: [{ result: 'unreachable' }] })
  })

  test('says that the server has not, where it has answered', async () => {
    world.server.react = status(500)
    const orders = world.open<string>()
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x', { ttl: 1_000 })
    await world.passUntil(dead)
    expect(await dead).toMatchObject({ reason: 'expired', attempts: 1, status: 500 })
    expect(await dead).not.toHaveProperty('maybeDelivered')
  })

  test('expires after a reload too', async () => {
    const before = world.open<string>()
    await before.pause()
    await before.enqueue('x', { ttl: 10_000 })
    await before.close()
    world.clock.advance(HOUR)
    const after = world.open<string>()
    const dead = heard(after, 'dead-lettered')
    await after.resume()
    expect(await dead).toMatchObject({ reason: 'expired' })
    expect(world.server.arrivals).toHaveLength(0)
  })

  test('is not sent though it expired while headers were asked for', async () => {
    const orders = world.open<string>({
      headers: () => {
        world.clock.advance(10_000)
        return {}
      },
    })
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x', { ttl: 10_000 })
    expect(await dead).toMatchObject({ reason: 'expired' })
    expect(world.server.arrivals).toHaveLength(0)
  })

  test('leaves an endpoint alone that is away: that it is buried says nothing of that', async () => {
    world.server.react = unreachable
    const orders = world.open<string>({ order: 'group' })
    const failed = heard(orders, 'endpoint-failed')
    await orders.enqueue('x', { group: 'a', ttl: 400 })
    await failed
    const again = heard(orders, 'endpoint-failed')
    await orders.enqueue('y', { group: 'b' })
    expect(await orders.depth()).toMatchObject({ ready: 2 })
    await world.passUntil(again)
    expect((await again).due - world.clock.now()).toBe(2_000)
  })
})

describe('a clock that is not to be relied on', () => {
  /** A queue that has heard a server's time, and a message that may live for an hour. */
  async function known(): Promise<Queue<string>> {
    world.server.react = dated()
    const orders = world.open<string>()
    await orders.enqueue('first')
    await orders.idle()
    await orders.pause()
    await orders.enqueue('x', { ttl: HOUR })
    return orders
  }

  test('that was set forward a year lets nothing expire: the server says what time it is', async () => {
    const orders = await known()
    world.clock.jump(365 * 24 * HOUR)
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual(['first', 'x'])
    expect(world.server.questions).toHaveLength(1)
    expect(await orders.depth()).toMatchObject({ dead: 0 })
  })

  test('that was set forward while nothing was open, likewise', async () => {
    const before = await known()
    await before.close()
    world.clock.jump(365 * 24 * HOUR)
    const orders = world.open<string>()
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual(['first', 'x'])
    expect(await orders.depth()).toMatchObject({ dead: 0 })
  })

  test('stands still while the device sleeps: what has expired meanwhile has', async () => {
    const orders = await known()
    const asleep = 2 * HOUR
    world.clock.jump(asleep)
    serverTime = () => world.clock.elapsed() + START + 5_000 + asleep
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({ reason: 'expired' })
    expect(world.server.questions).toHaveLength(1)
  })

  test('is corrected once, and then goes on from there', async () => {
    const orders = await known()
    world.clock.jump(365 * 24 * HOUR)
    await orders.resume()
    await orders.idle()
    await orders.pause()
    await orders.enqueue('y', { ttl: HOUR })
    await orders.enqueue('z', { ttl: 400 * 24 * HOUR })
    world.clock.advance(MINUTE)
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual(['first', 'x', 'y', 'z'])
    expect(world.server.questions).toHaveLength(1)
  })

  test('is not decided upon while the server does not answer: nothing is sent, and nothing expires', async () => {
    const orders = await known()
    world.clock.jump(365 * 24 * HOUR)
    world.server.reactToQuestion = unreachable
    const failed = heard(orders, 'endpoint-failed')
    await orders.resume()
    const { due } = await failed
    await world.clock.armedWithin(due - world.clock.now())
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
    world.server.reactToQuestion = dated()
    await world.passUntil(orders.idle())
    expect(world.server.bodies).toEqual(['first', 'x'])
  })

  test('is not waited for longer than for any answer', async () => {
    const orders = await known()
    world.clock.jump(365 * 24 * HOUR)
    world.server.reactToQuestion = silence
    const failed = heard(orders, 'endpoint-failed')
    await orders.resume()
    await world.passUntil(failed)
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
  })

  test('is believed where the server tells no time', async () => {
    const orders = await known()
    world.clock.jump(365 * 24 * HOUR)
    world.server.reactToQuestion = status(405)
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({ reason: 'expired' })
  })

  test('is believed where no server has ever told the time, and nobody is asked', async () => {
    const orders = world.open<string>()
    await orders.pause()
    await orders.enqueue('x', { ttl: HOUR })
    world.clock.jump(2 * HOUR)
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({ reason: 'expired' })
    expect(world.server.questions).toHaveLength(0)
  })

  test.each([
    ['while the queue is open', false],
    ['while it is not', true],
  ])('that is set back %s makes nothing live longer', async (_, isClosed) => {
    const before = await known()
    if (isClosed) await before.close()
    world.clock.jump(-24 * HOUR)
    const orders = isClosed ? world.open<string>() : before
    await orders.depth()
    world.clock.advance(HOUR)
    serverTime = () => world.clock.elapsed() + START + 5_000
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({ reason: 'expired' })
  })
})
