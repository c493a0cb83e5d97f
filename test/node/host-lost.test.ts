import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silence } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('when the host dies, whoever waits for an answer of it is told, and nobody waits for ever', async () => {
  world.server.react = silence
  const tab = world.openTab()
  const orders = tab.open<string>()
  const { delivered } = await orders.enqueue('x')
  await world.server.arrived(1)
  vi.spyOn(tab.host, 'depth').mockReturnValue(new Promise(() => {}))
  const told = Promise.allSettled([delivered, orders.depth()])
  tab.die()
  for (const result of await told) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'host-lost' } })
  await expect(orders.enqueue('y')).rejects.toMatchObject({ code: 'host-lost' })
  await orders.close()
})

test('idle that waits for the last message is told as well, and so is who listens', async () => {
  world.server.react = silence
  const tab = world.openTab()
  const orders = tab.open<string>()
  await orders.enqueue('x')
  await world.server.arrived(1)
  const idle = expect(orders.idle()).rejects.toMatchObject({ code: 'host-lost' })
  await orders.depth()
  const told = heard(orders, 'host-lost')
  tab.die()
  await idle
  expect(await told).toEqual({ type: 'host-lost' })
})
