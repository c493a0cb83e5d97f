import { deleteDB, openDB } from 'idb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeOver } from '../../src/host/workbox.ts'
import { background, define, endpoint, scope, useBackground, world } from '../world/background-stage.ts'
import { status } from '../world/fake-server.ts'
import { collect } from '../world/world.ts'

const WORKBOX = 'workbox-background-sync'
// Last, when nobody has it open any more.
afterEach(() => deleteDB(WORKBOX))
useBackground()
// Nothing is sent before a test looks.
beforeEach(() => void (scope.navigator.onLine = false))

interface Entry {
  readonly id?: number
  readonly queueName?: string
  readonly timestamp?: number
  readonly requestData?: object
  readonly metadata?: object
}

const requestData = (n: number, more: object = {}): object => ({
  url: `${endpoint}/${n}`,
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'stale' },
  body: new TextEncoder().encode(JSON.stringify({ n })).buffer,
  mode: 'cors',
  credentials: 'same-origin',
  referrer: 'about:client',
  redirect: 'follow',
  integrity: '',
  keepalive: false,
  ...more,
})

/** What Workbox 7 leaves behind: its database as it makes it. */
async function leave(...entries: Entry[]): Promise<void> {
  const database = await openDB(WORKBOX, 3, {
    upgrade(made) {
      made.createObjectStore('requests', { autoIncrement: true, keyPath: 'id' }).createIndex('queueName', 'queueName', { unique: false })
    },
  })
  for (const entry of entries) await database.add('requests', { queueName: 'shop', timestamp: 1_790_000_000_000, ...entry })
  database.close()
}

async function whatIsLeft(): Promise<unknown[]> {
  const database = await openDB(WORKBOX)
  const ids = await database.getAllKeys('requests')
  database.close()
  return ids
}

test('what Workbox has stored is sent in its order, whole, and no more there', async () => {
  const orders = define({ headers: { authorization: 'fresh' } })
  // What was put back to the front has a lower id.
  await leave({ id: 5, requestData: requestData(2) }, { id: 6, requestData: requestData(3) }, { id: 0, requestData: requestData(1) })
  expect(await takeOver(background, { queueName: 'shop', queue: orders })).toEqual({ taken: 3, left: [] })
  expect(await whatIsLeft()).toEqual([])
  await scope.rests()
  await background
    .queue(orders)
    .drain()
    .catch(() => {})
  scope.navigator.onLine = true
  await world.passUntil(background.queue(orders).drain())
  expect(world.server.arrivals.map(({ url, body }) => [url, body])).toEqual([1, 2, 3].map((n) => [`${endpoint}/${n}`, { n }]))
  expect(world.server.arrivals[0]!.headers.get('content-type')).toBe('application/json')
  expect(world.server.arrivals[0]!.headers.get('authorization')).toBe('fresh')
})

test('taken over twice, a request is stored once', async () => {
  const orders = define()
  const entry = { id: 1, requestData: requestData(1) }
  await leave(entry)
  await takeOver(background, { queueName: 'shop', queue: orders })
  // It was stored, and the service worker ended before it could be deleted.
  await leave(entry)
  await takeOver(background, { queueName: 'shop', queue: orders })
  expect(await collect(world.openTab().open({}, orders).messages())).toHaveLength(1)
})

test('taken over again after it was sent, it is sent under the same key', async () => {
  const orders = define()
  const entry = { id: 1, requestData: requestData(1) }
  scope.navigator.onLine = true
  for (let round = 1; round <= 2; round++) {
    await leave(entry)
    await takeOver(background, { queueName: 'shop', queue: orders })
    await world.passUntil(background.queue(orders).drain())
  }
  const keys = world.server.arrivals.map(({ headers }) => headers.get('idempotency-key'))
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  // Another device may have an entry of that id and time.
  expect(keys[0]).toMatch(/^"workbox\.\w{24}\.1790000000000\.1"$/)
})

test('a request that has a key of its own keeps it', async () => {
  const orders = define()
  scope.navigator.onLine = true
  await leave({ requestData: requestData(1, { headers: { 'idempotency-key': 'own' } }) })
  await takeOver(background, { queueName: 'shop', queue: orders })
  await world.passUntil(background.queue(orders).drain())
  expect(world.server.arrivals[0]!.headers.get('idempotency-key')).toBe('own')
})

test('other queues of Workbox, and what is no request, stay where they are', async () => {
  const orders = define()
  await leave(
    { id: 1, queueName: 'analytics', requestData: requestData(1) },
    { id: 2, requestData: requestData(2) },
    { id: 3 },
    { id: 4, requestData: requestData(4, { mode: 'no-cors', headers: {} }) },
  )
  const { taken, left } = await takeOver(background, { queueName: 'shop', queue: orders })
  expect(taken).toBe(1)
  expect(left).toEqual([
    { id: 3, reason: expect.any(String) as string },
    { id: 4, reason: expect.stringContaining('one whose answer can be read') as string },
  ])
  expect(await whatIsLeft()).toEqual([1, 3, 4])
})

test('what the queue refuses stays where it is', async () => {
  const orders = define({ capacity: { messages: 1 } })
  await leave({ id: 1, requestData: requestData(1) }, { id: 2, requestData: requestData(2) })
  await expect(takeOver(background, { queueName: 'shop', queue: orders })).rejects.toMatchObject({ code: 'queue-full' })
  expect(await whatIsLeft()).toEqual([2])
})

test('a redirect means what is said, or what the queue says', async () => {
  const orders = define({ maxAttempts: 1 })
  scope.navigator.onLine = true
  world.server.react = status(303)
  await leave({ id: 1, requestData: requestData(1) })
  await takeOver(background, { queueName: 'shop', queue: orders, redirects: 'accept' })
  await world.passUntil(background.queue(orders).drain())
  await leave({ id: 2, requestData: requestData(2) })
  await takeOver(background, { queueName: 'shop', queue: orders })
  await world.passUntil(background.queue(orders).drain())
  const letters = await collect(world.openTab().open({}, orders).deadLetters())
  expect(letters).toMatchObject([{ request: { url: `${endpoint}/2` }, reason: 'attempts-exhausted' }])
})

test('where there was no Workbox, nothing is taken over, and no database made', async () => {
  expect(await takeOver(background, { queueName: 'shop', queue: define() })).toEqual({ taken: 0, left: [] })
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(WORKBOX)
})

test('a database of that name which is another’s is left alone', async () => {
  const database = await openDB(WORKBOX, 1, { upgrade: (made) => void made.createObjectStore('requests') })
  await database.put('requests', { shop: 1 }, 'a')
  database.close()
  expect(await takeOver(background, { queueName: 'shop', queue: define() })).toEqual({ taken: 0, left: [] })
  expect(await whatIsLeft()).toEqual(['a'])
})

test.each<[object, string]>([
  [{}, 'Expected `queueName` to be the name of a queue of Workbox, got undefined'],
  [{ queueName: 'shop' }, 'Expected `queue` to be what `defineQueue` gives, got undefined'],
  [{ queueName: 'shop', queue: {}, redirects: 'follow' }, 'Expected `queue` to be what `defineQueue` gives, got [object Object]'],
])('%o is refused', async (options, message) => {
  await expect(takeOver(background, options as never)).rejects.toMatchObject({ code: 'invalid-option', message })
})
