import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PoolWorker } from '../../src/handler/pooled-worker.ts'
import { consumerLock } from '../../src/protocol/consuming.ts'
import { turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(async () => {
  await world.passUntil(world.end())
  vi.unstubAllGlobals()
})

test('a worker that cannot be started is reported, and started later and later, until there is one, or the pool is closed', async () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const times: number[] = []
  const began = world.clock.elapsed()
  const start = (): Worker => {
    times.push(world.clock.elapsed() - began)
    throw new Error('It is forbidden')
  }
  const told: string[] = []
  const worker = new PoolWorker({ start, key: 'x', realm: world.openTab().realm, failed: (message) => told.push(message) })
  world.clock.advance(3_600)
  expect(times).toEqual([0, 500, 1_500, 3_500])
  expect(reported).toHaveLength(4)
  expect(told).toEqual(Array(4).fill('Error: It is forbidden'))
  await worker.finish(1_000)
  world.clock.advance(60_000)
  await turns()
  expect(times).toHaveLength(4)
})

/** A pool's worker whose threads are made by the test, and what is told of it. */
function placed(): {
  worker: PoolWorker
  threads: EventTarget[]
  ended: number[]
  told: string[]
  consumes(key: string): Promise<() => void>
} {
  const { realm } = world.openTab()
  const [threads, ended, told]: [EventTarget[], number[], string[]] = [[], [], []]
  const start = (): Worker => {
    const number = threads.length
    const thread = Object.assign(new EventTarget(), { terminate: () => ended.push(number), postMessage() {} })
    threads.push(thread)
    return thread as unknown as Worker
  }
  const worker = new PoolWorker({ start, key: 'x', realm, failed: (message) => told.push(message) })
  let consumers = 0
  const consumes = async (key: string): Promise<() => void> => {
    const lock = consumerLock(key, `c${++consumers}`, 30_000)
    let free = (): void => {}
    void realm.locks.request(lock, {}, () => new Promise<void>((resolve) => (free = resolve)))
    await turns()
    threads.at(-1)!.dispatchEvent(Object.assign(new Event('message'), { data: { holdfast: 'consuming', lock } }))
    return () => free()
  }
  return { worker, threads, ended, told, consumes }
}

test('a worker that says nothing, since its file never comes, gives its place to another', async () => {
  const { worker, threads, ended, told, consumes } = placed()
  world.clock.advance(30_500)
  expect([threads.length, ended]).toEqual([2, [0]])
  expect(told).toEqual(['It did not call `consume` within 30000 ms'])
  // One that consumes has all the time there is.
  const free = await consumes('x')
  world.clock.advance(600_000)
  await turns()
  expect([threads.length, ended, told.length]).toEqual([2, [0], 1])
  const finished = worker.finish(0)
  free()
  await world.passUntil(finished)
})

test('a worker that does not load, or throws before it consumes, or ends as soon as it does, is told of', async () => {
  const { worker, threads, told, consumes } = placed()
  threads[0]!.dispatchEvent(new Event('error'))
  world.clock.advance(500)
  threads[1]!.dispatchEvent(Object.assign(new Event('error'), { message: 'SyntaxError: Unexpected token' }))
  world.clock.advance(1_000)
  const free = await consumes('x')
  free()
  await turns()
  expect(told).toEqual(['It did not load', 'SyntaxError: Unexpected token', 'It ended as soon as it consumed'])
  await worker.finish(0)
})

test('a worker that consumes another queue is told of, and left alone; one that consumes this one as well is in order', async () => {
  const { worker, threads, ended, told, consumes } = placed()
  const freeOther = await consumes('other')
  world.clock.advance(60_000)
  await turns()
  expect([threads.length, ended, told]).toEqual([1, [], ['It consumes another queue, and not this one']])
  freeOther()
  await turns()
  const [freeSecond, free] = [await consumes('other'), await consumes('x')]
  freeSecond()
  world.clock.advance(60_000)
  await turns()
  expect([threads.length, ended, told.length]).toEqual([2, [0], 1])
  const finished = worker.finish(0)
  free()
  await world.passUntil(finished)
})
