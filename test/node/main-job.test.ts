import { afterEach, beforeEach, expect, test } from 'vitest'
import { heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('an enqueued message is delivered and its receipt gives the answer', async () => {
  world.server.react = () => Response.json({ number: 7 }, { status: 201 })
  const orders = world.open<{ sku: string }>()
  const receipt = await orders.enqueue({ sku: 'A-1' })
  await expect(receipt.delivered).resolves.toMatchObject({ status: 201, body: { number: 7 } })
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A-1' }])
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
})

test('500 messages arrive in the order in which they were enqueued, one at a time', async () => {
  const orders = world.open<number>()
  const numbers = Array.from({ length: 500 }, (_, i) => i)
  await Promise.all(numbers.map((n) => orders.enqueue(n)))
  await orders.idle()
  expect(world.server.bodies).toEqual(numbers)
  expect(world.server.mostAtOnce).toBe(1)
  void heard
})
