import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { status, unreachable } from '../world/fake-server.ts'
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

test('whenever the words of another tab arrive, and it pauses the queue: what is sent cannot be cancelled, and what can be is not sent', async () => {
  let sent = 0
  for (let turn = 0; turn < 12; turn++) {
    const [leading, other] = [world.openTab().open<string>(), world.openTab().open<string>()]
    world.server.next(unreachable)
    const scheduled = heard(leading, 'retry-scheduled')
    const [first, , third] = await Promise.all(['1', '2', '3'].map((body) => leading.enqueue(body)))
    await scheduled
    await turns()
    const deliver = world.channels.hold()
    await other.pause()
    await other.resume()
    await other.cancel(third!.id)
    const answer = world.server.holdNext()
    world.clock.advance(60_000)
    for (let left = turn; left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
    deliver()
    await other.pause()
    await turns()
    const isSent = world.server.arrivals.length > 1
    if (isSent) sent += 1
    expect(await other.cancel(first!.id)).toBe(isSent ? 'leased' : 'cancelled')
    answer()
    await world.end()
    world = new World()
  }
  // Both have happened.
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(12)
})

test('a pause that the leader was not told of gives back what it has reserved, within a minute, also while a message is under way', async () => {
  const options = { order: 'group', concurrency: 2, timeout: 600_000 } as const
  const [leading, other] = [world.openTab().open<string>(options), world.openTab().open<string>(options)]
  const answers = [world.server.holdNext(), world.server.holdNext()]
  const [, second] = await Promise.all(['a', 'a', 'b'].map((group) => leading.enqueue(group, { group })))
  await world.server.arrived(2)
  await turns()
  world.channels.isDeaf = true
  await other.pause()
  const accepted = heard(leading, 'accepted')
  answers[1]!()
  await world.passUntil(accepted)
  await turns()
  world.clock.advance(60_000)
  await turns()
  expect(await other.cancel(second!.id)).toBe('cancelled')
  world.channels.isDeaf = false
  answers[0]!()
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
