import { afterEach, beforeEach, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { QueueOptions } from '../../src/message/options.ts'
import { Watch } from '../../src/host/watch.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { pulse } from '../../src/queue/pulse.ts'
import type { Pulse } from '../../src/queue/pulse.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { connectTo } from '../store/database.ts'
import { FakeLocks } from '../world/fake-locks.ts'
import { silence, status, unreachable } from '../world/fake-server.ts'
import { Freezer } from '../world/freezer.ts'
import { seeded } from '../world/random.ts'
import { heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** Two looks, three questions, and up to another beat. */
const SILENCE = 10_000
const HOUR = 3_600_000

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n)
const enqueueAll = (queue: Queue<number>, all: readonly number[]): Promise<unknown> => Promise.all(all.map((n) => queue.enqueue(n)))

/** A tab that can be frozen, and what its page hears. */
function openFreezable(): { queue: Queue<number>; freezer: Freezer; heard: QueueEvent['type'][] } {
  const freezer = new Freezer()
  const queue = world.openTab(freezer.platform(world.platform)).open<number>()
  return { queue, freezer, heard: typesHeardBy(queue) }
}

function typesHeardBy(queue: Queue<number>): QueueEvent['type'][] {
  const heard: QueueEvent['type'][] = []
  queue.subscribe(({ type }) => heard.push(type))
  return heard
}

/** Lets time pass second by second, and all happen in between. */
async function pass(length: number, step = 1_000): Promise<void> {
  for (let passed = 0; passed < length; passed += step) {
    world.clock.advance(step)
    await turns()
  }
}

async function look(): Promise<Pulse> {
  const connection = connectTo(databaseName(world.name))
  const found = await pulse(connection, world.clock.now())
  await connection.close()
  return found
}

const firstArrivals = (): unknown[] => [...new Set(world.server.bodies)]

test('a leader that is frozen loses the lead to another tab within ten seconds; when it wakes it settles nothing and sends nothing more', async () => {
  const { queue: frozen, freezer, heard } = openFreezable()
  const answer = world.server.holdNext()
  await enqueueAll(frozen, numbers(30))
  await world.server.arrived(1)
  const other = world.open<number>()
  await other.depth()
  freezer.freeze()
  await enqueueAll(other, numbers(10, 30))
  await pass(SILENCE)
  await other.idle()
  expect(world.server.bodies).toEqual([0, ...numbers(40)])
  expect(heard).not.toContain('leadership-lost')

  answer()
  freezer.thaw()
  await pass(5_000)
  expect(world.server.bodies).toHaveLength(41)
  expect(heard).toContain('leadership-lost')
  expect(await other.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })

  // It stands again, and leads when its turn comes.
  await other.close()
  await frozen.enqueue(40)
  await frozen.idle()
  expect(firstArrivals()).toEqual(numbers(41))
})

/** A tab whose lock is never stolen: nobody tells it that another leads. */
function openUnaware(options: Partial<QueueOptions<number>> = {}): Queue<number> {
  return world.openTab({ locks: new FakeLocks().manager }).open<number>(options)
}

/** Another leads, and is done; five seconds later what this one waits for comes. */
async function sendsNothingMore(frozen: Queue<number>, thaw: () => void): Promise<void> {
  await world.open<number>().idle()
  const sent = world.server.arrivals.length
  world.clock.advance(5_000)
  const lost = heard(frozen, 'leadership-lost')
  thaw()
  await lost
  expect(world.server.arrivals).toHaveLength(sent)
}

test('a leader that was frozen sends nothing of what it had reserved, even where nobody has told it that another leads', async () => {
  const answer = world.server.holdNext()
  const frozen = openUnaware()
  await enqueueAll(frozen, numbers(30))
  await world.server.arrived(1)
  await sendsNothingMore(frozen, answer)
})

test('nor does it send what it had sent before with fresh headers, where they have come late', async () => {
  let give = (): void => {}
  const headers = ({ unauthorized }: { readonly unauthorized: boolean }): object | Promise<object> =>
    unauthorized ? new Promise((resolve) => (give = () => resolve({}))) : {}
  world.server.next(status(401))
  const frozen = openUnaware({ headers: headers as () => Promise<Record<string, string>> })
  await frozen.enqueue(1)
  await world.server.arrived(1)
  await turns()
  await sendsNothingMore(frozen, () => give())
})

test('what a superseded leader has under way is cut short as it hears of it', async () => {
  const { queue: frozen, freezer } = openFreezable()
  let cut = false
  world.server.next((request) => {
    request.signal.addEventListener('abort', () => (cut = true))
    return silence(request)
  })
  await frozen.enqueue(0)
  await world.server.arrived(1)
  const other = world.open<number>({ timeout: 300_000 })
  await other.depth()
  freezer.freeze()
  await pass(SILENCE + 2_000)
  await other.idle()
  expect(cut).toBe(false)
  freezer.thaw()
  await turns()
  expect(cut).toBe(true)
})

test('a message that was stored by a tab that died before it could say so is delivered, though the leader is frozen', async () => {
  const { queue: frozen, freezer } = openFreezable()
  await frozen.depth()
  const other = world.open<number>()
  await other.depth()
  freezer.freeze()
  world.channels.isDeaf = true
  const dying = world.open<number>()
  await dying.enqueue(1)
  await dying.close()
  world.channels.isDeaf = false
  await pass(60_000 + SILENCE, 2_000)
  expect(world.server.bodies).toEqual([1])
  freezer.thaw()
  await turns()
})

test('a long attempt is not taken for silence', async () => {
  const leader = world.open<number>({ timeout: 600_000 })
  const heard = typesHeardBy(leader)
  const answer = world.server.holdNext()
  await leader.enqueue(1)
  await world.server.arrived(1)
  const other = world.open<number>()
  await other.enqueue(2)
  await pass(300_000, 2_000)
  answer()
  await other.idle()
  expect(world.server.bodies).toEqual([1, 2])
  expect(heard).not.toContain('leadership-lost')
})

test('a leader that waits for a server is asked less and less often: it writes once a minute at most, and keeps the lead', async () => {
  world.server.react = unreachable
  const leader = world.open<number>()
  const heard = typesHeardBy(leader)
  await leader.enqueue(1)
  await Promise.all(numbers(3).map(() => world.open<number>().depth()))
  await pass(HOUR / 2, 2_000)
  const before = await look()
  const attempts = world.server.arrivals.length
  await pass(HOUR, 2_000)
  const after = await look()
  expect(after.epoch).toBe(before.epoch)
  const writes = after.revision - before.revision
  expect(writes).toBeGreaterThan(0)
  // Each attempt that fails is written, and so is what follows.
  expect(writes - 3 * (world.server.arrivals.length - attempts)).toBeLessThanOrEqual(3 * 61)
  expect(heard).not.toContain('leadership-lost')
  world.server.react = () => new Response()
})

test('where nothing waits nobody writes, however many tabs are open', async () => {
  const tabs = numbers(3).map(() => world.open<number>())
  await tabs[0]?.enqueue(1)
  await tabs[0]?.idle()
  await pass(SILENCE)
  const before = await look()
  await pass(HOUR, 2_000)
  expect(await look()).toEqual(before)
})

test('a night of sleep takes the lead from nobody: the same tab goes on in the morning', async () => {
  const { queue: leader, freezer, heard } = openFreezable()
  const other = openFreezable()
  world.server.next(unreachable)
  await leader.enqueue(1)
  await world.server.arrived(1)
  await other.queue.enqueue(2)
  for (const each of [freezer, other.freezer]) each.freeze()
  await pass(8 * HOUR, HOUR)
  // Who watches wakes first.
  other.freezer.thaw()
  await turns()
  freezer.thaw()
  await pass(SILENCE)
  await leader.idle()
  expect(heard).not.toContain('leadership-lost')
  expect(world.server.bodies).toEqual([1, 1, 2])
})

test('a look that comes late says nothing of the leader: who watches was asleep itself', async () => {
  const freezer = new Freezer()
  let isSilent = false
  const watch = new Watch({
    clock: freezer.platform(world.platform).clock,
    random: () => 0,
    look: async () => ({ epoch: 1, revision: 1, isAnyWaiting: true }),
    ask: () => {},
    silent: () => (isSilent = true),
  })
  watch.begin()
  // Asked once, and not answered.
  await pass(4_000)
  freezer.freeze()
  await pass(8 * HOUR, HOUR)
  freezer.thaw()
  await turns()
  await pass(3_000)
  expect(isSilent).toBe(false)
  await pass(2_000)
  expect(isSilent).toBe(true)
  watch.end()
})

test('of twenty tabs one takes over from a leader that is frozen', async () => {
  world.random = seeded(1)
  const { queue: frozen, freezer } = openFreezable()
  await frozen.depth()
  const others = numbers(20).map(() => world.open<number>())
  await Promise.all(others.map((queue) => queue.depth()))
  freezer.freeze()
  const before = await look()
  await Promise.all(others.map((queue, n) => queue.enqueue(n)))
  await pass(SILENCE, 50)
  expect(world.server.bodies).toHaveLength(20)
  // Two may do it at the very same moment, which harms nobody.
  expect((await look()).epoch - before.epoch).toBeLessThanOrEqual(2)
  freezer.thaw()
  await turns()
})
