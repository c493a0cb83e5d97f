import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Queue } from '../../src/producer/queue.ts'
import { countCollected } from '../world/collected.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('an open queue holds nothing of what was answered: calls, receipts, answers', async () => {
  const orders = world.open()
  const held: WeakRef<object>[] = []
  for (let n = 0; n < 10; n++) held.push(...(await answered(orders)))
  await orders.idle()
  expect(await countCollected(held)).toBe(held.length)
})

/** In a function of its own, whose variables are gone afterwards. */
async function answered(queue: Queue): Promise<WeakRef<object>[]> {
  const receipt = await queue.enqueue('x')
  return [receipt, await receipt.delivered, await queue.depth()].map((thing) => new WeakRef<object>(thing))
}

test('an open queue holds no receipt that was dropped, though its message still waits', async () => {
  const orders = world.open()
  await orders.pause()
  const receipts: WeakRef<object>[] = []
  for (let n = 0; n < 10; n++) receipts.push(await dropped(orders))
  expect(await countCollected(receipts)).toBe(receipts.length)
})

async function dropped(queue: Queue): Promise<WeakRef<object>> {
  return new WeakRef<object>(await queue.enqueue('x'))
}

test('an open queue holds no batch that nobody is told of any more, though its messages still wait', async () => {
  const orders = world.open()
  await orders.pause()
  const batches: WeakRef<object>[] = []
  for (let n = 0; n < 10; n++) batches.push(await watched(orders))
  expect(await countCollected(batches)).toBe(batches.length)
})

async function watched(queue: Queue): Promise<WeakRef<object>> {
  const batch = await queue.enqueueAll(['x', 'y'])
  const stops = [batch.subscribe(() => {}), batch.subscribe(() => {})]
  for (const stop of stops) stop()
  return new WeakRef<object>(batch)
}
