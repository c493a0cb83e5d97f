import { afterEach, beforeEach, expect, test } from 'vitest'
import { Life } from '../world/life.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** The most that arrived within any time of this length. */
function mostWithin(times: readonly number[], length: number): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + length).length))
}

/** A server that takes down when each request is there, after a time on its way that changes. */
function watchArrivals(onTheWay: () => number, answering: () => number): number[] {
  const times: number[] = []
  const after = (delay: number): Promise<void> => new Promise((resolve) => world.clock.after(delay, resolve))
  world.server.react = async () => {
    await after(onTheWay())
    times.push(world.clock.elapsed())
    await after(answering())
    return new Response()
  }
  return times
}

test('rate: never more than so many arrive within any such time, however long they are on their way, and as many as that with a server that is quick', async () => {
  const orders = world.open<number>({ order: 'none', concurrency: 20, rate: { messages: 50, per: 1_000 } })
  let turn = 0
  const times = watchArrivals(
    () => [0, 180, 5, 90][turn++ % 4]!,
    () => 3,
  )
  await Promise.all(Array.from({ length: 300 }, (_, n) => orders.enqueue(n)))
  await world.passUntil(orders.idle())
  expect(times).toHaveLength(300)
  expect(mostWithin(times, 1_000)).toBeLessThanOrEqual(50)
  expect(world.clock.elapsed()).toBeLessThan(8_500)
})

test('rate: a tab that takes over goes on as evenly', async () => {
  const [first, second] = [world.openTab(), world.openTab()]
  const rate = { messages: 10, per: 1_000 }
  const orders = first.open<number>({ order: 'none', rate })
  const times = watchArrivals(
    () => 0,
    () => 1,
  )
  await Promise.all(Array.from({ length: 40 }, (_, n) => orders.enqueue(n)))
  const other = second.open<number>({ order: 'none', rate })
  await other.depth()
  while (times.length < 15)
    await world.passUntil(new Promise((resolve) => setImmediate(resolve))).then(() => world.clock.advance(world.clock.next ?? 0))
  await world.passUntil(first.close())
  await world.passUntil(other.idle())
  expect(new Set(times).size).toBeGreaterThanOrEqual(40)
  expect(mostWithin(times, 1_000)).toBeLessThanOrEqual(10)
})

test('rate: a tab that takes over leaves room for what the one before has on its way, which may be there late', async () => {
  const [first, second] = [world.openTab({}, undefined, undefined, new Life(() => {})), world.openTab()]
  const options = { order: 'none', concurrency: 20, rate: { messages: 50, per: 1_000 } } as const
  const orders = first.open<number>(options)
  let sent = 0
  const times = watchArrivals(
    () => {
      sent += 1
      if (sent === 75) first.kill()
      return sent > 72 && sent <= 75 ? 100 : 0
    },
    () => 0,
  )
  await Promise.all(Array.from({ length: 200 }, (_, n) => orders.enqueue(n)))
  const other = second.open<number>(options)
  await other.depth()
  await world.passUntil(other.idle())
  expect(times.length).toBeGreaterThanOrEqual(200)
  expect(mostWithin(times, 1_000)).toBeLessThanOrEqual(50)
})

test('rate: retryNow() does not go before it', async () => {
  const orders = world.open<number>({ rate: { messages: 1, per: 10_000 } })
  const times = watchArrivals(
    () => 0,
    () => 1,
  )
  await Promise.all([orders.enqueue(1), orders.enqueue(2)])
  const done = orders.idle()
  await orders.retryNow()
  await world.passUntil(done)
  expect(mostWithin(times, 10_000)).toBe(1)
})

test('rate: what has expired, and is not sent, takes no time', async () => {
  const orders = world.open<number>({ order: 'none', rate: { messages: 1, per: 60_000 } })
  const times = watchArrivals(
    () => 0,
    () => 1,
  )
  await orders.pause()
  await Promise.all(Array.from({ length: 10 }, (_, n) => orders.enqueue(n, { ttl: 1_000 })))
  const [fresh, last] = await Promise.all([orders.enqueue(10), orders.enqueue(11)])
  world.clock.advance(120_000)
  const began = world.clock.elapsed()
  await orders.resume()
  await world.passUntil(Promise.all([fresh.delivered, last.delivered]))
  expect(times).toHaveLength(2)
  expect(times[0]! - began).toBeLessThanOrEqual(60_000)
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(60_000)
  expect(times[1]! - began).toBeLessThanOrEqual(130_000)
})

test('rate is checked', () => {
  expect(() => world.open({ rate: { messages: 0, per: 1 } })).toThrow(/`rate.messages` to be a whole number from 1 to 10000/)
  expect(() => world.open({ rate: { messages: 1 } as never })).toThrow(/`rate` to be \{ messages, per \}/)
})
