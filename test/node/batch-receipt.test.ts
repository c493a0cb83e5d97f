import { afterEach, beforeEach, expect, test } from 'vitest'
import { Reject, Retry } from '../../src/message/handling.ts'
import type { BatchProgress } from '../../src/producer/tally.ts'
import { collect, heardTimes, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.passUntil(world.end()))

test('a batch is stored in its order, and its answers come in it', async () => {
  const orders = world.open<string>({ consumers: true, order: 'none' })
  const batch = await orders.enqueueAll(['a', 'b', 'c'])
  expect((await collect(orders.messages())).map(({ id, body }) => [id, body])).toEqual(
    batch.receipts.map(({ id }, index) => [id, ['a', 'b', 'c'][index]]),
  )
  orders.consume(({ body }) => body.toUpperCase(), { concurrency: 3 })
  expect((await batch.delivered).map(({ body }) => body)).toEqual(['A', 'B', 'C'])
})

test('settled tells what became of each, whatever that is, and delivered rejects for one that was not accepted', async () => {
  const orders = world.open<string>({ consumers: true, order: 'none' })
  const batch = await orders.enqueueAll(['good', 'bad', 'late', 'other'], (body) => (body === 'late' ? { delay: 60_000 } : {}))
  await orders.cancel(batch.receipts[2]!.id)
  orders.consume(({ body }) => {
    if (body === 'bad') throw new Reject('It is bad')
  })
  expect(await batch.settled).toEqual({ total: 4, accepted: 2, dead: 1, cancelled: 1, unknown: 0, progress: 1 })
  await expect(batch.delivered).rejects.toMatchObject({ code: expect.stringMatching('dead-lettered|cancelled') })
})

test('how far it is: told at once, as messages leave, and as consumers say of what they have in hand', async () => {
  const orders = world.open<string>({ consumers: true, order: 'none' })
  const batch = await orders.enqueueAll(['a', 'b'])
  const told: BatchProgress[] = []
  const stop = batch.subscribe((progress) => told.push(progress))
  expect(told).toEqual([{ total: 2, accepted: 0, dead: 0, cancelled: 0, unknown: 0, progress: 0 }])
  const ends: (() => void)[] = []
  const heard = heardTimes(orders, 'progressed', 2)
  orders.consume(
    ({ body, progress }) => {
      progress(body === 'a' ? 0.5 : 0.25)
      return new Promise<void>((resolve) => ends.push(resolve))
    },
    { concurrency: 2 },
  )
  await heard
  await turns()
  expect(told.at(-1)!.progress).toBe(0.375)
  ends[1]!()
  await world.passUntil(batch.receipts[1]!.delivered)
  await turns()
  expect(told.at(-1)).toMatchObject({ accepted: 1, progress: 0.75 })
  stop()
  ends[0]!()
  expect(await world.passUntil(batch.settled)).toMatchObject({ accepted: 2, progress: 1 })
  expect(told.at(-1)).toMatchObject({ accepted: 1 })
})

test('whoever subscribes once all others are gone is told what happened meanwhile', async () => {
  const orders = world.open<string>({ consumers: true, order: 'none' })
  const batch = await orders.enqueueAll(['a', 'b'])
  batch.subscribe(() => {})()
  orders.consume(({ body }) => body === 'a' || new Promise(() => {}), { concurrency: 2 })
  await world.passUntil(batch.receipts[0]!.delivered)
  const told: BatchProgress[] = []
  batch.subscribe((progress) => told.push(progress))
  expect(told).toMatchObject([{ accepted: 1, progress: 0.5 }])
  await orders.cancel(batch.receipts[1]!.id, { abort: true })
  await batch.settled
  await turns()
  expect(told.at(-1)).toMatchObject({ accepted: 1, cancelled: 1, progress: 1 })
})

test('what is to be tried again is in nobody’s hands, and counts for nothing', async () => {
  const orders = world.open<string>({ consumers: true, order: 'none' })
  orders.consume(({ attempt, progress }) => {
    if (attempt > 1) return
    progress(0.5)
    throw new Retry({ delay: 60_000 })
  })
  const scheduled = heardTimes(orders, 'retry-scheduled', 1)
  const batch = await orders.enqueueAll(['a'])
  const told: number[] = []
  batch.subscribe(({ progress }) => told.push(progress))
  await scheduled
  await turns()
  expect(told.at(-1)).toBe(0)
  expect(await world.passUntil(batch.settled)).toMatchObject({ accepted: 1, progress: 1 })
})

test('in another tab, by its ids, a batch is as far as it is', async () => {
  const options = { consumers: true, order: 'none', keepReceipts: { age: 60_000, number: 10 } } as const
  const here = world.open<string>(options)
  const batch = await here.enqueueAll(['a', 'b'])
  const consumer = here.consume(({ body }) => body)
  await batch.delivered
  await consumer.close()
  const later = await here.enqueueAll(['c'])
  const there = world.open<string>(options)
  const again = there.batchReceipt([...batch.receipts, ...later.receipts].map(({ id }) => id))
  const told: BatchProgress[] = []
  again.subscribe((progress) => told.push(progress))
  await turns()
  // Nothing of what it is not, while that is being looked up.
  expect(told).toMatchObject([{ total: 3, accepted: 2 }])
  there.consume(({ body }) => body)
  expect((await again.delivered).map(({ body }) => body)).toEqual(['a', 'b', 'c'])
  expect(await there.batchReceipt(['nobody']).settled).toMatchObject({ unknown: 1, progress: 1 })
})

test('an empty batch is done at once', async () => {
  const orders = world.open<string>()
  const batch = await orders.enqueueAll([])
  expect(await batch.delivered).toEqual([])
  expect(await batch.settled).toMatchObject({ total: 0, progress: 1 })
})

test('where one body is wrong nothing is stored, and the error says which', async () => {
  const orders = world.open<unknown>()
  const cause = { code: 'invalid-body', message: expect.stringContaining('Message 1 of the batch: ') }
  await expect(orders.enqueueAll(['a', 1n])).rejects.toMatchObject(cause)
  await expect(orders.enqueueAll(['a'], { delay: -1 })).rejects.toMatchObject({ code: 'invalid-option' })
  await expect(orders.enqueueAll('ab')).rejects.toMatchObject({
    code: 'invalid-option',
    message: 'Expected `bodies` to be an iterable, got "ab" (string)',
  })
  await expect(orders.enqueueAll(['a', 'b'], { dedupKey: 'k' } as object)).rejects.toMatchObject({
    message: 'Expected `dedupKey` from a function, in `enqueueAll`: messages of one key are one message',
  })
  for (const none of [5, null])
    await expect(orders.enqueueAll(['a'], none as never)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('got '),
    })
  expect(await orders.depth()).toMatchObject({ ready: 0 })
})

test('where some are refused, the others stay, and it says which those are', async () => {
  const orders = world.open<string>({ consumers: true, capacity: { messages: 2 } })
  const refusal = orders.enqueueAll(['a', 'b', 'c'])
  await expect(refusal).rejects.toMatchObject({ code: 'queue-full', message: expect.stringContaining('; 2 messages of 3 are stored') })
  const { stored } = ((await refusal.catch((error: unknown) => error)) as { cause: { stored: string[] } }).cause
  expect(stored).toEqual((await collect(orders.messages())).map(({ id }) => id))
})

test('a batch of a queue that is closed cannot be heard of', async () => {
  const orders = world.open<string>({ consumers: true })
  const { settled } = await orders.enqueueAll(['a'])
  const rejected = expect(settled).rejects.toMatchObject({ code: 'closed' })
  await orders.close()
  await rejected
})
