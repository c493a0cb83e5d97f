import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { standForLeader } from '../../src/host/leadership.ts'
import { World } from '../world/world.ts'

test('a lock that is stolen or refused is asked for again, and no term begins before the last has ended', async () => {
  const world = new World()
  const refusals = [new DOMException('stolen', 'AbortError'), new DOMException('not active', 'InvalidStateError')]
  let terms = 0
  let endTerm!: () => void
  const locks = {
    async request(_name: string, _options: unknown, serve: () => Promise<void>) {
      const refusal = refusals.shift()
      if (refusal?.name === 'InvalidStateError') throw refusal
      const term = serve()
      // Stealing rejects the request, while the code that held the lock runs on.
      if (refusal) throw refusal
      await term
    },
  } as unknown as LockManager
  const leadership = standForLeader({ ...world.platform, locks }, 'x', async () => {
    terms += 1
    await new Promise<void>((resolve) => (endTerm = resolve))
  })
  await Promise.resolve()
  expect(terms).toBe(1)
  endTerm()
  for (let i = 0; i < 2; i++) {
    await world.clock.armedWithin(1_000)
    expect(terms).toBe(1)
    world.clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(terms).toBe(2)
  const resigned = leadership.resign()
  endTerm()
  await resigned
  expect(world.clock.armed).toBe(0)
})

test('however often the lock is refused, nothing piles up', async () => {
  const world = new World()
  const listeners: number[] = []
  const locks = {
    async request(_name: string, { signal }: { signal: AbortSignal }) {
      listeners.push(getEventListeners(signal, 'abort').length)
      throw new DOMException('denied', 'SecurityError')
    },
  } as unknown as LockManager
  const leadership = standForLeader({ ...world.platform, locks }, 'x', async () => {})
  for (let i = 0; i < 5; i++) {
    await world.clock.armedWithin(1_000)
    world.clock.advance(1_000)
  }
  await world.clock.armedWithin(1_000)
  expect(listeners).toEqual([0, 0, 0, 0, 0, 0])
  await leadership.resign()
  expect(world.clock.armed).toBe(0)
})
