import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databaseName } from '../../src/protocol/names.ts'
import version1 from '../store/earlier/version-1.json' with { type: 'json' }
import version2 from '../store/earlier/version-2.json' with { type: 'json' }
import { readRaw, writeRaw } from '../store/raw-database.ts'
import type { RawDatabase } from '../store/raw-database.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

/** What each version of the store has left behind, written by the release that had it; from now on none is ever taken away. */
const EARLIER = [
  // Message 0 was accepted, 1 rejected, 2 has failed once; 3 to 6 wait.
  { database: version1 as unknown as RawDatabase, order: 'queue', waiting: [2, 3, 4, 5, 6] },
  // Of the groups a, b, c, d in turn, 0 was accepted, 1 rejected; c and d have failed and are parked; 4 and 5 were under way.
  { database: version2 as unknown as RawDatabase, order: 'group', waiting: [2, 6, 10, 3, 7, 11, 4, 5, 8, 9, 12, 13] },
] as const

interface Order {
  readonly n: number
  readonly text: string
}

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const body = (n: number): Order => ({ n, text: `Größe ${n}` })

describe.each(EARLIER)('what version $database.version has left', ({ database, order, waiting }) => {
  beforeEach(() => writeRaw(databaseName(world.name), database))

  test('is all there: what waits, in order, and the dead letters', async () => {
    const orders = world.open<Order>({ order })
    await orders.pause()
    const bytes = waiting.reduce((sum, n) => sum + JSON.stringify(body(n)).length + 2, 0)
    expect(await orders.depth()).toMatchObject({ ready: waiting.length, leased: 0, dead: 1, bytes })
    expect((await collect(orders.messages())).map((message) => message.body)).toEqual(waiting.map(body))
    expect(await collect(orders.deadLetters())).toMatchObject([
      { body: body(1), reason: 'rejected', status: 422, excerpt: 'Nobody wants this' },
    ])
  })

  test('is delivered, each message once and in order, with what is enqueued now after it', async () => {
    const orders = world.open<Order>({ order })
    const receipt = await orders.enqueue(body(20))
    expect(await orders.redrive()).toBe(1)
    await orders.retryNow()
    await receipt.delivered
    await orders.idle()
    const arrived = (world.server.bodies as Order[]).map(({ n }) => n)
    expect(arrived.toSorted((x, y) => x - y)).toEqual([...waiting, 1, 20].toSorted((x, y) => x - y))
    const sameGroup = (n: number): number[] =>
      arrived.filter((other) => other < 20 && other !== 1 && (order === 'queue' || other % 4 === n))
    for (const group of [0, 1, 2, 3]) expect(sameGroup(group)).toEqual(sameGroup(group).toSorted((x, y) => x - y))
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
  })

  test('keeps the attempts that a message has had', async () => {
    world.server.react = status(500)
    const orders = world.open<Order>({ order, maxAttempts: 2 })
    const dead = heard(orders, 'dead-lettered')
    await orders.retryNow()
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 2 })
  })
})

describe('a database that a later release has changed', () => {
  /** As a later release may leave it: a store more, and more in each row of meta. */
  const { stores } = version2 as unknown as RawDatabase
  const meta = stores['meta']!.entries.map(([key, row]) => [key, { ...(row as object), heartbeat: 7 }] as const)
  const later: RawDatabase = {
    version: 7,
    stores: {
      ...stores,
      meta: { indexes: {}, entries: meta },
      inbox: { ...stores['inbox']!, indexes: { batch: 'batches' } },
      parked: { ...stores['parked']!, indexes: { batch: 'batches' } },
      delayed: { indexes: { id: 'id' }, entries: [] },
      changes: { indexes: { id: 'id' }, entries: [] },
      stops: { indexes: {}, entries: [] },
      dedup: { indexes: { until: 'until' }, entries: [] },
      receipts: { indexes: { id: 'id' }, entries: [] },
      bodies: { indexes: {}, entries: [] },
      spools: { indexes: {}, entries: [] },
      pictures: { indexes: {}, entries: [['a', { kept: true }]] },
    },
  }

  test('is worked by an older one as far as it knows it, and what it does not know stays', async () => {
    await writeRaw(databaseName(world.name), later)
    const orders = world.open<Order>({ order: 'group' })
    await orders.enqueue(body(20), { group: 'a' })
    await orders.retryNow()
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 1 })
    for (const [, row] of await readRaw(databaseName(world.name), 'meta')) expect(row).toMatchObject({ heartbeat: 7 })
    expect(await readRaw(databaseName(world.name), 'pictures')).toEqual([['a', { kept: true }]])
  })

  test('and that lacks a store is refused, and left alone', async () => {
    const { parked: _, ...others } = later.stores
    await writeRaw(databaseName(world.name), { ...later, stores: others })
    const orders = world.open<Order>({ order: 'group' })
    await expect(orders.enqueue(body(20))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('parked') as string,
    })
    expect(await readRaw(databaseName(world.name), 'inbox')).toHaveLength(3)
  })
})
