import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Queue } from '../../src/producer/queue.ts'
import { FakeLocks } from '../world/fake-locks.ts'
import { silence, status, unreachable } from '../world/fake-server.ts'
import { heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const firstArrivals = (): unknown[] => {
  const byKey = new Map(world.server.arrivals.map(({ headers, body }) => [headers.get('idempotency-key'), body]))
  return [...byKey.values()]
}

test('one drain per queue and origin: however many tabs enqueue, one message is under way at a time', async () => {
  const tabs = Array.from({ length: 5 }, () => world.open<string>())
  await Promise.all(tabs.flatMap((queue, tab) => Array.from({ length: 50 }, (_, n) => queue.enqueue(`${tab}:${n}`))))
  await Promise.all(tabs.map((queue) => queue.idle()))
  expect(world.server.mostAtOnce).toBe(1)
  for (const [tab] of tabs.entries()) {
    const mine = world.server.bodies.filter((body) => String(body).startsWith(`${tab}:`))
    expect(mine).toEqual(Array.from({ length: 50 }, (_, n) => `${tab}:${n}`))
  }
})

test('a receipt hears its answer when another tab delivers', async () => {
  world.server.react = () => Response.json({ number: 7 })
  const leader = world.open()
  await leader.depth()
  const other = world.open()
  const { delivered } = await other.enqueue('x')
  await expect(delivered).resolves.toMatchObject({ body: { number: 7 } })
})

test('a receipt hears that its message died when another tab delivers', async () => {
  world.server.react = status(422)
  const leader = world.open()
  await leader.depth()
  const { delivered } = await world.open().enqueue('x')
  await expect(delivered).rejects.toMatchObject({ code: 'dead-lettered', cause: { status: 422 } })
})

test('when the draining tab closes, another takes over at once', async () => {
  world.server.next(silence)
  const leader = world.open<number>()
  const other = world.open<number>()
  await leader.enqueue(1)
  await other.enqueue(2)
  await world.server.arrived(1)
  const gained = heard(other, 'leadership-gained')
  const closing = leader.close()
  world.server.hangUp()
  await closing
  await gained
  await other.retryNow()
  await other.idle()
  expect(firstArrivals()).toEqual([1, 2])
})

test('fencing: a leader that wakes up after another has taken over settles nothing and sends at most what it had reserved', async () => {
  let wake!: () => void
  world.server.next(() => new Promise((resolve) => (wake = () => resolve(new Response()))))
  const frozen = world.openTab({ locks: new FakeLocks().manager }).open<number>()
  await Promise.all(Array.from({ length: 100 }, (_, n) => frozen.enqueue(n)))
  await world.server.arrived(1)

  const successor = world.open<number>()
  await successor.idle()
  expect(world.server.bodies).toEqual([0, ...Array.from({ length: 100 }, (_, n) => n)])

  await Promise.all(Array.from({ length: 5 }, (_, n) => successor.enqueue(100 + n)))
  await successor.idle()
  const before = world.server.arrivals.length
  wake()
  await heard(frozen, 'leadership-gained')
  const sent = world.server.bodies.slice(before)
  expect(sent.length).toBeLessThanOrEqual(15)
  expect(sent).toEqual(Array.from(sent, (_, n) => n + 1))
  expect(await successor.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
})

test('pause and resume in any tab hold and release the one that drains, and a pause outlives all tabs', async () => {
  const leader = world.open<number>()
  await leader.depth()
  const other = world.open<number>()
  const paused = heard(leader, 'paused')
  await other.pause()
  await paused
  await leader.enqueue(1)
  await world.clock.armedWithin(60_000)
  expect(world.server.arrivals).toHaveLength(0)
  await Promise.all([leader.close(), other.close()])
  const later = world.open<number>()
  await later.enqueue(2)
  expect(await later.depth()).toMatchObject({ ready: 2, paused: true })
  await world.open().resume()
  await later.idle()
  expect(world.server.bodies).toEqual([1, 2])
})

test('retryNow in any tab reaches the one that drains', async () => {
  world.server.next(unreachable)
  const leader = world.open()
  const scheduled = heard(leader, 'retry-scheduled')
  await leader.enqueue('x')
  await scheduled
  await world.open().retryNow()
  await leader.idle()
})

test('a wait that an earlier visit left is cut short by retryNow even before this tab leads', async () => {
  world.server.next(status(500))
  const before = world.open()
  await before.enqueue('x')
  await heard(before, 'retry-scheduled')
  await before.close()
  const orders = world.open()
  await orders.retryNow()
  await orders.idle()
})

test('idle in a tab that does not drain resolves when the other one is done', async () => {
  world.server.next(silence)
  const leader = world.open()
  const other = world.open()
  await leader.enqueue('x')
  await world.server.arrived(1)
  const idle = other.idle()
  world.server.hangUp()
  await leader.retryNow()
  await idle
})

test('a message whose tab died before it could say a word is found within a minute', async () => {
  const leader = world.open()
  await leader.idle()
  await world.clock.armedWithin(60_000)
  world.channels.isDeaf = true
  const { delivered } = await world.open().enqueue('x')
  world.channels.isDeaf = false
  expect(world.server.arrivals).toHaveLength(0)
  world.clock.advance(60_000)
  await expect(delivered).resolves.toMatchObject({ status: 200 })
})

test.each([
  ['retryNow()', (leader: Queue) => leader.retryNow()],
  ['resume()', (leader: Queue) => leader.resume()],
])('and at %s, at once', async (_, ask) => {
  const leader = world.open()
  await leader.idle()
  await world.clock.armedWithin(60_000)
  world.channels.isDeaf = true
  await world.open().enqueue('x')
  world.channels.isDeaf = false
  await ask(leader)
  await world.server.arrived(1)
  await leader.idle()
})

test('what does not belong on the channel is not listened to', async () => {
  const orders = world.open()
  await orders.depth()
  const events: string[] = []
  orders.subscribe(({ type }) => type === 'emptied' || events.push(type))
  const channel = world.channels.open(`holdfast/${world.name}`)
  for (const rubbish of [
    null,
    7,
    'x',
    {},
    { holdfast: 2, events: [] },
    { holdfast: 1, events: 'x' },
    { holdfast: 1, events: Array.from({ length: 1_001 }, () => ({})) },
    { holdfast: 1, events: [null] },
    { holdfast: 1, events: [{}, 'x'] },
    { holdfast: 1, command: 'explode' },
    // Of these each page hears from its own host alone.
    { holdfast: 1, events: [{ type: 'storage-opened', generation: 'x:9', waiting: 9, dead: 9 }] },
    { holdfast: 1, events: [{ type: 'storage-cleared', generation: 'x:9', waiting: 9, dead: 9 }] },
    { holdfast: 1, events: [{ type: 'storage-lost', message: 'x' }] },
    { holdfast: 1, events: [{ type: 'host-lost' }] },
    { holdfast: 1, events: [{ type: 'leadership-lost' }] },
  ]) {
    channel.postMessage(rubbish)
  }
  channel.close()
  await turns()
  expect(events).toEqual([])
  await orders.enqueue('x')
  await orders.idle()
})
