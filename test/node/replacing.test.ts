import { afterEach, beforeEach, expect, test } from 'vitest'
import { status } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test("a message that has replaced another waits for its retry with `order: 'none'` too", async () => {
  world.server.next(status(500))
  const orders = world.open<string>({ order: 'none', dedupKey: () => 'k', onDuplicate: 'replace' })
  await orders.pause()
  await orders.enqueue('1')
  const { id } = await orders.enqueue('2')
  const failed = heard(orders, 'retry-scheduled')
  await orders.resume()
  expect(await failed).toMatchObject({ id })
  await world.passUntil(orders.idle())
  expect(world.server.bodies).toEqual(['2', '2'])
  expect(await orders.depth()).toMatchObject({ ready: 0, bytes: 0 })
})
