import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { heard, heardTimes, World } from '../world/world.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { QueueEvent } from '../../src/message/event.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

function eventsOf(orders: Queue<number>, ...types: QueueEvent['type'][]): QueueEvent[] {
  const events: QueueEvent[] = []
  orders.subscribe((event) => void (types.includes(event.type) && events.push(event)))
  return events
}

/** Twenty groups at a server that fails, until nothing goes before a time. */
async function twentyGroups(reaction: Reaction, maxAttempts: number = 50): Promise<{ orders: Queue<number>; told: QueueEvent[] }> {
  world.server.react = reaction
  const orders = world.open<number>({ order: 'group', maxAttempts })
  const told = eventsOf(orders, 'endpoint-failed', 'endpoint-recovered', 'dead-lettered')
  const failed = heard(orders, 'endpoint-failed')
  await Promise.all(Array.from({ length: 20 }, (_, n) => orders.enqueue(n, { group: `g${n}` })))
  await failed
  // What was under way when the last of those failed that it took.
  expect(world.server.arrivals.length).toBeLessThanOrEqual(6)
  await world.clock.armedWithin(1_000)
  return { orders, told }
}

describe('an endpoint that fails for everyone', () => {
  test.each([
    ['answers 500', status(500)],
    ['is dead', unreachable],
    ['answers 503', status(503)],
  ])('and %s costs six requests at once at most, and then one now and then', async (_, reaction) => {
    const { orders, told } = await twentyGroups(reaction)
    const waits: number[] = []
    const first = world.server.arrivals.length
    for (let probes = 1; probes <= 6; probes++) {
      const failed = heard(orders, 'endpoint-failed')
      await world.passUntil(failed)
      expect(world.server.arrivals).toHaveLength(first + probes)
      waits.push((await failed).due - world.clock.now())
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000])
    expect(told.every(({ type }) => type === 'endpoint-failed')).toBe(true)
  })

  test('recovers with the first message that it accepts, and that is told', async () => {
    const { orders, told } = await twentyGroups(status(500))
    world.server.react = status(200)
    const idle = orders.idle()
    await world.passUntil(idle)
    expect(told.map(({ type }) => type)).toEqual(['endpoint-failed', 'endpoint-recovered'])
    expect(new Set(world.server.bodies).size).toBe(20)
  })

  test('recovers with the first message that it rejects', async () => {
    const { orders, told } = await twentyGroups(status(500))
    world.server.next(status(422))
    world.server.react = status(200)
    await world.passUntil(orders.idle())
    expect(told.map(({ type }) => type)).toEqual(['endpoint-failed', 'dead-lettered', 'endpoint-recovered'])
  })

  test('kills nobody, however long it lasts: its probes count for no message', async () => {
    const { orders, told } = await twentyGroups(status(500), 2)
    for (let probes = 0; probes < 30; probes++) await world.passUntil(heard(orders, 'endpoint-failed'))
    expect(told.filter(({ type }) => type === 'dead-lettered')).toEqual([])
    expect(await orders.depth()).toMatchObject({ ready: 20, dead: 0 })
  })

  test('is left alone by the next leader too', async () => {
    const { orders } = await twentyGroups(status(500))
    await orders.close()
    const again = world.open<number>({ order: 'group' })
    const failed = heard(again, 'endpoint-failed')
    expect(await again.depth()).toMatchObject({ ready: 20 })
    await world.clock.armedWithin(1_000)
    expect(world.server.arrivals).toHaveLength(6)
    world.server.react = unreachable
    await world.passUntil(failed)
    expect(world.server.arrivals).toHaveLength(7)
  })
})

test('four groups that fail, in a row or not, hold up no other', async () => {
  world.server.react = async (request) => (Number(await request.text()) % 5 === 0 ? new Response() : status(500)(request))
  const orders = world.open<number>({ order: 'group' })
  const told = eventsOf(orders, 'endpoint-failed')
  const scheduled = heardTimes(orders, 'retry-scheduled', 8)
  await Promise.all(Array.from({ length: 10 }, (_, n) => orders.enqueue(n, { group: `g${n}` })))
  await scheduled
  expect(told).toEqual([])
})

test('a group that fails again and again is no proof against the endpoint', async () => {
  world.server.react = status(500)
  const orders = world.open<number>({ maxAttempts: 8 })
  const told = eventsOf(orders, 'endpoint-failed')
  const dead = heard(orders, 'dead-lettered')
  await orders.enqueue(1)
  await world.passUntil(dead)
  expect(told).toEqual([])
  expect(await dead).toMatchObject({ attempts: 8 })
})

test('an endpoint that was away and answers 500 is there again, and that attempt counts for no message', async () => {
  world.server.next(unreachable, status(500), status(500))
  const orders = world.open<number>({ maxAttempts: 1 })
  const told = eventsOf(orders, 'endpoint-failed', 'endpoint-recovered', 'dead-lettered')
  await orders.enqueue(1)
  await world.passUntil(heard(orders, 'dead-lettered'))
  expect(told.map(({ type }) => type)).toEqual(['endpoint-failed', 'endpoint-recovered', 'dead-lettered'])
  expect(world.server.arrivals).toHaveLength(3)
})

test('an endpoint that does not answer in time is left alone, and tried with one message', async () => {
  world.server.react = silence
  const orders = world.open<number>({ order: 'group', timeout: 5_000 })
  const failed = heard(orders, 'endpoint-failed')
  await Promise.all(Array.from({ length: 20 }, (_, n) => orders.enqueue(n, { group: `g${n}` })))
  await world.passUntil(failed)
  expect(world.server.arrivals).toHaveLength(6)
})
