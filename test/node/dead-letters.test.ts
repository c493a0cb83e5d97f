import { afterEach, beforeEach, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** A queue in which these messages were rejected. */
async function rejected(count: number): Promise<{ orders: Queue<number>; ids: string[] }> {
  world.server.react = status(422, {}, 'no such street')
  const orders = world.open<number>()
  const receipts = await Promise.all(Array.from({ length: count }, (_, n) => orders.enqueue(n)))
  await orders.idle()
  world.server.react = status(200)
  return { orders, ids: receipts.map(({ id }) => id) }
}

test('a rejected message is kept, with its body, the reason and what the server said', async () => {
  const enqueuedAt = world.clock.now()
  const { orders, ids } = await rejected(1)
  expect(await collect(orders.deadLetters())).toEqual([
    {
      id: ids[0],
      body: 0,
      enqueuedAt,
      deadAt: enqueuedAt,
      reason: 'rejected',
      attempts: 1,
      status: 422,
      excerpt: 'no such street',
      trail: [{ at: enqueuedAt, took: 0, result: 'rejected', status: 422 }],
      version: 1,
      size: 1,
      options: { idempotencyKey: ids[0] },
    },
  ])
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 1, bytes: 0 })
})

test('what the server says is kept up to 4,000 characters', async () => {
  world.server.react = status(400, {}, 'x'.repeat(100_000))
  const orders = world.open()
  await orders.enqueue(1)
  await orders.idle()
  const [letter] = await collect(orders.deadLetters())
  expect(letter?.excerpt).toBe('x'.repeat(4_000))
})

test('dead letters are listed in the order in which they were enqueued, however many', async () => {
  const { orders } = await rejected(350)
  expect((await collect(orders.deadLetters())).map(({ body }) => body)).toEqual(Array.from({ length: 350 }, (_, n) => n))
})

test('redrive sends all again, in order, after what was enqueued meanwhile, under the same keys', async () => {
  const { orders, ids } = await rejected(250)
  world.server.arrivals.length = 0
  await orders.pause()
  await orders.enqueue(1_000)
  expect(await orders.redrive()).toBe(250)
  expect(await orders.depth()).toMatchObject({ ready: 251, dead: 0 })
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual([1_000, ...Array.from({ length: 250 }, (_, n) => n)])
  expect(world.server.arrivals.slice(1).map(({ headers }) => headers.get('idempotency-key'))).toEqual(ids.map((id) => `"${id}"`))
  expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0 })
})

test('redrive of some takes those, in their order, and counts what it found', async () => {
  const { orders, ids } = await rejected(5)
  world.server.arrivals.length = 0
  expect(await orders.redrive([ids[3]!, ids[1]!, ids[3]!, 'unheard-of'])).toBe(2)
  await orders.idle()
  expect(world.server.bodies).toEqual([1, 3])
  expect((await collect(orders.deadLetters())).map(({ body }) => body)).toEqual([0, 2, 4])
})

test('redrive of many by id puts them in the order in which they were enqueued, whatever order the ids have', async () => {
  const { orders, ids } = await rejected(120)
  await orders.pause()
  expect(await orders.redrive(ids.toReversed())).toBe(120)
  expect((await collect(orders.messages())).map(({ id }) => id)).toEqual(ids)
})

test('a redriven message has its attempts before it again', async () => {
  world.server.react = status(500)
  const orders = world.open({ maxAttempts: 2 })
  await orders.enqueue('x')
  await heard(orders, 'retry-scheduled')
  world.clock.advance(1_000)
  await heard(orders, 'dead-lettered')
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.redrive()
  await scheduled
  world.clock.advance(1_000)
  expect(await heard(orders, 'dead-lettered')).toMatchObject({ attempts: 2, reason: 'attempts-exhausted' })
})

test('redrive of all ends, though the server rejects everything again at once', async () => {
  const { orders } = await rejected(150)
  world.server.react = status(422)
  expect(await orders.redrive()).toBe(150)
  await orders.idle()
  expect(await orders.depth()).toMatchObject({ ready: 0, dead: 150 })
})

test('purge deletes some or all', async () => {
  const { orders, ids } = await rejected(300)
  expect(await orders.purge([ids[0]!])).toBe(1)
  expect(await orders.depth()).toMatchObject({ dead: 299 })
  expect(await orders.purge()).toBe(299)
  expect(await orders.depth()).toMatchObject({ dead: 0 })
  expect(await collect(orders.deadLetters())).toEqual([])
  expect(await orders.purge()).toBe(0)
})

test('redriven and purged are events', async () => {
  const { orders, ids } = await rejected(2)
  const events: QueueEvent[] = []
  orders.subscribe((event) => events.push(event))
  await orders.purge([ids[0]!])
  await orders.redrive()
  await orders.idle()
  expect(events.slice(0, 2)).toEqual([
    { type: 'purged', id: ids[0] },
    { type: 'redriven', id: ids[1] },
  ])
})

test('ids that are none are refused', async () => {
  const orders = world.open()
  for (const ids of ['one', 7, null, [1]]) {
    await expect(orders.redrive(ids as unknown as string[])).rejects.toMatchObject({ code: 'invalid-option' })
    await expect(orders.purge(ids as unknown as string[])).rejects.toMatchObject({ code: 'invalid-option' })
  }
})

test('a redrive that is under way when the queue is closed ends between two transactions: each letter is dead or ready', async () => {
  const { orders } = await rejected(500)
  await orders.pause()
  const redriving = orders.redrive().catch((error: unknown) => error)
  await orders.depth()
  await orders.close()
  await redriving
  const { ready, dead } = await world.open().depth()
  expect(ready + dead).toBe(500)
})

test('one that halts its group says so, and that is told', async () => {
  world.server.next(status(422))
  const orders = world.open<string>({ order: 'group', onDead: 'halt' })
  const told: QueueEvent[] = []
  orders.subscribe((event) => void ((event.type === 'dead-lettered' || event.type === 'halted') && told.push(event)))
  const halted = heard(orders, 'halted')
  const { id } = await orders.enqueue('x', { group: 'a' })
  await halted
  expect(told).toMatchObject([
    { type: 'dead-lettered', id, group: 'a', halts: true },
    { type: 'halted', id, group: 'a' },
  ])
})
