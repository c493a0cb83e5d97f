import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import { databaseName } from '../../src/protocol/names.ts'
import type { Queue } from '../../src/producer/queue.ts'
import version2 from '../store/earlier/version-2.json' with { type: 'json' }
import { changeRaw, readRaw, writeRaw } from '../store/raw-database.ts'
import type { RawDatabase } from '../store/raw-database.ts'
import { silence, status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
let orders: Queue<number>
let events: QueueEvent[]
beforeEach(() => void (world = new World()))
afterEach(async () => {
  await world.end()
  vi.restoreAllMocks()
})

interface Stored {
  readonly messages: readonly object[]
}

/** An earlier visit has left three records of three messages: 0 to 8. Then something befalls them. */
async function threeRecords(befall: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  const before = world.openTab()
  const queue = before.open<number>()
  await queue.pause()
  for (const first of [0, 3, 6]) await Promise.all([first, first + 1, first + 2].map((n) => queue.enqueue(n)))
  await before.close()
  await befall()
  orders = world.open<number>()
  events = []
  orders.subscribe((event) => events.push(event))
}

async function damage(store: string, key: IDBValidKey, change: (value: never) => unknown): Promise<void> {
  await changeRaw(databaseName(world.name), store, key, change)
}

/** Lets time pass until nothing waits. */
async function idleInTime(): Promise<void> {
  const over = new AbortController()
  const idle = orders.idle().finally(() => over.abort())
  while (!over.signal.aborted) {
    world.clock.advance(60_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await idle
}

async function delivered(): Promise<unknown[]> {
  await orders.resume()
  await orders.idle()
  return world.server.bodies
}

/** A request that cannot read the first record, should it find it. */
function failing<T>(request: IDBRequest<T>): IDBRequest<T> {
  request.addEventListener('success', (event) => {
    const [found] = [request.result].flat() as { first?: number }[]
    if (found?.first !== 1) return
    event.stopImmediatePropagation()
    Object.defineProperty(request, 'error', { value: new DOMException('Failed to read large IndexedDB value', 'DataError') })
    request.dispatchEvent(new (event.constructor as typeof Event)('error', { cancelable: true }))
  })
  return request
}

describe('what cannot be read is set aside, and holds up nobody:', () => {
  test.each([
    ['a record that a later release has written', (record: Stored) => ({ ...record, version: 2, messages: 'packed' })],
    ['a record that is no record any more', () => 42],
    ['a record that says it is another', (record: Stored) => ({ ...record, first: 99, messages: ['?'] })],
    ['a record without messages', (record: Stored) => ({ ...record, messages: [] })],
  ])('%s', async (_, change) => {
    for (const key of [1, 4, 7]) {
      world = new World()
      await threeRecords(() => damage('inbox', key, change))
      expect(await collect(orders.messages())).toHaveLength(6)
      expect(await delivered()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].filter((n) => n < key - 1 || n > key + 1))
      expect(events).toContainEqual(expect.objectContaining({ type: 'dead-lettered', reason: 'unreadable' }))
      expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 1 })
      expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'unreadable', body: undefined, attempts: 0 }])
      expect(await orders.redrive()).toBe(0)
      expect(await orders.purge()).toBe(1)
      expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0 })
      await world.end()
    }
    world = new World()
  })

  test.each([0, 1, 2])('one message of a record, at offset %i, whose neighbours are delivered', async (at) => {
    const change = ({ messages, ...rest }: Stored): Stored => ({ ...rest, messages: messages.with(at, { ...messages[at], bytes: '6' }) })
    await threeRecords(() => damage('inbox', 4, change))
    expect(await collect(orders.messages())).toHaveLength(8)
    expect(await delivered()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].filter((n) => n !== 3 + at))
    const [letter] = await collect(orders.deadLetters())
    expect(letter).toMatchObject({ reason: 'unreadable', body: undefined, id: expect.stringMatching(/^[\w]+\.[\w]\.[\w]$/) as string })
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 1 })
  })

  test('a record of which the first message is a dead letter already: both letters are kept', async () => {
    const before = world.openTab()
    const queue = before.open<number>()
    world.server.next(status(422))
    world.server.react = silence
    await Promise.all([0, 1, 2].map((n) => queue.enqueue(n)))
    await world.server.arrived(2)
    const closed = before.close()
    world.server.hangUp()
    await closed
    world.server.react = status(200)
    const [[key, record]] = (await readRaw(databaseName(world.name), 'inbox')) as [[number, Stored]]
    await damage('inbox', key, () => ({ ...record, version: 2 }))
    const letters = async (): Promise<unknown[]> => (await collect(orders.deadLetters())).map(({ reason, body }) => [reason, body])
    orders = world.open<number>()
    await idleInTime()
    expect(await letters()).toEqual([
      ['rejected', 0],
      ['unreadable', undefined],
    ])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 2 })
  })

  test('all of it, one after the other', async () => {
    await threeRecords(() => Promise.all([1, 4, 7].map((key) => damage('inbox', key, () => null))))
    expect(await delivered()).toEqual([])
    await orders.enqueue(9)
    await orders.idle()
    expect(world.server.bodies).toEqual([9])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 3 })
  })

  test('a record that the browser itself cannot give', async () => {
    const { get, getAll } = IDBObjectStore.prototype
    await threeRecords(async () => {
      vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(function (this: IDBObjectStore, ...args) {
        return failing(getAll.apply(this, args))
      })
      vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
        return failing(get.call(this, key))
      })
    })
    await orders.resume()
    await idleInTime()
    // It may be there again in a moment: three times it is looked for once more.
    expect(events.filter(({ type }) => type === 'storage-failed')).toHaveLength(3)
    expect(world.server.bodies).toEqual([3, 4, 5, 6, 7, 8])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 1, bytes: 0 })
  })

  test('a record that the browser cannot give for a moment is delivered when it can', async () => {
    const { getAll } = IDBObjectStore.prototype
    await threeRecords(async () => {
      vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementationOnce(function (this: IDBObjectStore, ...args) {
        return failing(getAll.apply(this, args))
      })
    })
    await orders.resume()
    await idleInTime()
    expect(world.server.bodies).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a message whose text was damaged is rejected by the server, and can be listed', async () => {
    const change = ({ messages, ...rest }: Stored): Stored => ({ ...rest, messages: messages.with(0, { ...messages[0], body: '{"n' }) })
    await threeRecords(() => damage('inbox', 4, change))
    expect(await collect(orders.messages())).toHaveLength(8)
    world.server.react = (request) =>
      request.headers.get('holdfast-message')!.endsWith('=4') ? status(400)(request) : status(200)(request)
    await orders.resume()
    await orders.idle()
    expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'unreadable', status: 400, body: undefined }])
  })
})

describe('what is parked and cannot be read is set aside, and its group goes on:', () => {
  interface Body {
    readonly n: number
  }

  async function deliverRest(): Promise<number[]> {
    // What waited for another attempt is due.
    world.clock.advance(60_000)
    const groups = world.open<Body>({ order: 'group' })
    orders = groups as unknown as Queue<number>
    await groups.enqueue({ n: 20 }, { group: 'c' })
    await groups.idle()
    return (world.server.bodies as Body[]).map(({ n }) => n).sort((x, y) => x - y)
  }

  test.each([
    ['a record', () => ({ version: 2 })],
    ['a message in it', (record: Stored) => ({ ...record, messages: [null] })],
    [
      'messages without their numbers',
      (record: Stored) => ({ ...record, messages: record.messages.map((message) => ({ ...message, sequence: undefined })) }),
    ],
  ])('%s', async (_, change) => {
    await writeRaw(databaseName(world.name), version2 as unknown as RawDatabase)
    await damage('parked', ['c', 3], change)
    expect(await deliverRest()).toEqual([3, 4, 5, 7, 8, 9, 11, 12, 13, 20])
    expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'rejected' }, { reason: 'unreadable', group: 'c' }])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 2 })
  })

  test('a row that points to nothing is mended, and nothing is lost', async () => {
    await writeRaw(databaseName(world.name), version2 as unknown as RawDatabase)
    await damage('groups', 'c', (row: object) => ({ ...row, next: 1, parked: 3 }))
    expect(await deliverRest()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 1 })
  })
})

test('what a release can read that an earlier one could not is redriven, all of it', async () => {
  await threeRecords(() => damage('inbox', 4, (record: Stored) => ({ ...record, version: 2 })))
  await delivered()
  const [[key]] = (await readRaw(databaseName(world.name), 'dead')) as [[number, unknown]]
  // As if this were the release that knows version 2.
  await damage('dead', key, (letter: { found: object }) => ({ ...letter, found: { ...letter.found, version: 1 } }))
  expect(await orders.redrive()).toBe(1)
  await orders.idle()
  expect(world.server.bodies).toEqual([0, 1, 2, 6, 7, 8, 3, 4, 5])
  expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0 })
})

test('of a record that cannot be read any more, what was delivered before is not redriven', async () => {
  const before = world.openTab()
  const queue = before.open<number>()
  await queue.pause()
  await Promise.all([0, 1, 2].map((n) => queue.enqueue(n)))
  world.server.react = (request) => status(request.headers.get('holdfast-message')!.endsWith('=3') ? 500 : 200)(request)
  const retry = heard(queue, 'retry-scheduled')
  await queue.resume()
  await retry
  await before.close()
  await damage('inbox', 1, (record: Stored) => ({ ...record, version: 2 }))
  world.server.react = status(200)
  orders = world.open<number>()
  await orders.idle()
  const [[key]] = (await readRaw(databaseName(world.name), 'dead')) as [[number, unknown]]
  await damage('dead', key, (letter: { found: object }) => ({ ...letter, found: { ...letter.found, version: 1 } }))
  expect(await orders.redrive()).toBe(1)
  await orders.idle()
  expect(world.server.bodies).toEqual([0, 1, 2, 2])
})
