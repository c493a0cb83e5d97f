import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { batchesOf, eventsOf, takeBatches } from '../world/batch-server.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = new World()
  world.server.react = takeBatches()
})
afterEach(() => world.end())

async function deliver(answer: (ids: string[]) => Response): Promise<void> {
  world.server.next(async (request) => answer(eventsOf({ body: await request.clone().json() }).map(({ id }) => id)))
  const orders = world.open<number>({ batch: { messages: 4 } })
  await orders.pause()
  await orders.enqueueAll([0, 1, 2, 3])
  await orders.resume()
  await world.passUntil(orders.idle())
  expect(await collect(orders.deadLetters())).toEqual([])
}

const accepted = (ids: string[]): object[] => ids.map((id) => ({ id, outcome: 'accepted' }))

/** The first answer was worth nothing: all were sent again, in halves. */
const NOTHING_TAKEN = [
  [0, 1, 2, 3],
  [0, 1],
  [2, 3],
]

describe('an answer without results', () => {
  test.each([200, 202, 204])('with %i and no body has accepted all', async (code) => {
    await deliver(() => new Response(null, { status: code }))
    expect(batchesOf(world.server)).toEqual([[0, 1, 2, 3]])
  })

  test.each<[string, Response]>([
    ['a page', new Response('<h1>Welcome to the hotel</h1>', { headers: { 'content-type': 'text/html' } })],
    ['JSON of another kind', Response.json({ ok: true })],
    ['null', new Response('null')],
    ['results that are no list', Response.json({ results: { length: 4 } })],
    ['half an answer', new Response('{"results":[{"id":"')],
    ['an empty list', Response.json({ results: [] })],
    ['what is longer than answers may be', Response.json({ results: [], filler: ' '.repeat(16 * 1024 * 1024) })],
  ])('but with %s loses nothing: they go again', async (_, answer) => {
    await deliver(() => answer)
    expect(batchesOf(world.server)).toEqual(NOTHING_TAKEN)
  })

  test('to a message that came alone counts as an attempt', async () => {
    world.server.react = () => Response.json({ ok: true })
    const orders = world.open<number>({ maxAttempts: 3, batch: { messages: 4 } })
    await orders.enqueue(0)
    await world.passUntil(orders.idle())
    expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'attempts-exhausted', attempts: 3, status: 200 }])
  })
})

describe('in a list of results', () => {
  test.each<[string, (ids: string[]) => unknown[]]>([
    ['ids that were never sent', (ids) => [{ id: 'never', outcome: 'rejected' }, ...accepted(ids), { id: 'nor-this', outcome: 'retry' }]],
    ['`__proto__`', (ids) => [JSON.parse('{"__proto__":{"id":"x"},"id":"__proto__","outcome":"rejected"}'), ...accepted(ids)]],
    ['what is no result', (ids) => [null, 7, 'accepted', [], {}, { outcome: 'rejected' }, ...accepted(ids)]],
    ['what is said twice', (ids) => [...accepted(ids), ...accepted(ids)]],
    ['another order', (ids) => accepted(ids).toReversed()],
    [
      'a status, a wait and a body of wrong types',
      (ids) => accepted(ids).map((result) => ({ ...result, status: '500', after: -1, body: null })),
    ],
  ])('%s changes nothing', async (_, results) => {
    await deliver((ids) => Response.json({ results: results(ids) }))
    expect(batchesOf(world.server)).toEqual([[0, 1, 2, 3]])
  })

  test.each<[string, (id: string) => unknown[]]>([
    ['an outcome that there is not', (id) => [{ id, outcome: 'delivered' }]],
    ['an outcome of a wrong type', (id) => [{ id, outcome: ['accepted'] }]],
    ['an id of a wrong type', (id) => [{ id: [id], outcome: 'accepted' }]],
    [
      'a contradiction',
      (id) => [
        { id, outcome: 'accepted' },
        { id, outcome: 'rejected' },
      ],
    ],
    ['nothing', () => []],
  ])('%s leaves a message where it is', async (_, results) => {
    await deliver((ids) => Response.json({ results: [...results(ids[2]!), ...accepted(ids.filter((id) => id !== ids[2]))] }))
    // What is behind it was accepted all the same.
    expect(batchesOf(world.server)).toEqual([[0, 1, 2, 3], [2]])
  })

  test('a body that is nested too deeply is lost, and has accepted its message', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    await deliver((ids) => new Response(`{"results":[${ids.map((id) => `{"id":"${id}","outcome":"accepted","body":${deep}}`).join()}]}`))
    expect(batchesOf(world.server)).toEqual([[0, 1, 2, 3]])
  })

  test('a wait is granted up to an hour', async () => {
    world.server.next(async (request) => {
      const [first] = eventsOf({ body: await request.clone().json() })
      return Response.json({ results: [{ id: first!.id, outcome: 'retry', after: 1e12 }] })
    })
    const orders = world.open<number>({ batch: { messages: 4 } })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue(0)
    expect((await scheduled).due).toBe(world.clock.now() + 3_600_000)
    await world.passUntil(orders.idle())
  })

  test.each([
    [409, 1_000, 0],
    [429, 1_000, 0],
    [500, undefined, 1],
    [undefined, 1_000, 1],
  ])('a retry with status %s and a wait of %s counts %i', async (code, after, attempts) => {
    let times = 0
    world.server.react = takeBatches(() => (++times === 1 ? { outcome: 'retry', status: code, after } : { outcome: 'rejected' }))
    const orders = world.open<number>({ batch: { messages: 4 } })
    await orders.enqueue(0)
    await world.passUntil(orders.idle())
    expect(await collect(orders.deadLetters())).toMatchObject([{ attempts: attempts + 1, status: 422 }])
  })

  test('a body is kept as far as answers are', async () => {
    world.server.react = takeBatches(() => ({ outcome: 'accepted', body: 'x'.repeat(50) }))
    const orders = world.open<number>({ batch: { messages: 4 }, answer: { limit: 10 } })
    const { delivered } = await orders.enqueue(0)
    expect(await delivered).toMatchObject({ status: 200, body: 'x'.repeat(10) })
  })

  test('one that is longer than what is kept has accepted its message all the same', async () => {
    world.server.react = takeBatches(() => ({ outcome: 'accepted', body: 'x'.repeat(200_000) }))
    const orders = world.open<number>({ batch: { messages: 4 } })
    const { delivered } = await orders.enqueue(0)
    expect(await delivered).toMatchObject({ status: 200, body: 'x'.repeat(65_536) })
    expect(world.server.arrivals).toHaveLength(1)
  })

  test('where each attempt was answered, nothing is said to have arrived perhaps', async () => {
    world.server.react = takeBatches(() => ({ outcome: 'retry', status: 500 }))
    const orders = world.open<number>({ batch: { messages: 4 }, order: 'none', maxAttempts: 2 })
    await orders.pause()
    await orders.enqueueAll([0, 1])
    await orders.resume()
    await world.passUntil(orders.idle())
    const letters = await collect(orders.deadLetters())
    expect(letters.map(({ attempts, maybeDelivered }) => [attempts, maybeDelivered])).toEqual([
      [2, undefined],
      [2, undefined],
    ])
  })
})

test('a redirect is no acceptance, unless it is said to be', async () => {
  world.server.next(status(302))
  const orders = world.open<number>({ batch: { messages: 4 } })
  await orders.pause()
  await orders.enqueueAll([0, 1, 2, 3])
  await orders.resume()
  await orders.idle()
  expect(batchesOf(world.server)).toEqual(NOTHING_TAKEN)
  world.server.arrivals.length = 0
  await orders.close()
  const others = world.open<number>({ batch: { messages: 4 }, redirects: 'accept' })
  world.server.next(status(303))
  await others.pause()
  await others.enqueueAll([0, 1, 2, 3])
  await others.resume()
  await others.idle()
  expect(batchesOf(world.server)).toEqual([[0, 1, 2, 3]])
})
