import { afterEach, beforeEach, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { breakStorage } from '../world/break-storage.ts'
import { status } from '../world/fake-server.ts'
import { heard, heardTimes, World } from '../world/world.ts'

let world: World
let mend = (): void => {}
beforeEach(() => void (world = new World()))
afterEach(() => {
  mend()
  return world.end()
})

/** Opens a queue with so many messages, stored together, that are sent when it is resumed. */
async function openWith(count: number): Promise<Queue<number>> {
  const orders = world.open<number>()
  await orders.pause()
  await Promise.all(Array.from({ length: count }, (_, n) => orders.enqueue(n)))
  return orders
}

function typesHeard(queue: Queue<number>): QueueEvent['type'][] {
  const types: QueueEvent['type'][] = []
  queue.subscribe(({ type }) => types.push(type))
  return types
}

test('an answer is told when it is on disk: within 25 ms, while the next message is under way', async () => {
  const orders = await openWith(2)
  const types = typesHeard(orders)
  world.server.next(() => new Response())
  const answer = world.server.holdNext()
  await orders.resume()
  await world.server.arrived(2)
  await world.clock.armedWithin(25)
  // It waits for others.
  expect(types).not.toContain('accepted')
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 2 })
  const accepted = heard(orders, 'accepted')
  world.clock.advance(25)
  await accepted
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 1 })
  answer()
  await orders.idle()
})

test('an answer that no other message follows is settled and told at once', async () => {
  const orders = await openWith(1)
  await orders.resume()
  await heard(orders, 'accepted')
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0 })
})

test('when half of what was reserved has been answered it is settled and told, and the next are reserved', async () => {
  const orders = await openWith(20)
  for (let n = 0; n < 8; n++) world.server.next(() => new Response())
  const answer = world.server.holdNext()
  const accepted = heardTimes(orders, 'accepted', 8)
  await orders.resume()
  await accepted
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 12 })
  answer()
  await orders.idle()
})

test('that an attempt has begun is told with what happens next, or within 25 ms', async () => {
  const orders = await openWith(2)
  const types = typesHeard(orders)
  world.server.next(status(500))
  await orders.resume()
  await heard(orders, 'retry-scheduled')
  expect(types).toEqual(['resumed', 'leased', 'retry-scheduled'])
  const answer = world.server.holdNext()
  world.clock.advance(1_000)
  await world.server.arrived(2)
  expect(types).toHaveLength(3)
  const leased = heard(orders, 'leased')
  world.clock.advance(25)
  await leased
  answer()
  await orders.idle()
})

test('what was answered before the storage failed under the drain is settled, told, and not sent again', async () => {
  const orders = await openWith(16)
  // In a record of its own, which is read when those before it have left.
  await orders.enqueue(16)
  let reads = 0
  mend = breakStorage(({ stores, mode }) => {
    const isNextRecord = mode === 'readonly' && stores.includes('inbox') && !stores.includes('meta')
    return isNextRecord && ++reads === 2 ? 'refused' : undefined
  })
  const accepted = heardTimes(orders, 'accepted', 16)
  const failed = heard(orders, 'storage-failed')
  await orders.resume()
  await accepted
  await failed
  await world.clock.armedWithin(1_000)
  world.clock.advance(1_000)
  await orders.idle()
  expect(world.server.bodies).toEqual(Array.from({ length: 17 }, (_, n) => n))
})
