import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FakeHost } from '../world/fake-host.ts'
import { heard } from '../world/world.ts'

// A page of its own for each test: it asks once.
let Page: typeof FakeHost
beforeEach(async () => {
  vi.resetModules()
  Page = (await import('../world/fake-host.ts')).FakeHost
})
afterEach(() => vi.unstubAllGlobals())

test('a page asks once for all of its queues whether its storage is kept, and tells each', async () => {
  const persist = vi.fn(async () => true)
  vi.stubGlobal('navigator', { storage: { persist } })
  const [orders, drafts] = [new Page().open({ persist: true }), new Page().open({ persist: true })]
  const told = await Promise.all([heard(orders, 'persist-answered'), heard(drafts, 'persist-answered')])
  expect(told).toEqual([
    { type: 'persist-answered', granted: true },
    { type: 'persist-answered', granted: true },
  ])
  expect(persist).toHaveBeenCalledTimes(1)
  await Promise.all([orders.close(), drafts.close()])
})

test.each([
  ['there is nobody to ask', {}],
  ['the browser refuses', { storage: { persist: async () => false } }],
  ['asking fails', { storage: { persist: () => Promise.reject(new Error('no')) } }],
  ['asking throws', { storage: { persist: () => expect.unreachable() } }],
])('where %s, the answer is no', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator)
  const orders = new Page().open({ persist: true })
  expect(await heard(orders, 'persist-answered')).toEqual({ type: 'persist-answered', granted: false })
  await orders.close()
})

test('an enqueue does not wait for the answer, and nobody is asked who did not want it', async () => {
  const persist = vi.fn(() => new Promise<boolean>(() => {}))
  vi.stubGlobal('navigator', { storage: { persist } })
  const orders = new Page().open<number>()
  await orders.enqueue(1)
  expect(persist).not.toHaveBeenCalled()
  const kept = new Page().open<number>({ persist: true })
  await kept.enqueue(1)
  expect(persist).toHaveBeenCalledTimes(1)
  await Promise.all([orders.close(), kept.close()])
})
