import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { HeadersLike, HeadersRequest } from '../../src/message/headers.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const authorizations = (): (string | null)[] => world.server.arrivals.map(({ headers }) => headers.get('authorization'))

test('headers that are always the same go with each request', async () => {
  const orders = world.open({ headers: { authorization: 'Basic x', 'Idempotency-Key': 'mine' } })
  const { id } = await orders.enqueue(1)
  await orders.idle()
  expect(authorizations()).toEqual(['Basic x'])
  expect(world.server.arrivals[0]?.headers.get('idempotency-key')).toBe(`"${id}"`)
})

test('headers are asked for when a message is sent, once for a burst', async () => {
  let token = 0
  const orders = world.open({ headers: async () => ({ authorization: `Bearer ${++token}` }) })
  await orders.pause()
  await Promise.all(Array.from({ length: 20 }, (_, n) => orders.enqueue(n)))
  expect(token).toBe(0)
  await orders.resume()
  await orders.idle()
  await orders.enqueue('later')
  await orders.idle()
  expect(authorizations()).toEqual([...Array<string>(20).fill('Bearer 1'), 'Bearer 2'])
})

test('headers are asked for again in a burst that lasts', async () => {
  let token = 0
  const orders = world.open({ headers: () => ({ authorization: `Bearer ${++token}` }) })
  world.server.react = () => {
    world.clock.advance(4_000)
    return new Response()
  }
  await Promise.all([1, 2, 3, 4].map((n) => orders.enqueue(n)))
  await orders.idle()
  expect(authorizations()).toEqual(['Bearer 1', 'Bearer 1', 'Bearer 1', 'Bearer 2'])
})

test('after a 401 they are asked for once more, told why, and the message goes out again at once', async () => {
  const asked: HeadersRequest[] = []
  world.server.next(status(401))
  const orders = world.open({
    headers: (request) => {
      asked.push(request)
      return { authorization: `Bearer ${asked.length}` }
    },
  })
  await orders.enqueue('x')
  await orders.idle()
  expect(authorizations()).toEqual(['Bearer 1', 'Bearer 2'])
  expect(asked).toMatchObject([{ unauthorized: false }, { unauthorized: true, signal: expect.any(AbortSignal) as AbortSignal }])
})

test('a second 401 pauses the queue for authorisation: nothing is consumed or dropped, and resume goes on with fresh headers', async () => {
  world.server.react = status(401)
  let token = 0
  const orders = world.open({ maxAttempts: 1, headers: () => ({ authorization: `Bearer ${++token}` }) })
  const unauthorized = heard(orders, 'unauthorized')
  await Promise.all([orders.enqueue('x'), orders.enqueue('y')])
  await unauthorized
  await orders.retryNow()
  await orders.enqueue('z')
  await world.clock.armedWithin(60_000)
  world.clock.advance(60_000)
  await world.clock.armedWithin(60_000)
  expect(world.server.arrivals).toHaveLength(2)
  expect(await orders.depth()).toMatchObject({ ready: 3, leased: 0, dead: 0 })
  world.server.react = status(200)
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'x', 'x', 'y', 'z'])
  expect(authorizations()[2]).toBe('Bearer 3')
})

test('a 401 to headers that cannot change pauses at once', async () => {
  world.server.next(status(401))
  const orders = world.open({ headers: { authorization: 'Basic x' } })
  const unauthorized = heard(orders, 'unauthorized')
  await orders.enqueue('x')
  await unauthorized
  expect(world.server.arrivals).toHaveLength(1)
  await orders.resume()
  await orders.idle()
})

test.each([
  ['throws', () => Promise.reject(new Error('no session'))],
  ['gives nonsense', () => ({ 'not a header': 'x' })],
])('when headers %s nothing is sent, that is announced, and they are asked for again later', async (_, failing) => {
  let works = false
  const orders = world.open({ headers: () => (works ? { authorization: 'Bearer 1' } : failing()) })
  const failed = heard(orders, 'headers-failed')
  await orders.enqueue('x')
  await failed
  await world.clock.armedWithin(1_000)
  await orders.enqueue('y')
  await world.clock.armedWithin(1_000)
  expect(world.server.arrivals).toHaveLength(0)
  works = true
  world.clock.advance(1_000)
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'y'])
})

test('when fresh headers cannot be had after a 401, nothing is given up', async () => {
  world.server.next(status(401))
  let fails = 1
  const orders = world.open({
    headers: ({ unauthorized }) => {
      if (unauthorized && fails-- > 0) throw new Error('offline')
      return {}
    },
  })
  const failed = heard(orders, 'headers-failed')
  await orders.enqueue('x')
  await failed
  await world.clock.armedWithin(1_000)
  world.clock.advance(1_000)
  await orders.idle()
})

test('headers that failed are asked for again after their wait, though the clock was set back a day', async () => {
  let fails = 1
  const orders = world.open({
    headers: () => {
      if (fails-- > 0) throw new Error('no session')
      return {}
    },
  })
  const failed = heard(orders, 'headers-failed')
  await orders.enqueue('x')
  await failed
  await world.clock.armedWithin(1_000)
  world.clock.jump(-86_400_000)
  world.clock.advance(1_000)
  await world.clock.armedWithin(1_000)
  world.clock.advance(1_000)
  await orders.idle()
  expect(world.server.bodies).toEqual(['x'])
})

test('headers that throw at once leave nothing behind that rejects later', async () => {
  const patience = new AbortController()
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal)
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const orders = world.open({
    headers: () => {
      throw new TypeError('session is null')
    },
  })
  const failed = heard(orders, 'headers-failed')
  await orders.enqueue('x')
  await failed
  patience.abort()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  vi.restoreAllMocks()
  expect(unhandled).not.toHaveBeenCalled()
})

describe('a message that waits for headers when the queue is paused', () => {
  /** Asks for headers, and pauses while that is under way; afterwards goes on. */
  async function pausedWhileAsking(waitsAt: number): Promise<void> {
    let token = 0
    let giveLate!: () => void
    let asked!: () => void
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const orders = world.open({
      headers: async () => {
        const headers = { authorization: `Bearer ${++token}` }
        if (token !== waitsAt) return headers
        asked()
        return new Promise<HeadersLike>((resolve) => (giveLate = () => resolve(headers)))
      },
    })
    await orders.enqueue('x')
    await isAsked
    await orders.pause()
    giveLate()
    await orders.depth()
    await orders.resume()
    await orders.idle()
  }

  test('is not sent with them', async () => {
    await pausedWhileAsking(1)
    expect(authorizations()).toEqual(['Bearer 2'])
  })

  test('is not sent a second time either, where the server had answered 401', async () => {
    world.server.next(status(401))
    await pausedWhileAsking(2)
    expect(authorizations()).toEqual(['Bearer 1', 'Bearer 3'])
  })
})

test('where a queue is opened again with another endpoint, headers for the old one are not sent to the new one', async () => {
  const tab = world.openTab()
  const answer = world.server.holdNext()
  const before = tab.open({ endpoint: 'https://a.example/', headers: { authorization: 'for a' } })
  await Promise.all([1, 2, 3].map((n) => before.enqueue(n)))
  await world.server.arrived(1)
  const after = tab.open({ endpoint: 'https://b.example/', headers: { authorization: 'for b' } })
  await after.depth()
  answer()
  await after.idle()
  expect(world.server.arrivals.map(({ url }) => url)).toEqual(['https://a.example/', 'https://b.example/', 'https://b.example/'])
  expect(authorizations()).toEqual(['for a', 'for b', 'for b'])
})

test('a queue that closes does not wait for headers', async () => {
  const orders = world.open({ headers: () => new Promise<never>(() => {}) })
  await orders.enqueue('x')
  const closing = orders.close()
  await world.clock.armedWithin(2_000)
  world.clock.advance(2_000)
  await closing
})

test('nothing secret is at rest: neither headers nor answers are stored', async () => {
  world.server.react = unreachable
  const orders = world.open({ headers: () => ({ authorization: 'Bearer s3cret' }) })
  await orders.enqueue('x')
  await heard(orders, 'retry-scheduled')
  const database = await new Promise<IDBDatabase>((resolve) => {
    const opening = indexedDB.open(`holdfast/${world.name}`)
    opening.onsuccess = () => resolve(opening.result)
  })
  const tx = database.transaction([...database.objectStoreNames])
  const rows = await Promise.all(
    [...database.objectStoreNames].map(
      (store) =>
        new Promise((resolve) => (tx.objectStore(store).getAll().onsuccess = ({ target }) => resolve((target as IDBRequest).result))),
    ),
  )
  database.close()
  expect(JSON.stringify(rows)).toContain('"x\\"')
  expect(JSON.stringify(rows)).not.toContain('s3cret')
})

test.each([
  ['the worker’s, where only the definition has them', {}, 'definition'],
  ['the page’s, where it gives its own', { headers: () => ({ authorization: 'page' }) }, 'page'],
])('of two functions, in a definition that a worker serves and in the page, %s are asked', async (_, given, expected) => {
  const headers = (): HeadersLike => ({ authorization: 'definition' })
  const definition = defineQueue(world.name, { endpoint: 'https://shop.example/', headers })
  const orders = world.openTab({}, [definition]).open(given, definition)
  await orders.enqueue('x')
  await orders.idle()
  expect(authorizations()).toEqual([expected])
})

test('a queue that the worker does not serve says so', async () => {
  const orders = world.openTab({}, []).open()
  await expect(orders.enqueue('x')).rejects.toMatchObject({ code: 'not-served' })
})
