import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const inProgress = status(409, { 'content-type': 'application/problem+json' }, '{"type":"urn:holdfast:in-progress"}')

describe('accepted: the message has left the queue', () => {
  test.each([200, 201, 202, 204, 299])('%i', async (code) => {
    world.server.next(status(code))
    const orders = world.open()
    const { delivered } = await orders.enqueue('x')
    await expect(delivered).resolves.toMatchObject({ status: code })
    await orders.idle()
    expect(world.server.arrivals).toHaveLength(1)
  })
})

describe('rejected: the message is a dead letter, and the next goes on', () => {
  test.each([400, 402, 403, 404, 405, 410, 413, 415, 422, 451, 501, 505])('%i', async (code) => {
    world.server.next(status(code, {}, 'because'))
    const orders = world.open()
    const receipt = await orders.enqueue('x')
    await orders.enqueue('y')
    await expect(receipt.delivered).rejects.toMatchObject({ code: 'dead-lettered', cause: { reason: 'rejected', status: code } })
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'y'])
    expect(await collect(orders.deadLetters())).toMatchObject([
      { body: 'x', reason: 'rejected', status: code, excerpt: 'because', attempts: 1 },
    ])
  })
})

/** Each with what the event says, and whether a queue that allows one attempt gives the message up at it. */
const retried: [string, Reaction, { reason: string; status?: number }, boolean][] = [
  ['no connection', unreachable, { reason: 'unreachable' }, false],
  ['408', status(408), { reason: 'failed', status: 408 }, true],
  ['409', status(409), { reason: 'failed', status: 409 }, true],
  ['409 that says that the message is being handled', inProgress, { reason: 'in-progress', status: 409 }, false],
  ['409 with Retry-After', status(409, { 'retry-after': '1' }), { reason: 'in-progress', status: 409 }, false],
  ['425', status(425), { reason: 'failed', status: 425 }, true],
  ['429', status(429), { reason: 'busy', status: 429 }, false],
  ['500', status(500), { reason: 'failed', status: 500 }, true],
  ['502', status(502), { reason: 'busy', status: 502 }, false],
  ['503', status(503), { reason: 'busy', status: 503 }, false],
  ['504', status(504), { reason: 'busy', status: 504 }, false],
  ['599', status(599), { reason: 'failed', status: 599 }, true],
  ['a redirect', status(302, { location: '/login' }), { reason: 'redirected', status: 302 }, true],
]

describe('retry: the message keeps its place and is tried again', () => {
  test.each(retried)('%s', async (_, reaction, event) => {
    world.server.next(reaction)
    const orders = world.open()
    const scheduled = heard(orders, 'retry-scheduled')
    await Promise.all([orders.enqueue('x'), orders.enqueue('y')])
    expect(await scheduled).toMatchObject({ ...event, due: world.clock.now() + 1_000 })
    world.clock.advance(1_000)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x', 'y'])
  })
})

test('the beginning of the answer is told with each retry, and nothing where there is none', async () => {
  world.server.next(() => new Response('The database is away'.padEnd(5_000, '!'), { status: 500 }), unreachable)
  const orders = world.open()
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  const { excerpt } = await scheduled
  expect(excerpt).toBe('The database is away'.padEnd(4_000, '!'))
  const unanswered = heard(orders, 'retry-scheduled')
  world.clock.advance(1_000)
  expect(await unanswered).not.toHaveProperty('excerpt')
})

describe('what counts towards maxAttempts, and what does not', () => {
  test.each(retried)('%s', async (_, reaction, { status: code = 0 }, counts) => {
    world.server.react = reaction
    const orders = world.open({ maxAttempts: 1 })
    const event = counts ? heard(orders, 'dead-lettered') : heard(orders, 'retry-scheduled')
    await orders.enqueue('x')
    expect(await event).toMatchObject(counts ? { reason: 'attempts-exhausted', attempts: 1, status: code } : {})
    expect(await orders.depth()).toMatchObject(counts ? { ready: 0, dead: 1 } : { ready: 1, dead: 0 })
  })

  test('a server that never answers', async () => {
    world.server.react = silence
    const orders = world.open({ maxAttempts: 1, timeout: 7_000 })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue('x')
    await world.clock.armedWithin(7_000)
    world.clock.advance(7_000)
    expect(await scheduled).toMatchObject({ reason: 'timeout' })
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
  })

  test('attempts are counted over a reload', async () => {
    world.server.react = status(500)
    const before = world.open({ maxAttempts: 3 })
    await before.enqueue('x')
    await heard(before, 'retry-scheduled')
    world.clock.advance(1_000)
    await heard(before, 'retry-scheduled')
    await before.close()
    const after = world.open({ maxAttempts: 3 })
    const dead = heard(after, 'dead-lettered')
    await after.retryNow()
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 3 })
    expect(world.server.arrivals).toHaveLength(3)
  })
})

describe('the answer that a receipt gives', () => {
  const answer = async (reaction: Reaction): Promise<unknown> => {
    world.server.next(reaction)
    const { delivered } = await world.open().enqueue('x')
    return delivered
  }
  const json = { 'content-type': 'application/json' }

  test('is parsed where the server calls it JSON', async () => {
    expect(await answer(status(200, { ...json, 'x-request-id': '9' }, '{"a":1}'))).toEqual({
      status: 200,
      headers: { ...json, 'x-request-id': '9' },
      body: { a: 1 },
    })
    expect(await answer(status(200, { 'content-type': 'Application/JSON' }, '{"a":1}'))).toMatchObject({ body: { a: 1 } })
  })

  test('is text otherwise, and where it is not JSON after all', async () => {
    expect(await answer(status(200, {}, '{"a":1}'))).toMatchObject({ body: '{"a":1}' })
    expect(await answer(status(200, json, '<html>'))).toMatchObject({ body: '<html>' })
  })

  test('is cut off after 64 KiB, whatever the server goes on to send', async () => {
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(97)) })
    expect(await answer(() => new Response(endless, { headers: json }))).toMatchObject({ body: 'a'.repeat(65_536) })
  })

  test('is accepted even when the connection is lost before its end: the status has said so', async () => {
    const torn = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('reset')) })
    expect(await answer(() => new Response(torn, { status: 201 }))).toMatchObject({ status: 201, body: undefined })
  })
})
