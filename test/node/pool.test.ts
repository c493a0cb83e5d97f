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
