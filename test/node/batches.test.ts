import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import { ACCEPTED, batchesOf, eventsOf, takeBatches } from '../world/batch-server.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = new World()
  world.server.react = takeBatches()
})
afterEach(() => world.end())

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)

interface Order {
  customer: string
  n: number
}

const byCustomer = { group: ({ customer }: Order): string => customer }

describe('several messages go in one request', () => {
  test('in the order of the queue, as many as there may be', async () => {
    const orders = world.open<number>({ batch: { messages: 4 } })
    await orders.pause()
    await orders.enqueueAll(numbers(10))
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), numbers(4, 4), numbers(2, 8)])
    expect(world.server.mostAtOnce).toBe(1)
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('however they were enqueued', async () => {
    const orders = world.open<number>({ batch: { messages: 50 } })
    await orders.pause()
    for (const n of numbers(100)) await orders.enqueue(n)
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(50), numbers(50, 50)])
  })

  test('as many as their bytes allow; what is too large goes by itself, as without batches', async () => {
    const orders = world.open<string>({ batch: { messages: 100, bytes: 100 } })
    await orders.pause()
    const bodies = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40), 'd'.repeat(200), 'e']
    await orders.enqueueAll(bodies)
    await orders.resume()
    await orders.idle()
    expect(batchesOf({ arrivals: world.server.arrivals.slice(0, 2) } as never)).toEqual([bodies.slice(0, 2), [bodies[2]]])
    expect(world.server.arrivals[2]).toMatchObject({ body: bodies[3] })
    expect(world.server.arrivals[2]!.headers.get('idempotency-key')).not.toBeNull()
    expect(eventsOf(world.server.arrivals[3]!)).toMatchObject([{ data: 'e' }])
  })

  test('bytes count as they are there, in base64', async () => {
    const photos = world.open<Uint8Array<ArrayBuffer>>({ batch: { messages: 100, bytes: 200 } })
    await photos.pause()
    // 80 characters each.
    for (const n of numbers(5)) await photos.enqueue(new Uint8Array(60).fill(n))
    await photos.resume()
    await photos.idle()
    expect(world.server.arrivals.map((arrival) => eventsOf(arrival).length)).toEqual([2, 2, 1])
  })

  test('groups side by side and together, each in its order; `concurrency` counts requests', async () => {
    const orders = world.open<Order>({ ...byCustomer, concurrency: 2, batch: { messages: 5 } })
    await orders.pause()
    for (const n of numbers(10)) await orders.enqueueAll(['a', 'b', 'c'].map((customer) => ({ customer, n })))
    await orders.resume()
    await orders.idle()
    for (const customer of ['a', 'b', 'c']) {
      const arrived = batchesOf(world.server).flat() as Order[]
      expect(arrived.flatMap((order) => (order.customer === customer ? [order.n] : []))).toEqual(numbers(10))
    }
    expect(world.server.mostAtOnce).toBeLessThanOrEqual(2)
    expect(world.server.arrivals.length).toBeLessThanOrEqual(12)
  })

  test('however many of few groups are waiting', async () => {
    const orders = world.open<Order>({ ...byCustomer, batch: { messages: 50 } })
    await orders.pause()
    const customers = ['a', 'b', 'c']
    // More than are in memory at once: some are set aside, so that other groups are met.
    await orders.enqueueAll(customers.flatMap((customer) => numbers(400).map((n) => ({ customer, n }))))
    await orders.resume()
    await orders.idle()
    const arrived = batchesOf(world.server).flat() as Order[]
    for (const customer of customers) {
      expect(arrived.flatMap((order) => (order.customer === customer ? [order.n] : []))).toEqual(numbers(400))
    }
    expect(world.server.arrivals.length).toBeLessThan(50)
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('without an order, each is a partition of its own', async () => {
    const orders = world.open<number>({ order: 'none', concurrency: 1, batch: { messages: 100 } })
    await orders.pause()
    await orders.enqueueAll(numbers(100))
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(100)])
    for (const { id, partitionkey } of eventsOf(world.server.arrivals[0]!)) expect(partitionkey).toBe(id)
  })

  test('each has its receipt, its events, and its own answer', async () => {
    world.server.react = takeBatches(({ data }) => ({ outcome: 'accepted', status: 201, body: { number: data } }))
    const orders = world.open<number>({ batch: { messages: 10 } })
    const events: QueueEvent[] = []
    orders.subscribe((event) => events.push(event))
    await orders.pause()
    const receipts = await Promise.all(numbers(3).map((n) => orders.enqueue(n)))
    await orders.resume()
    const answers = await Promise.all(receipts.map(({ delivered }) => delivered))
    expect(answers).toMatchObject(numbers(3).map((number) => ({ status: 201, body: { number } })))
    await orders.idle()
    for (const { id } of receipts) {
      const told = events.flatMap((event) => ('id' in event && event.id === id ? [event.type] : []))
      expect(told).toEqual(['enqueued', 'leased', 'accepted'])
    }
  })

  test('headers are asked for once, and after a 401 once more for the same batch', async () => {
    const asked: boolean[] = []
    const orders = world.open<number>({
      batch: { messages: 10 },
      headers: ({ unauthorized }) => {
        asked.push(unauthorized)
        return { authorization: unauthorized ? 'new' : 'old' }
      },
    })
    world.server.next(status(401))
    await orders.pause()
    await orders.enqueueAll(numbers(10))
    await orders.resume()
    await orders.idle()
    expect(asked).toEqual([false, true])
    expect(batchesOf(world.server)).toEqual([numbers(10), numbers(10)])
    expect(world.server.arrivals.map(({ headers }) => headers.get('authorization'))).toEqual(['old', 'new'])
  })

  test('where only one is not authorized, it alone is sent with fresh headers', async () => {
    let isNew = false
    world.server.react = takeBatches(({ data }) => ({
      outcome: data === 0 && !isNew ? 'retry' : 'accepted',
      status: data === 0 && !isNew ? 401 : 200,
    }))
    const orders = world.open<number>({
      order: 'none',
      concurrency: 1,
      batch: { messages: 10 },
      headers: ({ unauthorized }) => ((isNew = unauthorized), {}),
      classify: ({ status }) => (status === 401 ? 'unauthorized' : undefined),
    })
    await orders.pause()
    await orders.enqueueAll(numbers(3))
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(3), [0]])
  })

  test('those that are not authorized are sent with fresh headers, and nothing counts against them', async () => {
    let isNew = false
    const asked: boolean[] = []
    world.server.react = takeBatches(() => (isNew ? { outcome: 'accepted' } : { outcome: 'retry', status: 401 }))
    const orders = world.open<number>({
      order: 'none',
      concurrency: 1,
      maxAttempts: 1,
      batch: { messages: 10 },
      headers: ({ unauthorized }) => {
        asked.push(unauthorized)
        isNew ||= unauthorized
        return {}
      },
    })
    await orders.pause()
    await orders.enqueueAll(numbers(3))
    await orders.resume()
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ unauthorized: false, dead: 0 })
    expect(batchesOf(world.server)).toEqual([numbers(3), [0], [1], [2]])
    expect(asked.filter(Boolean)).toHaveLength(1)
  })

  test('a 401 to both pauses the queue, and changes nothing', async () => {
    const orders = world.open<number>({ batch: { messages: 10 }, headers: () => ({}) })
    world.server.next(status(401), status(401))
    const unauthorized = heard(orders, 'unauthorized')
    await orders.pause()
    await orders.enqueueAll(numbers(10))
    await orders.resume()
    await unauthorized
    expect(await orders.depth()).toMatchObject({ unauthorized: true, dead: 0 })
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(10), numbers(10), numbers(10)])
  })
})

describe('partial success is settled message by message', () => {
  test('a group stops at its first failure, and others go on', async () => {
    let isDown = true
    const taken: unknown[] = []
    world.server.react = takeBatches(({ data }) => {
      const { customer, n } = data as Order
      return isDown && customer === 'a' && n === 1 ? { outcome: 'retry' } : ACCEPTED
    }, taken)
    const orders = world.open<Order>({ ...byCustomer, concurrency: 1, batch: { messages: 100 } })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.pause()
    for (const n of numbers(4)) await orders.enqueueAll(['a', 'b'].map((customer) => ({ customer, n })))
    await orders.resume()
    expect(await scheduled).toMatchObject({ status: 500, reason: 'failed' })
    await turns()
    expect(await orders.depth()).toMatchObject({ ready: 3 })
    isDown = false
    await world.passUntil(orders.idle())
    const of = (customer: string): number[] => (taken as Order[]).flatMap((order) => (order.customer === customer ? [order.n] : []))
    expect([of('a'), of('b')]).toEqual([numbers(4), numbers(4)])
    // What was accepted is not sent again.
    const sent = (batchesOf(world.server).flat() as Order[]).filter(({ customer }) => customer === 'b')
    expect(sent).toHaveLength(4)
  })

  test('a group that failed catches up in batches', async () => {
    let isDown = true
    const taken: unknown[] = []
    world.server.react = takeBatches(() => (isDown ? { outcome: 'retry' } : ACCEPTED), taken)
    const orders = world.open<Order>({ ...byCustomer, batch: { messages: 100 } })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.pause()
    await orders.enqueueAll(numbers(100).map((n) => ({ customer: 'a', n })))
    await orders.resume()
    await scheduled
    isDown = false
    await world.passUntil(orders.idle())
    expect((taken as Order[]).map(({ n }) => n)).toEqual(numbers(100))
    expect(batchesOf(world.server).map(({ length }) => length)).toEqual([100, 1, 99])
  })

  test('in one queue, what is behind the failure waits for it', async () => {
    let isDown = true
    const taken: unknown[] = []
    world.server.react = takeBatches(({ data }) => (isDown && data === 2 ? { outcome: 'retry', after: 5_000 } : ACCEPTED), taken)
    const orders = world.open<number>({ batch: { messages: 10 } })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.pause()
    await orders.enqueueAll(numbers(6))
    await orders.resume()
    expect((await scheduled).due).toBe(world.clock.now() + 5_000)
    isDown = false
    await world.passUntil(orders.idle())
    expect(taken).toEqual(numbers(6))
    // What failed goes by itself.
    expect(batchesOf(world.server)).toEqual([numbers(6), [2], [3, 4, 5]])
  })

  test('a rejected one becomes a dead letter with what was said of it, and those behind it go on', async () => {
    world.server.react = takeBatches(({ data }) => (data === 1 ? { outcome: 'rejected', status: 409, body: { detail: 'no' } } : ACCEPTED))
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueueAll(numbers(4))
    await orders.resume()
    await orders.idle()
    const dead = await collect(orders.deadLetters())
    expect(dead).toMatchObject([{ body: 1, reason: 'rejected', attempts: 1, status: 409, excerpt: '{"detail":"no"}' }])
    expect(dead[0]).not.toHaveProperty('maybeDelivered')
    expect(batchesOf(world.server)).toEqual([numbers(4), [2, 3]])
  })

  test("with `onDead: 'halt'` nothing behind it goes before that is decided", async () => {
    world.server.react = takeBatches(({ data }) => (data === 1 ? { outcome: 'rejected' } : ACCEPTED))
    const orders = world.open<number>({ onDead: 'halt', batch: { messages: 10 } })
    const halted = heard(orders, 'halted')
    await orders.pause()
    await orders.enqueueAll(numbers(4))
    await orders.resume()
    await halted
    await turns()
    expect(batchesOf(world.server)).toEqual([numbers(4)])
    await orders.purge()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), [2, 3]])
  })

  test('what a server has accepted behind a failure is not sent again', async () => {
    world.server.next(async (request) => {
      const [first, second] = (await request.clone().json()) as { id: string }[]
      const results = [
        { id: first!.id, outcome: 'retry' },
        { id: second!.id, outcome: 'accepted', body: 'already' },
      ]
      return Response.json({ results })
    })
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    const receipts = await Promise.all(numbers(3).map((n) => orders.enqueue(n)))
    await orders.resume()
    await world.passUntil(orders.idle())
    expect(batchesOf(world.server)).toEqual([numbers(3), [0], [2]])
    expect(await receipts[1]!.delivered).toMatchObject({ status: 200, body: 'already' })
  })

  test('what a server has refused behind a failure is sent again in its turn: nothing counts against it', async () => {
    world.server.next(async (request) => {
      const [first, second, third] = eventsOf({ body: await request.clone().json() })
      const results = [
        { id: first!.id, outcome: 'retry' },
        { id: second!.id, outcome: 'rejected' },
        { id: third!.id, outcome: 'retry' },
      ]
      return Response.json({ results })
    })
    const orders = world.open<number>({ batch: { messages: 10 } })
    const told: QueueEvent[] = []
    orders.subscribe((event) => told.push(event))
    await orders.pause()
    const receipts = await Promise.all(numbers(3).map((n) => orders.enqueue(n)))
    await orders.resume()
    await world.passUntil(orders.idle())
    expect(batchesOf(world.server)).toEqual([numbers(3), [0], [1, 2]])
    const failed = told.filter(({ type }) => type === 'retry-scheduled' || type === 'dead-lettered')
    expect(failed).toMatchObject([{ type: 'retry-scheduled', id: receipts[0]!.id }])
  })

  test('one that is missing is sent again', async () => {
    world.server.next(async (request) => {
      const events = (await request.clone().json()) as { id: string }[]
      return Response.json({ results: events.slice(0, 2).map(({ id }) => ({ id, outcome: 'accepted' })) })
    })
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueueAll(numbers(5))
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(5), [2, 3, 4]])
  })

  test('`classify` is asked of each', async () => {
    world.server.react = takeBatches(({ data }) => ({ outcome: 'accepted', body: { isFinal: data !== 1 } }))
    const orders = world.open<number>({
      batch: { messages: 10 },
      classify: ({ body }) => ((body as { isFinal: boolean }).isFinal ? undefined : 'rejected'),
    })
    await orders.pause()
    await orders.enqueueAll(numbers(3))
    await orders.resume()
    await orders.idle()
    expect(await collect(orders.deadLetters())).toMatchObject([{ body: 1 }])
    expect(batchesOf(world.server)).toEqual([numbers(3)])
  })
})

describe('a batch that fails as a whole is nobody’s fault', () => {
  test.each([413, 400, 500])('answered %i it goes again in halves, down to the one to blame', async (code) => {
    const taken: unknown[] = []
    const take = takeBatches(undefined, taken)
    world.server.react = async (request) => {
      const events = eventsOf({ body: await request.clone().json() })
      return events.some(({ data }) => data === 5) ? new Response('too much', { status: code }) : take(request)
    }
    const orders = world.open<number>({ maxAttempts: 1, batch: { messages: 8 } })
    await orders.pause()
    await orders.enqueueAll(numbers(12))
    await orders.resume()
    await orders.idle()
    expect(taken).toEqual(numbers(12).filter((n) => n !== 5))
    const dead = await collect(orders.deadLetters())
    expect(dead).toMatchObject([{ body: 5, attempts: 1, status: code, excerpt: 'too much' }])
    expect(dead[0]!.trail).toHaveLength(1)
    expect(batchesOf(world.server)[0]).toEqual(numbers(8))
  })

  test('not answered, it is halved, the endpoint is left alone, and nothing counts', async () => {
    const orders = world.open<number>({ batch: { messages: 8 } })
    const failed = heard(orders, 'endpoint-failed')
    world.server.next(unreachable)
    await orders.pause()
    await orders.enqueueAll(numbers(10))
    await orders.resume()
    await failed
    expect(await orders.depth()).toMatchObject({ dead: 0 })
    await world.passUntil(orders.idle())
    // One, to see whether it answers again; then half as many, and more with each that succeeds.
    expect(batchesOf(world.server)).toEqual([numbers(8), [0], numbers(4, 1), numbers(5, 5)])
  })

  test('a large one has as long as a large body', async () => {
    const orders = world.open<Uint8Array<ArrayBuffer>>({ timeout: 1_000, batch: { messages: 25, bytes: 4_000_000 } })
    const told: string[] = []
    orders.subscribe(({ type }) => told.push(type))
    const failed = heard(orders, 'endpoint-failed')
    world.server.holdNext()
    await orders.pause()
    for (const n of numbers(25)) await orders.enqueue(new Uint8Array(40_000).fill(n))
    await orders.resume()
    await world.server.arrived(1)
    expect(eventsOf(world.server.arrivals[0]!)).toHaveLength(25)
    // In base64 it is longer than a megabyte, of which the rest has a second for each 64 kB; and some more for what is said of each.
    world.clock.advance(1_000 + (25 * 53_336 - 1024 * 1024) / 64)
    await turns()
    expect(told).not.toContain('endpoint-failed')
    world.clock.advance(1_000)
    await failed
    await world.passUntil(orders.idle())
  })

  test('a message that keeps the endpoint from answering is found, and all others get through', async () => {
    const taken: unknown[] = []
    const take = takeBatches(undefined, taken)
    world.server.react = async (request) => {
      const events = eventsOf({ body: await request.clone().json() })
      return events.some(({ data }) => data === 5) ? unreachable(request) : take(request)
    }
    world.server.reactToQuestion = status(204)
    const orders = world.open<number>({ maxAttempts: 1, batch: { messages: 8 } })
    const dead = heard(orders, 'dead-lettered')
    await orders.pause()
    await orders.enqueueAll(numbers(10))
    await orders.resume()
    expect(await world.passUntil(dead)).toMatchObject({ reason: 'attempts-exhausted', maybeDelivered: true })
    await world.passUntil(orders.idle())
    expect(taken).toEqual(numbers(10).filter((n) => n !== 5))
  })

  test('a wait that the server asks for is kept', async () => {
    world.server.next(status(503, { 'retry-after': '7' }))
    const orders = world.open<number>({ batch: { messages: 8 } })
    const failed = heard(orders, 'endpoint-failed')
    await orders.pause()
    await orders.enqueueAll(numbers(3))
    await orders.resume()
    expect((await failed).due).toBe(world.clock.now() + 7_000)
    await world.passUntil(orders.idle())
    expect(batchesOf(world.server)).toEqual([numbers(3), [0], [1, 2]])
  })

  test('what was too large once is not tried again', async () => {
    const take = takeBatches()
    world.server.react = async (request) =>
      eventsOf({ body: await request.clone().json() }).length > 4 ? new Response(null, { status: 413 }) : take(request)
    const orders = world.open<number>({ batch: { messages: 8 } })
    await orders.pause()
    await orders.enqueueAll(numbers(12))
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(8), numbers(4), numbers(4, 4), numbers(4, 8)])
  })
})
