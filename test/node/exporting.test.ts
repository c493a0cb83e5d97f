import { afterEach, beforeEach, expect, test } from 'vitest'
import type { QueueOptions } from '../../src/message/options.ts'
import { createReceiver } from '../../src/receiver.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { FakeHost } from '../world/fake-host.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('what waits and the dead letters can be enqueued elsewhere, with the same effect: the server takes each once, though it had some before', async () => {
  const taken: unknown[] = []
  const receive = createReceiver({ handle: ({ body, id }) => void taken.push([body, id]) })
  const options: Partial<QueueOptions> = { order: 'group', group: (body) => String(body)[0]! }
  world.server.next(status(422), async (request) => {
    await receive(request)
    throw new TypeError('the answer is lost')
  })
  const orders = world.open(options)
  const dead = heard(orders, 'dead-lettered')
  await orders.enqueue('d:dead', { ttl: 1_000_000 })
  await dead
  await orders.enqueue('a:taken')
  await heard(orders, 'retry-scheduled')
  world.server.react = unreachable
  await orders.enqueue('b:waits', {
    idempotencyKey: 'of-my-own',
    maxAttempts: 3,
    backoff: { first: 5, longest: 10 },
    dedupKey: 'k',
    group: 'c',
  })
  await orders.pause()
  const exported = [...(await collect(orders.messages())), ...(await collect(orders.deadLetters()))].map((item) => structuredClone(item))
  await orders.destroy()
  world.server.react = receive
  const elsewhere = world.openTab().open({ ...options, identity: 'elsewhere' })
  for (const item of exported) if ('options' in item) await elsewhere.enqueue(item.body, item.options)
  await elsewhere.idle()
  expect(taken).toHaveLength(3)
  expect(new Set(taken.map((one) => (one as string[])[0]))).toEqual(new Set(['a:taken', 'b:waits', 'd:dead']))
  expect(exported.find(({ body }) => body === 'b:waits')).toMatchObject({
    options: { idempotencyKey: 'of-my-own', maxAttempts: 3, backoff: { first: 5, longest: 10 }, dedupKey: 'k', group: 'c' },
  })
  const letter = exported.find(({ body }) => body === 'd:dead')!
  expect(letter).toMatchObject({ version: 1, options: { idempotencyKey: letter.id, ttl: 1_000_000, group: 'd' } })
})

test('of its delay and its time a message takes along what is left of them', async () => {
  const host = new FakeHost()
  const [now, queue] = [Date.now(), host.open()]
  const one = {
    id: 'a.0.0',
    body: '"x"',
    bytes: 3,
    enqueuedAt: now,
    state: 'delayed',
    due: now + 60_000,
    ttl: 999_999,
    expiresAt: now + 90_000,
    version: 2,
  } as const
  host.waiting = [one, { ...one, id: 'a.0.1', state: 'ready', due: now - 5, expiresAt: now - 5 }]
  const [delayed, late] = await collect(queue.messages())
  expect(delayed).toMatchObject({ version: 2, options: { idempotencyKey: 'a.0.0' } })
  const { delay = 0, ttl = 0 } = delayed!.options
  expect(delay).toBeGreaterThan(50_000)
  expect(delay).toBeLessThanOrEqual(60_000)
  expect(ttl - delay).toBeGreaterThan(29_000)
  expect(ttl).toBeLessThanOrEqual(90_000)
  await queue.enqueue('y', delayed!.options)
  expect(late!.options).toEqual({ idempotencyKey: 'a.0.1', ttl: 1 })
})
