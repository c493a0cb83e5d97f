import { afterEach, beforeEach, expect, test } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import { tabChannel } from '../../src/protocol/names.ts'
import { heard, World } from '../world/world.ts'
import type { HeadersLike } from '../../src/message/headers.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('an attempt that is aborted is cut short, the message has left the queue, and the next goes out', async () => {
  world.server.next(silence)
  const orders = world.open<string>()
  const cancelled = heard(orders, 'cancelled')
  const { id } = await orders.enqueue('x')
  await orders.enqueue('y')
  await world.server.arrived(1)
  expect(await orders.cancel(id, { abort: true })).toBe('aborted')
  expect(await cancelled).toEqual({ type: 'cancelled', id, maybeDelivered: true })
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'y'])
})

test('an aborted message tells its group', async () => {
  world.server.next(silence)
  const orders = world.open<string>({ order: 'group' })
  const cancelled = heard(orders, 'cancelled')
  const { id } = await orders.enqueue('x', { group: 'a' })
  await world.server.arrived(1)
  await orders.cancel(id, { abort: true })
  expect(await cancelled).toEqual({ type: 'cancelled', id, maybeDelivered: true, group: 'a' })
})

test('an answer that is there before wins', async () => {
  let answered!: () => void
  const asked = new Promise<void>((resolve) => (answered = resolve))
  let judge!: (verdict: undefined) => void
  const orders = world.open<string>({
    classify: () => {
      answered()
      return new Promise((resolve) => (judge = resolve))
    },
  })
  const { id, delivered } = await orders.enqueue('x')
  await asked
  await orders.cancel(id, { abort: true })
  judge(undefined)
  await expect(delivered).resolves.toMatchObject({ status: 200 })
})

test('one that the server has refused for now is not tried again, and is known not to be delivered', async () => {
  const answer = world.server.holdNext()
  let answered!: () => void
  const asked = new Promise<void>((resolve) => (answered = resolve))
  let judge!: (verdict: undefined) => void
  const orders = world.open<string>({
    classify: () => {
      answered()
      return new Promise((resolve) => (judge = resolve))
    },
  })
  const cancelled = heard(orders, 'cancelled')
  const { id } = await orders.enqueue('x')
  answer(new Response(null, { status: 500 }))
  await asked
  await orders.cancel(id, { abort: true })
  judge(undefined)
  expect(await cancelled).toMatchObject({ id, maybeDelivered: false })
  await orders.idle()
  expect(world.server.arrivals).toHaveLength(1)
})

test('a message whose headers are still asked for is never sent', async () => {
  let give!: (headers: HeadersLike) => void
  let askedFor!: () => void
  const asked = new Promise<void>((resolve) => (askedFor = resolve))
  const orders = world.open<string>({
    headers: () => {
      askedFor()
      return new Promise<HeadersLike>((resolve) => (give = resolve))
    },
  })
  const cancelled = heard(orders, 'cancelled')
  const { id } = await orders.enqueue('x')
  await asked
  await orders.cancel(id, { abort: true })
  give({})
  expect(await cancelled).toMatchObject({ id, maybeDelivered: false })
  await orders.idle()
  expect(world.server.arrivals).toHaveLength(0)
})

test('a message that is next in line is never sent', async () => {
  const answer = world.server.holdNext()
  const orders = world.open<string>()
  const cancelled = heard(orders, 'cancelled')
  const [, { id }] = await Promise.all([orders.enqueue('x'), orders.enqueue('y'), orders.enqueue('z')])
  await world.server.arrived(1)
  await orders.cancel(id, { abort: true })
  answer()
  expect(await cancelled).toMatchObject({ id, maybeDelivered: false })
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'z'])
})

test('that an earlier attempt was not answered is not forgotten', async () => {
  world.server.next(unreachable, status(200))
  const orders = world.open<string>()
  const scheduled = heard(orders, 'retry-scheduled')
  const cancelled = heard(orders, 'cancelled')
  const { id } = await orders.enqueue('x')
  await scheduled
  await orders.cancel(id, { abort: true })
  await world.passUntil(cancelled)
  expect(await cancelled).toMatchObject({ id, maybeDelivered: true })
  expect(world.server.arrivals).toHaveLength(1)
})

test('a message that was rejected before its abort came goes out again when it is redriven', async () => {
  const orders = world.open<string>()
  const answer = world.server.holdNext()
  const { id } = await orders.enqueue('1')
  await world.server.arrived(1)
  const isDead = heard(orders, 'dead-lettered')
  const cancelled = orders.cancel(id, { abort: true })
  answer(new Response(null, { status: 422 }))
  expect(await cancelled).toBe('aborted')
  await isDead
  await orders.redrive()
  await orders.idle()
  expect(world.server.bodies).toEqual(['1', '1'])
})

test('an abort of which the leader hears when the message is a dead letter already does not cancel it once it is redriven', async () => {
  const leading = world.open<string>()
  await leading.depth()
  const answer = world.server.holdNext()
  const { id } = await leading.enqueue('x')
  await world.server.arrived(1)
  const other = world.openTab().open<string>()
  const dead = heard(leading, 'dead-lettered')
  world.channels.isDeaf = true
  expect(await other.cancel(id, { abort: true })).toBe('aborted')
  answer(new Response(null, { status: 422 }))
  await dead
  world.channels.isDeaf = false
  // The word arrives late.
  const late = world.channels.open(tabChannel(world.name))
  late.postMessage({ holdfast: 1, command: 'abort', id })
  late.close()
  await leading.pause()
  expect(await leading.redrive()).toBe(1)
  await leading.resume()
  await leading.idle()
  expect(world.server.bodies).toEqual(['x', 'x'])
})

test('nor where its word is late, and the word of the redrive does not come at all', async () => {
  const leading = world.open<string>()
  await leading.depth()
  const answer = world.server.holdNext()
  const { id } = await leading.enqueue('x')
  await world.server.arrived(1)
  const said: object[] = []
  const openChannel = () => ({
    postMessage: (word: unknown) => void said.push(word as object),
    addEventListener: () => {},
    close: () => {},
  })
  const other = world.openTab({ openChannel }).open<string>()
  const dead = heard(leading, 'dead-lettered')
  expect(await other.cancel(id, { abort: true })).toBe('aborted')
  answer(new Response(null, { status: 422 }))
  await dead
  const late = world.channels.open(tabChannel(world.name))
  late.postMessage(said.find((word) => 'command' in word && word.command === 'abort'))
  late.close()
  expect(await other.redrive()).toBe(1)
  await leading.retryNow()
  await leading.idle()
  expect(world.server.bodies).toEqual(['x', 'x'])
})
