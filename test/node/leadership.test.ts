import { afterEach, beforeEach, expect, test } from 'vitest'
import { Leadership } from '../../src/host/leadership.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const watch = { begin() {}, end() {} }

/** Locks whose requests end as scripted: `granted` until the term is over, or with what the browser says. */
function scripted(...refusals: DOMException[]): LockManager {
  return {
    async request(_name: string, _options: unknown, serve: () => Promise<void>) {
      const refusal = refusals.shift()
      if (refusal?.name === 'InvalidStateError') throw refusal
      const term = serve()
      // Stealing rejects the request, while the code that held the lock runs on.
      if (refusal) throw refusal
      await term
    },
  } as unknown as LockManager
}

const stolen = (): DOMException => new DOMException('stolen', 'AbortError')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a lock that is stolen or refused is asked for again, and no term begins before the last has ended', async () => {
  let [terms, superseded] = [0, 0]
  let endTerm!: () => void
  const leadership = new Leadership({
    locks: scripted(stolen(), new DOMException('not active', 'InvalidStateError')),
    clock: world.clock,
    lock: 'x',
    watch,
    supersede: () => void (superseded += 1),
    serve: async () => {
      terms += 1
      await new Promise<void>((resolve) => (endTerm = resolve))
    },
  })
  await turn()
  expect([terms, superseded]).toEqual([1, 1])
  endTerm()
  for (let i = 0; i < 2; i++) {
    await world.clock.armedWithin(1_000)
    expect(terms).toBe(1)
    world.clock.advance(1_000)
    await turn()
  }
  expect([terms, superseded]).toEqual([2, 1])
  const resigned = leadership.resign()
  endTerm()
  await resigned
})

test('however often the lock is refused, nothing piles up', async () => {
  let signals = 0
  const locks = {
    async request(_name: string, { signal }: { signal: AbortSignal }) {
      signals += 1
      expect(signal.aborted).toBe(false)
      throw new DOMException('denied', 'SecurityError')
    },
  } as unknown as LockManager
  const leadership = new Leadership({ locks, clock: world.clock, lock: 'x', watch, serve: async () => {}, supersede: () => {} })
  for (let i = 0; i < 5; i++) {
    await world.clock.armedWithin(1_000)
    expect(world.clock.armed).toBe(1)
    world.clock.advance(1_000)
  }
  await world.clock.armedWithin(1_000)
  expect(signals).toBe(6)
  await leadership.resign()
})

test('who steals the lock leads at once, who held it is told, and who waited for it waits on', async () => {
  const log: string[] = []
  const ends = new Map<string, () => void>()
  const stand = (name: string): Leadership =>
    new Leadership({
      locks: world.locks.manager,
      clock: world.clock,
      lock: 'x',
      watch: { begin: () => void log.push(`${name} watches`), end: () => {} },
      supersede: () => {
        log.push(`${name} is superseded`)
        ends.get(name)?.()
      },
      serve: async () => {
        log.push(`${name} leads`)
        await new Promise<void>((resolve) => ends.set(name, resolve))
      },
    })
  const all = ['a', 'b', 'c'].map(stand)
  await turn()
  all[2]?.steal()
  await turn()
  expect(log).toEqual(['a watches', 'b watches', 'c watches', 'a leads', 'c leads', 'a is superseded'])
  log.length = 0
  // In its turn.
  world.clock.advance(1_000)
  ends.get('c')?.()
  await turn()
  expect(log).toEqual(['a watches', 'b leads', 'c watches'])
  const resigned = all.map((leadership) => leadership.resign())
  ends.get('b')?.()
  await Promise.all(resigned)
})

test('a lock that is given to who is about to steal it is not stolen', async () => {
  let terms = 0
  let endTerm!: () => void
  const stand = (): Leadership =>
    new Leadership({
      locks: world.locks.manager,
      clock: world.clock,
      lock: 'x',
      watch,
      supersede: () => {},
      serve: () => {
        terms += 1
        return new Promise((resolve) => (endTerm = resolve))
      },
    })
  const first = stand()
  await turn()
  const second = stand()
  await turn()
  const resigned = first.resign()
  endTerm()
  // The lock is free, and granted; who stands does not know yet.
  await resigned
  second.steal()
  await turn()
  expect(terms).toBe(2)
  const ended = second.resign()
  endTerm()
  await ended
})
