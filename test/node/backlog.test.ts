import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { status } from '../world/fake-server.ts'
import { traced } from '../world/traced.ts'
import type { Trace } from '../world/traced.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(async () => {
  vi.restoreAllMocks()
  await world.end()
})

interface Costs {
  open: Trace
  enqueue: Trace
  deliver: Trace
  deliverFifty: Trace
}

/** What each step costs with so many messages waiting. */
async function costsWith(backlog: number): Promise<Costs> {
  const before = world.open<{ n: number }>()
  await before.pause()
  for (let n = 0; n < backlog; n += 1_000) {
    await Promise.all(Array.from({ length: Math.min(1_000, backlog - n) }, (_, i) => before.enqueue({ n: n + i })))
  }
  await before.close()

  const tab = world.openTab()
  let orders!: ReturnType<typeof tab.open<{ n: number }>>
  const open = await traced(async () => {
    orders = tab.open()
    expect(await orders.depth()).toMatchObject({ ready: backlog })
    await world.clock.armedWithin(60_000)
  })
  const enqueue = await traced(() => orders.enqueue({ n: -1 }))
  const accepted = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const stop = orders.subscribe(({ type }) => {
        if (type === 'accepted' && --count === 0) resolve(stop())
      })
    })
  const some = accepted(50)
  const deliverFifty = await traced(async () => {
    await orders.resume()
    await some
    await orders.pause()
  })
  const one = accepted(1)
  const deliver = await traced(async () => {
    world.server.next(status(200))
    await orders.resume()
    await one
    await orders.pause()
  })
  return { open, enqueue, deliver, deliverFifty }
}

test('cost does not grow with the backlog: 100,000 messages are opened, enqueued to and drained as 1,000 are', async () => {
  const small = await costsWith(1_000)
  world = new World()
  const large = await costsWith(100_000)
  expect(large.open).toEqual(small.open)
  for (const { open, enqueue, deliver, deliverFifty } of [small, large]) {
    // What follows is the drain, woken to look.
    expect(enqueue.requests.slice(0, 3)).toEqual(['meta.get', 'inbox.add', 'meta.put'])
    expect(open.requests.length).toBeLessThanOrEqual(13)
    expect(deliver.requests.length).toBeLessThanOrEqual(20)
    // Settles share transactions: far fewer than one for each message.
    expect(deliverFifty.requests.length).toBeLessThan(50 * 4)
    for (const { requests, mostLoaded } of [open, enqueue, deliver, deliverFifty]) {
      // A record, and not the queue.
      expect(mostLoaded).toBeLessThan(1_000)
      expect(requests.join()).not.toMatch(/count|openCursor/)
    }
  }
}, 60_000)
