import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import { databaseName, leaderLock } from '../../src/protocol/names.ts'
import { breakStorage } from '../world/break-storage.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { silence, status } from '../world/fake-server.ts'
import { holdStorage } from '../world/hold-storage.ts'
import { heard, heardTimes, World } from '../world/world.ts'

let world: World
let storageClock: FakeClock
let mend = (): void => {}
beforeEach(() => {
  world = new World()
  storageClock = new FakeClock()
})
afterEach(async () => {
  mend()
  await world.end()
  expect(storageClock.armed).toBe(0)
})

/** Lets pauses pass, for as long as something is waited for; the watch over a transaction that is under way is longer, and does not. */
async function waitedOut(work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const end = (): void => over.abort()
  work.then(end, end)
  while (!over.signal.aborted) {
    const { next = Infinity } = storageClock
    if (next <= 4_000) storageClock.advance(next)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('it heals itself: when the browser loses its storage', () => {
  test('what is enqueued waits in memory, an event says so, and it is stored and delivered in order when the storage is back', async () => {
    const orders = world.openTab({ storageClock }).open<number>()
    await orders.enqueue(0)
    await orders.idle()
    mend = breakStorage(() => 'lost')
    const lost = heard(orders, 'storage-lost')
    const receipts = [orders.enqueue(1), orders.enqueue(2)]
    await waitedOut(lost)
    receipts.push(orders.enqueue(3))
    expect((await lost).message).toContain('Connection to Indexed Database server lost')
    mend()
    const restored = heard(orders, 'storage-restored')
    await waitedOut(Promise.all(receipts))
    await restored
    await waitedOut(orders.idle())
    expect(world.server.bodies).toEqual([0, 1, 2, 3])
  })

  test('for more than a minute, whoever waits is told, and so is whoever comes then, at once', async () => {
    const orders = world.openTab({ storageClock }).open<number>()
    await orders.depth()
    mend = breakStorage(() => 'lost')
    const refused = { code: 'storage-failed', message: expect.stringContaining('server lost') as string }
    const began = storageClock.now()
    const first = orders.enqueue(1)
    await waitedOut(first)
    await expect(first).rejects.toMatchObject(refused)
    expect(storageClock.now() - began).toBeGreaterThan(55_000)
    const then = storageClock.now()
    await expect(orders.enqueue(2)).rejects.toMatchObject(refused)
    expect(storageClock.now()).toBe(then)
    mend()
    await orders.enqueue(3)
    await waitedOut(Promise.all([heardTimes(orders, 'accepted', 1), advanceDrain()]))
    expect(world.server.bodies).toEqual([3])
  })

  test('a queue that is closed meanwhile is closed at once, and whoever waits is told', async () => {
    const orders = world.openTab({ storageClock }).open<number>()
    await orders.depth()
    mend = breakStorage(() => 'lost')
    const lost = heard(orders, 'storage-lost')
    const depth = orders.depth()
    await waitedOut(lost)
    const closed = orders.close()
    await expect(depth).rejects.toMatchObject({ code: 'closed' })
    await closed
  })
})

/** The drain pauses by the world's clock after a failure. */
async function advanceDrain(): Promise<void> {
  await world.clock.armedWithin(300_000)
  world.clock.advance(300_000)
}

describe('it heals itself: when a transaction is never answered', () => {
  test('it is given up after ten seconds and issued again, until it is answered; the message is stored once', async () => {
    const orders = world.openTab({ storageClock }).open<number>()
    await orders.pause()
    const release = await holdStorage(databaseName(world.name))
    const lost = heard(orders, 'storage-lost')
    const receipt = orders.enqueue(1)
    await storageClock.armedWithin(10_000)
    storageClock.advance(9_999)
    storageClock.advance(1)
    expect((await lost).message).toContain('did not answer within 10000 ms')
    await storageClock.armedWithin(20_000)
    const restored = heard(orders, 'storage-restored')
    release()
    await Promise.all([receipt, restored])
    expect(await orders.depth()).toMatchObject({ ready: 1 })
  })
})

test('a queue whose database does not open is closed all the same, after ten seconds', async () => {
  // Another tab leads, so that nobody here has asked for anything yet.
  let resign = (): void => {}
  void world.locks.manager.request(leaderLock(world.name), {}, () => new Promise<void>((resolve) => (resign = resolve)))
  // An early release of the app, which does not make way.
  const early = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(databaseName(world.name), 1)
    request.addEventListener('success', () => resolve(request.result))
  })
  const orders = world.openTab({ storageClock }).open<number>()
  const depth = orders.depth()
  await storageClock.armedWithin(10_000)
  const closed = orders.close()
  while (storageClock.armed < 2) await new Promise((resolve) => setImmediate(resolve))
  storageClock.advance(10_000)
  await expect(depth).rejects.toMatchObject({ code: 'closed' })
  await closed
  early.close()
  resign()
})

describe('when the site’s data is cleared under an open queue', () => {
  async function clear(): Promise<void> {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(databaseName(world.name))
      request.addEventListener('success', resolve)
      request.addEventListener('error', reject)
    })
  }

  test('each page hears what was lost, receipts say so, and the queue goes on in a fresh database', async () => {
    world.server.react = status(422)
    const [one, other] = [world.open<number>(), world.open<number>()]
    await one.enqueue(0)
    await one.idle()
    world.server.react = silence
    const receipts = await Promise.all([one.enqueue(1), other.enqueue(2)])
    await world.server.arrived(2)
    const events: QueueEvent[] = []
    one.subscribe((event) => events.push(event))
    other.subscribe((event) => events.push(event))
    await clear()
    world.server.react = status(200)
    world.server.hangUp()
    const later = await Promise.all([one.enqueue(3), other.enqueue(4)])
    await Promise.all(later.map(({ delivered }) => delivered))
    for (const { delivered } of receipts) await expect(delivered).rejects.toMatchObject({ code: 'storage-cleared' })
    expect(events.filter(({ type }) => type === 'storage-cleared')).toEqual([
      { type: 'storage-cleared', generation: expect.any(String), waiting: 2, dead: 1 },
      { type: 'storage-cleared', generation: expect.any(String), waiting: 2, dead: 1 },
    ])
    expect(new Set(world.server.bodies.slice(2))).toEqual(new Set([3, 4]))
    expect(await one.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
  })

  test('what is on its way to the disk at that time is stored in the fresh database, and its receipt is kept', async () => {
    const orders = world.open<number>()
    await orders.enqueue(1)
    await orders.idle()
    await clear()
    const receipt = await orders.enqueue(2)
    expect(await receipt.delivered).toMatchObject({ status: 200 })
  })
})
