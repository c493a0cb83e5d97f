import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import { silence, status } from '../world/fake-server.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { collect, heard, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('a message is stored, delivered, and its receipt gives the answer', async () => {
  world.server.react = () => Response.json({ number: 7 }, { status: 201 })
  const orders = world.open<{ sku: string }>()
  const receipt = await orders.enqueue({ sku: 'A-1' })
  expect(receipt.id).toMatch(/^[a-z0-9]+\.0\.0$/)
  await expect(receipt.delivered).resolves.toMatchObject({ status: 201, body: { number: 7 } })
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A-1' }])
  expect(await orders.depth()).toEqual({
    ready: 0,
    delayed: 0,
    leased: 0,
    dead: 0,
    bytes: 0,
    oldest: undefined,
    due: undefined,
    paused: false,
    unauthorized: false,
    stopped: 0,
  })
})

test('in order: 500 messages arrive as they were enqueued, one under way at a time', async () => {
  const orders = world.open<number>()
  const numbers = Array.from({ length: 500 }, (_, i) => i)
  await Promise.all(numbers.map((n) => orders.enqueue(n)))
  await orders.idle()
  expect(world.server.bodies).toEqual(numbers)
  expect(world.server.mostAtOnce).toBe(1)
})

test('each request carries the body as JSON, the same key at each attempt, and its place', async () => {
  world.server.next(status(500))
  const orders = world.open({ method: 'PUT' })
  const { id, delivered } = await orders.enqueue({ a: 'ä€😀' })
  await heard(orders, 'retry-scheduled')
  world.clock.advance(1_000)
  await delivered
  expect(world.server.arrivals).toHaveLength(2)
  for (const { method, url, body, headers } of world.server.arrivals) {
    expect({ method, url, body }).toEqual({ method: 'PUT', url: 'https://shop.example/orders', body: { a: 'ä€😀' } })
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('idempotency-key')).toBe(`"${id}"`)
    expect(headers.get('holdfast-message')).toMatch(new RegExp(`^"${world.name}";epoch=\\d+;sequence=1$`))
  }
})

test('depth tells what waits, how large it is and since when', async () => {
  const orders = world.open<string>()
  await orders.pause()
  const start = world.clock.now()
  await orders.enqueue('ä')
  world.clock.advance(5_000)
  await orders.enqueue('b')
  // "ä" is a character of two bytes between two quotes.
  expect(await orders.depth()).toMatchObject({ ready: 2, leased: 0, bytes: 4 + 3, oldest: start, paused: true })
})

test('messages lists what waits in order, the one under way as leased', async () => {
  world.server.react = silence
  const orders = world.open<{ n: number }>()
  const receipts = await Promise.all(Array.from({ length: 40 }, (_, n) => orders.enqueue({ n })))
  await world.server.arrived(1)
  const listed = await collect(orders.messages())
  expect(listed.map(({ id }) => id)).toEqual(receipts.map(({ id }) => id))
  expect(listed[0]).toMatchObject({ body: { n: 0 }, state: 'leased' })
  expect(listed.at(-1)).toMatchObject({ body: { n: 39 }, state: 'ready' })
})

test.each(['plain', 'é', '€', '\u{1f600}'])('depth counts the bytes that are sent of "%s"', async (text) => {
  const orders = world.open()
  await orders.pause()
  await Promise.all([orders.enqueue(text), orders.enqueue('x')])
  expect(await orders.depth()).toMatchObject({ ready: 2, bytes: Buffer.byteLength(JSON.stringify(text)) + 3 })
})

test('events tell the life of a message, in the past tense', async () => {
  world.server.next(status(503), status(200))
  const orders = world.open()
  const events: QueueEvent[] = []
  orders.subscribe((event) => events.push(event))
  const { id } = await orders.enqueue('x')
  await heard(orders, 'retry-scheduled')
  world.clock.advance(1_000)
  await orders.idle()
  expect(events.filter((event) => 'id' in event && event.id === id)).toMatchObject([
    { type: 'enqueued' },
    { type: 'leased', attempt: 1 },
    { type: 'retry-scheduled', reason: 'busy', status: 503 },
    { type: 'leased', attempt: 2 },
    { type: 'accepted', answer: { status: 200 } },
  ])
  expect(events.at(-1)).toEqual({ type: 'emptied' })
})

test('a listener that throws keeps nobody else from hearing, and is reported', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  const orders = world.open()
  const error = new Error('mine')
  orders.subscribe((event) => {
    if (event.type === 'enqueued') throw error
  })
  const second = heard(orders, 'enqueued')
  await orders.enqueue(1)
  await second
  expect(report).toHaveBeenCalledExactlyOnceWith(error)
  vi.unstubAllGlobals()
})

test('close keeps what waits, and the next visit delivers it', async () => {
  world.server.react = silence
  const orders = world.open<number>()
  await Promise.all([1, 2, 3].map((n) => orders.enqueue(n)))
  const closing = orders.close()
  await world.clock.armedWithin(2_000)
  world.clock.advance(2_000)
  await closing
  world.server.react = status(200)
  const again = world.open<number>()
  await again.idle()
  expect(world.server.bodies.slice(-3)).toEqual([1, 2, 3])
})

test('close lets an attempt under way be answered, and settles it', async () => {
  let answer!: () => void
  world.server.react = () => new Promise((resolve) => (answer = () => resolve(new Response(null, { status: 200 }))))
  const orders = world.open<number>()
  await orders.enqueue(1)
  await world.server.arrived(1)
  const closing = orders.close()
  answer()
  await closing
  const again = world.open<number>()
  expect(await again.depth()).toMatchObject({ ready: 0, leased: 0 })
})

test('close waits until what was enqueued is stored', async () => {
  const orders = world.open<number>()
  await orders.pause()
  const stored = orders.enqueue(1)
  await orders.close()
  await expect(stored).resolves.toMatchObject({ id: expect.any(String) as string })
})

test('after close every method rejects with closed, and what waited for an answer does too', async () => {
  world.server.react = silence
  const orders = world.open<number>()
  const receipt = await orders.enqueue(1)
  const delivered = expect(receipt.delivered).rejects.toMatchObject({ code: 'closed' })
  const idle = expect(orders.idle()).rejects.toMatchObject({ code: 'closed' })
  const closing = orders.close()
  expect(orders.close()).toBe(closing)
  await world.clock.armedWithin(2_000)
  world.clock.advance(2_000)
  await closing
  await Promise.all([delivered, idle])
  for (const used of [
    () => orders.enqueue(2),
    () => orders.depth(),
    () => orders.idle(),
    () => orders.pause(),
    () => orders.resume(),
    () => orders.retryNow(),
    () => orders.drain(),
    () => orders.redrive(),
    () => orders.purge(),
    () => collect(orders.messages()),
    () => collect(orders.deadLetters()),
  ]) {
    await expect(used()).rejects.toMatchObject({ name: 'QueueError', code: 'closed' })
  }
  expect(() => orders.subscribe(() => {})).toThrow(expect.objectContaining({ code: 'closed' }))
})

test('await using closes the queue', async () => {
  const tab = world.openTab()
  {
    await using orders = tab.open<number>()
    await orders.enqueue(1)
    await orders.idle()
  }
  expect(world.locks.size).toBe(0)
})

test('a queue that is opened twice in a page is one, until both are closed', async () => {
  const tab = world.openTab()
  const first = tab.open<number>()
  const second = tab.open<number>()
  await first.enqueue(1)
  await first.close()
  await second.enqueue(2)
  await second.idle()
  expect(world.server.bodies).toEqual([1, 2])
})

test('of two with different options the last one that is open gives them', async () => {
  const tab = world.openTab()
  const first = tab.open<number>({ endpoint: 'https://shop.example/first' })
  await first.depth()
  const second = tab.open<number>({ endpoint: 'https://shop.example/second', headers: () => ({}) })
  await second.enqueue(2)
  await second.idle()
  await second.close()
  await first.enqueue(1)
  await first.idle()
  expect(world.server.arrivals.map(({ url }) => url)).toEqual(['https://shop.example/second', 'https://shop.example/first'])
})

test('a definition gives name and options, and options at opening go before them', async () => {
  const definition = defineQueue<number>(world.name, { endpoint: 'https://shop.example/defined', method: 'PATCH' })
  const orders = world.openTab().open<number>({ method: 'PUT' }, definition)
  expect(orders.name).toBe(world.name)
  await orders.enqueue(1)
  await orders.idle()
  expect(world.server.arrivals[0]).toMatchObject({ url: 'https://shop.example/defined', method: 'PUT' })
})

test('messages of one tick cross to the host in one call', async () => {
  const tab = world.openTab()
  const orders = tab.open<number>()
  await orders.pause()
  const calls = vi.spyOn(tab.host, 'enqueue')
  await Promise.all(Array.from({ length: 500 }, (_, n) => orders.enqueue(n)))
  expect(calls).toHaveBeenCalledTimes(1)
  await Promise.all(Array.from({ length: 2_500 }, (_, n) => orders.enqueue(n)))
  expect(calls).toHaveBeenCalledTimes(1 + 3)
})

test('a queue that closes begins no attempt any more', async () => {
  const orders = world.open<number>()
  await Promise.all([1, 2, 3].map((n) => orders.enqueue(n)))
  const before = world.server.arrivals.length
  await orders.close()
  expect(world.server.arrivals.length - before).toBeLessThanOrEqual(1)
  const again = world.open<number>()
  await again.idle()
  expect([...new Set(world.server.bodies)]).toEqual([1, 2, 3])
})

test('every page that opens a queue is told where it runs, also where the host was up already', async () => {
  const tab = world.openTab()
  await tab.open().depth()
  expect(await heard(tab.open(), 'host-started')).toEqual({ type: 'host-started', host: 'in-place' })
})

test('pause: once it has resolved, only what is under way is finished', async () => {
  let answer!: () => void
  world.server.next(() => new Promise((resolve) => (answer = () => resolve(new Response()))))
  const orders = world.open<number>()
  await Promise.all(Array.from({ length: 10 }, (_, n) => orders.enqueue(n)))
  await world.server.arrived(1)
  await orders.pause()
  const accepted = heard(orders, 'accepted')
  answer()
  await accepted
  await world.clock.armedWithin(60_000)
  expect(world.server.arrivals).toHaveLength(1)
  expect(await orders.depth()).toMatchObject({ ready: 9, leased: 0 })
})

test.each([
  ['the queue is paused', ({ orders }: { orders: Queue<string> }) => orders.pause()],
  ['the connection is lost', ({ tab }: { tab: Tab }) => tab.signal('offline')],
])('idle resolves with the last answer, though %s while it is awaited', async (_, interrupt) => {
  const answer = world.server.holdNext()
  const tab = world.openTab()
  const orders = tab.open<string>()
  await orders.enqueue('x')
  await world.server.arrived(1)
  const idle = orders.idle()
  await interrupt({ tab, orders })
  answer()
  await idle
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0 })
})
