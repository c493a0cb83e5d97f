import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { status } from '../world/fake-server.ts'
import { heard, heardTimes, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

describe('what is under way when the queue is paused', () => {
  test('cannot be cancelled any more', async () => {
    const orders = world.open<string>({ order: 'group', concurrency: 2 })
    const answer = world.server.holdNext()
    const { id, delivered } = await orders.enqueue('1', { group: 'a' })
    await world.server.arrived(1)
    await orders.pause()
    await turns()
    expect(await orders.cancel(id)).toBe('leased')
    answer()
    await delivered
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('is not changed any more by a later one with its dedup key, which goes out by itself', async () => {
    const drafts = world.open<string>({ order: 'group', concurrency: 2, dedupKey: () => 'draft', onDuplicate: 'latest' })
    const answer = world.server.holdNext()
    const { delivered } = await drafts.enqueue('1', { group: 'a' })
    await world.server.arrived(1)
    await drafts.pause()
    await turns()
    await drafts.enqueue('2', { group: 'a' })
    answer()
    await delivered
    await drafts.resume()
    await drafts.idle()
    expect(world.server.bodies).toEqual(['1', '2'])
  })
})

test('a message that waited for its retry, and is next in line when its group is paused, is not sent', async () => {
  const orders = world.open<string>({ order: 'group', concurrency: 1 })
  world.server.next(status(500), status(500))
  const bothFailed = heardTimes(orders, 'retry-scheduled', 2)
  await Promise.all(['a', 'b'].map((group) => orders.enqueue(group, { group })))
  await bothFailed
  const answer = world.server.holdNext()
  await orders.retryNow()
  await world.server.arrived(3)
  await orders.pause({ group: world.server.bodies[2] === 'a' ? 'b' : 'a' })
  const accepted = heard(orders, 'accepted')
  answer()
  await accepted
  await turns()
  expect(world.server.arrivals).toHaveLength(3)
})

test('a message that waited for its retry, and cannot be sent for want of headers, is reserved no more', async () => {
  let isLoggedIn = true
  const headers = (): Record<string, string> => {
    if (!isLoggedIn) throw new Error('no token')
    return {}
  }
  const orders = world.open<string>({ order: 'group', headers })
  world.server.next(status(500))
  const hasFailed = heard(orders, 'retry-scheduled')
  const { id } = await orders.enqueue('1', { group: 'a' })
  await hasFailed
  await turns()
  isLoggedIn = false
  const areMissing = heard(orders, 'headers-failed')
  await orders.retryNow()
  await areMissing
  await turns()
  expect(await orders.depth()).toMatchObject({ ready: 1, leased: 0 })
  expect(await orders.cancel(id)).toBe('cancelled')
})
