import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PoolWorker } from '../../src/handler/pooled-worker.ts'
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
  const worker = new PoolWorker(start, world.openTab().realm)
  world.clock.advance(3_600)
  expect(times).toEqual([0, 500, 1_500, 3_500])
  expect(reported).toHaveLength(4)
  await worker.finish(1_000)
  world.clock.advance(60_000)
  await turns()
  expect(times).toHaveLength(4)
})

test('a worker that says nothing, since its file never comes, gives its place to another', async () => {
  const { realm } = world.openTab()
  const ended: number[] = []
  const workers: EventTarget[] = []
  const start = (): Worker => {
    const number = workers.length
    const worker = Object.assign(new EventTarget(), { terminate: () => ended.push(number), postMessage() {} })
    workers.push(worker)
    return worker as unknown as Worker
  }
  const worker = new PoolWorker(start, realm)
  world.clock.advance(30_500)
  expect([workers.length, ended]).toEqual([2, [0]])
  // One that consumes has all the time there is.
  const lock = 'holdfast/x/consumers/c/30000'
  let free = (): void => {}
  void realm.locks.request(lock, {}, () => new Promise<void>((resolve) => (free = resolve)))
  await turns()
  workers[1]!.dispatchEvent(Object.assign(new Event('message'), { data: { holdfast: 'consuming', lock } }))
  world.clock.advance(600_000)
  await turns()
  expect([workers.length, ended]).toEqual([2, [0]])
  const finished = worker.finish(0)
  free()
  await world.passUntil(finished)
})
