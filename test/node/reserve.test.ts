import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import { defineQueue } from '../../src/message/definition.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { breakStorage } from '../world/break-storage.ts'
import { FakeCaches } from '../world/fake-caches.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { status, unreachable } from '../world/fake-server.ts'
import type { Tab } from '../world/world.ts'
import { collect, heard, World } from '../world/world.ts'

const SIZE = 512 * 1024
const refused = { code: 'storage-full' }

let world: World
let caches: FakeCaches
let storageClock: FakeClock
let mend = (): void => {}
beforeEach(() => {
  world = new World()
  caches = new FakeCaches()
  storageClock = new FakeClock()
})
afterEach(async () => {
  mend()
  await world.end()
  expect(storageClock.armed).toBe(0)
})

function openTab(): Tab {
  return world.openTab({ caches: caches.storage, storageClock })
}

/** A tab whose queue has room, and has kept its reserve. */
async function openWithReserve(tab: Tab = openTab()): Promise<Queue<number>> {
  const orders = tab.open<number>()
  await orders.pause()
  await orders.enqueue(0)
  await kept()
  return orders
}

async function kept(): Promise<void> {
  while (caches.size < SIZE) await new Promise((resolve) => setImmediate(resolve))
}

/** From now on there is no more space than what is given free. */
function fillDisk(): void {
  caches.room = 0
  mend()
  mend = breakStorage(({ mode }) => (mode === 'readwrite' && caches.size > 0 ? 'full' : undefined))
}

function emptyDisk(): void {
  mend()
  caches.room = Infinity
}

/** As fillDisk, where nothing can be given free. */
function fillDiskForGood(): void {
  caches.room = 0
  mend()
  mend = breakStorage(({ mode }) => (mode === 'readwrite' ? 'full' : undefined))
}

/** Whoever has made room has filled it by now. */
function letMomentPass(): void {
  world.clock.advance(1_000)
}

function record(queue: Queue<number>): QueueEvent['type'][] {
  const types: QueueEvent['type'][] = []
  queue.subscribe(({ type }) => types.push(type))
  return types
}

const only = (types: QueueEvent['type'][], wanted: QueueEvent['type']): QueueEvent['type'][] => types.filter((type) => type === wanted)

describe('when the disk is full', () => {
  test('what waits is delivered and settled from the reserve, and each tab hears of it once', async () => {
    const orders = await openWithReserve()
    for (let n = 1; n < 40; n++) await orders.enqueue(n)
    const other = openTab().open<number>()
    await other.depth()
    const [here, there] = [record(orders), record(other)]
    fillDisk()
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
    for (const types of [here, there]) {
      expect(only(types, 'storage-full')).toHaveLength(1)
      expect(only(types, 'accepted')).toHaveLength(40)
      expect(types).not.toContain('storage-failed')
    }
    expect(caches.size).toBe(0)
  })

  test('enqueue is refused in each tab while the reserve cannot be kept again, and works when there is space', async () => {
    const orders = await openWithReserve()
    const other = openTab().open<number>()
    await other.enqueue(1)
    fillDisk()
    const told = heard(other, 'storage-full')
    await orders.pause()
    await told
    for (const queue of [orders, other]) {
      await expect(queue.enqueue(2)).rejects.toMatchObject(refused)
      letMomentPass()
      await expect(queue.enqueue(2)).rejects.toMatchObject(refused)
    }
    emptyDisk()
    await orders.enqueue(3)
    await other.enqueue(4)
    expect(caches.size).toBe(SIZE)
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([0, 1, 3, 4])
  })

  test('the reserve that was just spent is not kept again before it was used, however often something is enqueued', async () => {
    const orders = await openWithReserve()
    fillDisk()
    await orders.pause()
    caches.room = Infinity
    const { puts } = caches
    await expect(orders.enqueue(1)).rejects.toMatchObject(refused)
    expect(caches.puts).toBe(puts)
    letMomentPass()
    mend()
    await orders.enqueue(2)
    expect(caches.size).toBe(SIZE)
  })

  test('a clock that is set back does not prolong that', async () => {
    const orders = await openWithReserve()
    fillDisk()
    await orders.pause()
    emptyDisk()
    await expect(orders.enqueue(1)).rejects.toMatchObject(refused)
    world.clock.jump(-3_600_000)
    await orders.enqueue(2)
    expect(await orders.depth()).toMatchObject({ ready: 2 })
  })

  test('what is enqueued one after the other is stored in that order, and all of it, also when the reserve is kept again in its midst', async () => {
    const orders = await openWithReserve()
    fillDisk()
    await orders.pause()
    letMomentPass()
    emptyDisk()
    const first = orders.enqueue(1)
    await new Promise((resolve) => setImmediate(resolve))
    const receipts = [first, ...[2, 3, 4].map((n) => orders.enqueue(n))]
    await Promise.all(receipts)
    expect((await collect(orders.messages())).map(({ body }) => body)).toEqual([0, 1, 2, 3, 4])
  })

  test.each([
    ['pause()', async (orders: Queue<number>) => orders.pause(), { paused: true }],
    ['resume()', async (orders: Queue<number>) => orders.resume(), { paused: false }],
    ['purge()', async (orders: Queue<number>) => orders.purge(), { dead: 0, ready: 0 }],
    ['redrive()', async (orders: Queue<number>) => orders.redrive(), { dead: 0, ready: 1 }],
  ])('%s works', async (_, verb, depth) => {
    world.server.next(status(422))
    world.server.react = unreachable
    const orders = openTab().open<number>()
    await orders.enqueue(0)
    await orders.idle()
    await kept()
    await orders.pause()
    const types = record(orders)
    fillDisk()
    await verb(orders)
    expect(await orders.depth()).toMatchObject(depth)
    expect(only(types, 'storage-full')).toHaveLength(1)
  })

  test('two tabs that write at once need one reserve, and both succeed', async () => {
    const orders = await openWithReserve()
    const other = openTab().open<number>()
    await other.depth()
    const types = record(orders)
    fillDisk()
    await Promise.all([orders.pause(), other.pause(), orders.pause(), other.pause()])
    await orders.pause()
    expect(only(types, 'storage-full')).toHaveLength(1)
    expect(only(types, 'paused').length).toBeGreaterThanOrEqual(3)
  })

  test('a tab that was told nothing, since it has other queues, looks for itself', async () => {
    const orders = await openWithReserve()
    const other = openTab().open<number>({}, defineQueue<number>(`${world.name}-other`, { endpoint: 'https://shop.example/others' }))
    await other.pause()
    await other.enqueue(1)
    fillDisk()
    await orders.pause()
    letMomentPass()
    const { puts } = caches
    await other.enqueue(2)
    while (caches.puts === puts) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    await expect(other.enqueue(3)).rejects.toMatchObject(refused)
  })

  test('and the reserve is used up too, the drain goes on when there is space again, and nothing is lost', async () => {
    const orders = await openWithReserve()
    fillDisk()
    await orders.pause()
    fillDiskForGood()
    await expect(orders.resume()).rejects.toMatchObject(refused)
    emptyDisk()
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([0])
  })
})

describe('the reserve', () => {
  test('is not waited for by the first message', async () => {
    const release = caches.hold()
    const orders = openTab().open<number>()
    await orders.enqueue(1)
    await orders.idle()
    expect(caches.size).toBe(0)
    release()
    await kept()
  })

  test('is kept once for all queues and tabs', async () => {
    await openWithReserve()
    const other = openTab().open<number>()
    await other.enqueue(1)
    letMomentPass()
    await other.enqueue(2)
    expect([caches.puts, caches.size]).toEqual([1, SIZE])
  })

  test('that somebody deleted is kept again', async () => {
    const orders = await openWithReserve()
    caches.clear()
    letMomentPass()
    await orders.enqueue(1)
    await kept()
    fillDisk()
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([0, 1])
  })

  test('that somebody deleted just before the disk was full is missed: nothing is told of it, and nothing lost', async () => {
    const orders = await openWithReserve()
    caches.clear()
    fillDiskForGood()
    const types = record(orders)
    await expect(orders.resume()).rejects.toMatchObject(refused)
    await expect(orders.enqueue(1)).rejects.toMatchObject(refused)
    expect(types).not.toContain('storage-full')
    emptyDisk()
    letMomentPass()
    await orders.enqueue(2)
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([0, 2])
  })

  test('that is looked for while it is being spent counts as spent', async () => {
    await openWithReserve()
    const orders = openTab().open<number>()
    const release = caches.hold()
    await orders.enqueue(1)
    fillDisk()
    const paused = orders.pause()
    while (caches.held < 1) await new Promise((resolve) => setImmediate(resolve))
    release()
    await paused
    await expect(orders.enqueue(2)).rejects.toMatchObject(refused)
    letMomentPass()
    await expect(orders.enqueue(2)).rejects.toMatchObject(refused)
  })

  test('is given up for now where Cache Storage fails, and kept when it works again', async () => {
    caches.isBroken = true
    const orders = openTab().open<number>()
    await orders.pause()
    await orders.enqueue(0)
    letMomentPass()
    await orders.enqueue(1)
    expect(caches.puts).toBe(0)
    caches.isBroken = false
    letMomentPass()
    await orders.enqueue(2)
    await kept()
  })

  test('holds up nothing for longer than ten seconds where Cache Storage does not answer', async () => {
    const orders = await openWithReserve()
    fillDiskForGood()
    const release = caches.hold()
    const pausing = orders.pause()
    const failed = expect(pausing).rejects.toMatchObject(refused)
    while (caches.held === 0) await new Promise((resolve) => setImmediate(resolve))
    storageClock.advance(10_000)
    await failed
    release()
  })
})

describe('without Cache Storage', () => {
  test('settling fails while the disk is full, and goes on when there is space; nothing is lost', async () => {
    const orders = world.open<number>()
    await orders.pause()
    for (const n of [0, 1, 2]) await orders.enqueue(n)
    await orders.resume()
    mend = breakStorage(({ mode, stores }) => (mode === 'readwrite' && stores.includes('receipts') ? 'full' : undefined))
    const types = record(orders)
    expect(await heard(orders, 'storage-failed')).toMatchObject({ message: expect.stringContaining('no more space') as string })
    await world.clock.armedWithin(1_000)
    mend()
    const idle = orders.idle()
    world.clock.advance(1_000)
    await idle
    expect([...new Set(world.server.bodies)]).toEqual([0, 1, 2])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0 })
    expect(types).not.toContain('storage-full')
  })

  test('enqueue is refused by the disk itself, and works as soon as there is space', async () => {
    const orders = world.open<number>()
    await orders.pause()
    fillDiskForGood()
    await expect(orders.enqueue(1)).rejects.toMatchObject({ ...refused, cause: expect.anything() as unknown })
    mend()
    await orders.enqueue(2)
    expect(await orders.depth()).toMatchObject({ ready: 1 })
  })
})
