import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { KeepDeadLetters } from '../../src/message/limits.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { changeRaw, readRaw } from '../store/raw-database.ts'
import { openAuditor } from '../world/audit.ts'
import { status } from '../world/fake-server.ts'
import { traced } from '../world/traced.ts'
import { collect, heard, heardTimes, World } from '../world/world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let world: World
beforeEach(() => {
  world = new World()
  world.server.react = status(422)
})
afterEach(() => world.end())

/** Enqueues numbers, each of which is rejected. */
async function bury(queue: Queue<number>, ...numbers: number[]): Promise<void> {
  const buried = heardTimes(queue, 'dead-lettered', numbers.length)
  await Promise.all(numbers.map((n) => queue.enqueue(n)))
  await buried
}

/** The bodies of the dead letters; what is told of those that are deleted comes first. */
async function lettersOf(queue: Queue<number>): Promise<(number | undefined)[]> {
  return (await collect(queue.deadLetters())).map(({ body }) => body)
}

function purgedIn(queue: Queue<number>): (QueueEvent & { type: 'purged' })[] {
  const purged: (QueueEvent & { type: 'purged' })[] = []
  queue.subscribe((event) => event.type === 'purged' && purged.push(event))
  return purged
}

/** Another message dies, after which the leader has looked at the others. */
async function looked(queue: Queue<number>, purges: number): Promise<void> {
  const purged = heardTimes(queue, 'purged', purges)
  await bury(queue, 0)
  await purged
}

describe('`keepDeadLetters`', () => {
  test('keeps the last `number` of them, and tells of each other that it is deleted, and why', async () => {
    const orders = world.open<number>({ keepDeadLetters: { number: 3 } })
    const ids: string[] = []
    orders.subscribe((event) => event.type === 'dead-lettered' && ids.push(event.id))
    const purged = purgedIn(orders)
    const gone = heardTimes(orders, 'purged', 2)
    await bury(orders, 1, 2, 3, 4, 5)
    await gone
    expect(await lettersOf(orders)).toEqual([3, 4, 5])
    expect(purged).toEqual(ids.slice(0, 2).map((id) => ({ type: 'purged', id, reason: 'number' })))
    expect(await orders.depth()).toMatchObject({ dead: 3, bytes: 0 })
    await expect(orders.receipt(ids[0]!).delivered).rejects.toMatchObject({ code: 'answer-unknown' })
    const auditor = openAuditor(databaseName(world.name))
    await auditor.audit()
    await auditor.close()
  })

  test('keeps those of the last `age` milliseconds: others go when the next dies', async () => {
    const orders = world.open<number>({ keepDeadLetters: { age: DAY } })
    const purged = purgedIn(orders)
    await bury(orders, 1, 2)
    world.clock.jump(DAY / 2)
    await bury(orders, 3)
    expect(purged).toEqual([])
    world.clock.jump(DAY / 2)
    await looked(orders, 2)
    expect(await lettersOf(orders)).toEqual([3, 0])
    expect(purged).toMatchObject([{ reason: 'age' }, { reason: 'age' }])
  })

  test('lets them go though nothing happens any more: within the hour, and when a tab takes the lead', async () => {
    const keepDeadLetters = { age: DAY }
    const tab = world.openTab()
    const orders = tab.open<number>({ keepDeadLetters })
    await bury(orders, 1)
    const gone = heard(orders, 'purged')
    let passed = 0
    while (passed <= DAY + HOUR && (await orders.depth()).dead > 0) {
      await world.clock.armedWithin(60_000)
      world.clock.advance(60_000)
      passed += 60_000
    }
    await gone
    expect(passed).toBeGreaterThanOrEqual(DAY)
    await bury(orders, 2)
    await tab.close()
    world.clock.jump(2 * DAY)
    const again = world.open<number>({ keepDeadLetters })
    const goes = heard(again, 'purged')
    await again.depth()
    expect(await goes).toMatchObject({ reason: 'age' })
    expect(await lettersOf(again)).toEqual([])
  })

  test('deletes none for its age while the clock is in doubt, nor once it has turned out to be wrong', async () => {
    let time = world.clock.now()
    const dated = (code: number) => () => new Response(null, { status: code, headers: { date: new Date(time).toUTCString() } })
    world.server.react = dated(422)
    const orders = world.open<number>({ keepDeadLetters: { age: DAY } })
    const purged = purgedIn(orders)
    await bury(orders, 1)
    world.clock.jump(365 * DAY)
    await bury(orders, 2)
    await orders.depth()
    expect(purged).toEqual([])
    time += 2 * DAY
    world.clock.advance(2 * DAY)
    await looked(orders, 2)
    expect(await lettersOf(orders)).toEqual([0])
  })

  test('keeps one that halts its group, and counts it not, until its group goes on without it', async () => {
    const orders = world.open<number>({ keepDeadLetters: { number: 1 }, onDead: 'halt', group: (n) => (n < 10 ? 'few' : 'many') })
    await bury(orders, 1, 10)
    expect(await lettersOf(orders)).toEqual([1, 10])
    await orders.resume({ group: 'many' })
    await bury(orders, 11)
    await orders.resume({ group: 'many' })
    expect(await lettersOf(orders)).toEqual([1, 10, 11])
    const gone = heard(orders, 'purged')
    await bury(orders, 12)
    expect(await gone).toMatchObject({ reason: 'number' })
    expect(await lettersOf(orders)).toEqual([1, 11, 12])
    expect(await orders.depth({ group: 'few' })).toMatchObject({ halted: true })
  })

  test('counts an unreadable one not: it takes the place of none', async () => {
    const tab = world.openTab()
    const before = tab.open<number>()
    await bury(before, 1)
    await tab.close()
    const name = databaseName(world.name)
    const [[key]] = (await readRaw(name, 'dead')) as [[number, unknown]]
    await changeRaw(name, 'dead', key, (letter: object) => ({ ...letter, reason: 'unreadable', found: { lost: true } }))
    const orders = world.open<number>({ keepDeadLetters: { number: 1 } })
    const told: string[] = []
    orders.subscribe(({ type }) => (type === 'dead-lettered' || type === 'purged') && told.push(type))
    const gone = heard(orders, 'purged')
    await bury(orders, 2)
    await bury(orders, 3)
    await gone
    expect(told).toEqual(['dead-lettered', 'dead-lettered', 'purged'])
  })

  test('deletes many that were there before, a bounded part at a time, and delivers meanwhile', async () => {
    const tab = world.openTab()
    const before = tab.open<number>()
    await bury(before, ...Array.from({ length: 450 }, (_, n) => n))
    await tab.signal('offline')
    await before.enqueue(1_000)
    await tab.close()
    const orders = world.open<number>({ keepDeadLetters: { number: 10 } })
    const purged = purgedIn(orders)
    let purgedBefore = Infinity
    world.server.react = () => {
      purgedBefore = purged.length
      return new Response()
    }
    const gone = heardTimes(orders, 'purged', 440)
    const { mostLoaded } = await traced(() => gone)
    expect(mostLoaded).toBeLessThanOrEqual(100)
    expect(purgedBefore).toBeLessThanOrEqual(100)
    expect(await lettersOf(orders)).toEqual(Array.from({ length: 10 }, (_, n) => 440 + n))
  })

  test.each<[KeepDeadLetters | undefined]>([[undefined], [{ age: DAY }], [{ number: 2 }]])(
    '%o keeps what it keeps',
    async (keepDeadLetters) => {
      const orders = world.open<number>(keepDeadLetters ? { keepDeadLetters } : {})
      const purged = purgedIn(orders)
      await bury(orders, 1, 2)
      expect(await orders.redrive()).toBe(2)
      await heardTimes(orders, 'dead-lettered', 2)
      expect(await orders.depth()).toMatchObject({ dead: 2 })
      expect(purged).toEqual([])
      expect(await orders.purge()).toBe(2)
      expect(purged).toEqual([
        expect.not.objectContaining({ reason: expect.anything() }),
        expect.not.objectContaining({ reason: expect.anything() }),
      ])
    },
  )
})
