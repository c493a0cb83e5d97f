import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { status } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'

/**
 * What has happened to an app that queued expenses offline: the answer to the first was lost after the server had committed it; its replay was refused as a duplicate, in words that
 * the app did not know; the queue stood for hours, until the token was past its time; the rest was dropped without a word.
 */
let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** What the server has taken, in its order. */
let taken: string[]
/** The token that it takes. */
let token: string
beforeEach(() => {
  taken = []
  token = 'first'
})

/** A server of somebody else's, which knows no keys: it knows an expense when it sees it again, and says so in its own way. */
const expenses =
  (duplicate: Reaction): Reaction =>
  async (request) => {
    if (request.headers.get('authorization') !== `Bearer ${token}`) return new Response(null, { status: 401 })
    const expense = (await request.clone().json()) as string
    if (taken.includes(expense)) return duplicate(request)
    taken.push(expense)
    return Response.json({ ok: true })
  }

/** Takes a message, and the connection is lost before it could say so. */
const losing =
  (server: Reaction): Reaction =>
  async (request) => {
    await server(request)
    throw new TypeError('Failed to fetch')
  }

function open(options: Partial<OpenOptions<string>> = {}): Queue<string> {
  return world.open<string>({ headers: () => ({ authorization: `Bearer ${token}` }), ...options })
}

async function enqueueThree(queue: Queue<string>): Promise<void> {
  await Promise.all(['taxi', 'hotel', 'train'].map((expense) => queue.enqueue(expense)))
}

test('the answer was lost after the server had committed: the same message goes out again, under the same key, before all others', async () => {
  const server = expenses(status(200))
  world.server.next(losing(server))
  world.server.react = server
  const queue = open()
  await enqueueThree(queue)
  await world.passUntil(queue.idle())
  expect(world.server.bodies).toEqual(['taxi', 'taxi', 'hotel', 'train'])
  const [first, replay] = world.server.arrivals.map(({ headers }) => headers.get('idempotency-key'))
  expect(replay).toBe(first)
})

describe('the replay is refused as a duplicate, and nothing wedges:', () => {
  test('told what it means, the queue takes it for accepted', async () => {
    const server = expenses(status(409))
    world.server.next(losing(server))
    world.server.react = server
    const queue = open({ classify: ({ status: code }) => (code === 409 ? 'accepted' : undefined) })
    await enqueueThree(queue)
    await world.passUntil(queue.idle())
    expect(taken).toEqual(['taxi', 'hotel', 'train'])
    expect(world.server.arrivals).toHaveLength(4)
    expect(await queue.depth()).toMatchObject({ ready: 0, dead: 0 })
  })

  test.each([
    ['409', status(409), { reason: 'attempts-exhausted', attempts: 3 }],
    ['400', status(400, {}, 'already exists'), { reason: 'rejected', excerpt: 'already exists', maybeDelivered: true }],
    ['422', status(422), { reason: 'rejected', maybeDelivered: true }],
  ])('not told, it gives up a %s in time, keeps the message with its trail, and goes on', async (_, duplicate, letter) => {
    const server = expenses(duplicate)
    world.server.next(losing(server))
    world.server.react = server
    const queue = open({ maxAttempts: 3 })
    await enqueueThree(queue)
    await world.passUntil(queue.idle())
    expect(taken).toEqual(['taxi', 'hotel', 'train'])
    const [dead, ...others] = await collect(queue.deadLetters())
    expect(dead).toMatchObject({ body: 'taxi', ...letter })
    expect(dead?.trail?.[0]).toMatchObject({ result: 'unreachable' })
    expect(others).toEqual([])
  })
})

test('the token is past its time: nothing is dropped, and resume goes on with a fresh one, in order', async () => {
  const server = expenses(status(409))
  world.server.next(losing(server))
  world.server.react = server
  let session = 'first'
  const queue = open({
    headers: () => ({ authorization: `Bearer ${session}` }),
    classify: ({ status: code }) => (code === 409 ? 'accepted' : undefined),
  })
  const unauthorized = heard(queue, 'unauthorized')
  const scheduled = heard(queue, 'retry-scheduled')
  await enqueueThree(queue)
  await scheduled
  token = 'second'
  await world.passUntil(unauthorized)
  expect(await queue.depth()).toMatchObject({ ready: 3, dead: 0 })
  world.clock.advance(30 * 24 * 3_600_000)
  expect(await queue.depth()).toMatchObject({ ready: 3, dead: 0 })
  session = 'second'
  await queue.resume()
  await world.passUntil(queue.idle())
  expect(taken).toEqual(['taxi', 'hotel', 'train'])
  expect(await queue.depth()).toMatchObject({ ready: 0, dead: 0 })
})

test('who refreshes a token in time is never stopped at all', async () => {
  world.server.react = expenses(status(409))
  let session = 'first'
  const queue = open({
    headers: ({ unauthorized }) => {
      if (unauthorized) session = token
      return { authorization: `Bearer ${session}` }
    },
  })
  token = 'second'
  await enqueueThree(queue)
  await queue.idle()
  expect(taken).toEqual(['taxi', 'hotel', 'train'])
})

test('all of it at once: each expense takes effect once, in order, and nothing is left', async () => {
  const server = expenses(status(409))
  let session = 'first'
  world.server.next(losing(server), status(503), (request) => {
    token = 'second'
    return server(request)
  })
  world.server.react = server
  const before = open({
    headers: () => ({ authorization: `Bearer ${session}` }),
    classify: ({ status: code }) => (code === 409 ? 'accepted' : undefined),
  })
  const unauthorized = heard(before, 'unauthorized')
  await enqueueThree(before)
  await world.passUntil(unauthorized)
  await before.close()
  session = 'second'
  const after = open({
    headers: () => ({ authorization: `Bearer ${session}` }),
    classify: ({ status: code }) => (code === 409 ? 'accepted' : undefined),
  })
  await after.resume()
  await world.passUntil(after.idle())
  expect(taken).toEqual(['taxi', 'hotel', 'train'])
  expect(await after.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0 })
})
