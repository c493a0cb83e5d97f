import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('an answer that arrives while the queue closes is told', async () => {
  const answer = world.server.holdNext()
  const orders = world.open()
  const { delivered } = await orders.enqueue('x')
  const told = expect(delivered).resolves.toMatchObject({ status: 201 })
  await world.server.arrived(1)
  const closing = orders.close()
  await world.clock.armedWithin(2_000)
  answer(new Response(null, { status: 201 }))
  await closing
  await told
  expect(await world.open().depth()).toMatchObject({ ready: 0, leased: 0 })
})

test('a queue that is closed before its host is up leaves nothing open there, and another tab can deliver', async () => {
  const orders = world.open()
  await orders.close()
  expect({ locks: world.locks.size, channels: world.channels.size }).toEqual({ locks: 0, channels: 0 })
  const other = world.open()
  await other.enqueue('x')
  await other.idle()
  expect(world.server.bodies).toEqual(['x'])
})

test('a queue that is open twice in a page and closed twice at once leaves nothing open', async () => {
  const tab = world.openTab()
  const first = tab.open()
  const second = tab.open()
  await Promise.all([first.depth(), second.depth()])
  await Promise.all([first.close(), second.close()])
  expect({ locks: world.locks.size, channels: world.channels.size }).toEqual({ locks: 0, channels: 0 })
})

test('a call that is under way when the host is stopped is told that the queue was closed', async () => {
  const tab = world.openTab()
  const orders = tab.open()
  await orders.depth()
  // A worker that is stopped answers nothing any more.
  vi.spyOn(tab.host, 'redrive').mockReturnValue(new Promise(() => {}))
  const told = expect(orders.redrive()).rejects.toMatchObject({ code: 'closed' })
  await orders.close()
  await told
})

test('a queue that is opened again while it closes, as by a hot reload, waits for that, and hears everything once', async () => {
  const answer = world.server.holdNext()
  const tab = world.openTab()
  // Another queue keeps the host up.
  await tab.open({}, defineQueue(`${world.name}-other`, { endpoint: 'https://shop.example/other' })).depth()
  const before = tab.open()
  await before.enqueue('x')
  await world.server.arrived(1)
  const closing = before.close()
  await world.clock.armedWithin(2_000)
  const after = tab.open()
  const events: QueueEvent[] = []
  after.subscribe((event) => events.push(event))
  answer()
  await closing
  const { delivered } = await after.enqueue('y')
  await delivered
  const accepted = events.filter(({ type }) => type === 'accepted')
  expect(accepted).toHaveLength(2)
  expect(world.server.bodies).toEqual(['x', 'y'])
})
