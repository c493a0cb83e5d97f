import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { Verdict } from '../../src/message/verdict.ts'
import type { Answer } from '../../src/message/message.ts'
import { silence, status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

test('classify is given the status, the headers and the parsed body of each answer', async () => {
  const answers: Answer[] = []
  world.server.next(status(409, { 'content-type': 'application/json' }, '{"known":true}'))
  const orders = world.open<string>({
    classify: (answer) => {
      answers.push(answer)
      return 'accepted'
    },
  })
  const { delivered } = await orders.enqueue('x')
  await expect(delivered).resolves.toMatchObject({ status: 409 })
  await orders.idle()
  expect(answers).toEqual([{ status: 409, headers: { 'content-type': 'application/json' }, body: { known: true } }])
})

describe('an answer means what classify says:', () => {
  test('rejected, though the server has accepted', async () => {
    const orders = world.open<string>({ classify: () => Promise.resolve('rejected' as const) })
    await orders.enqueue('x')
    await orders.idle()
    expect(await collect(orders.deadLetters())).toMatchObject([
      { reason: 'rejected', status: 200, trail: [{ result: 'rejected', status: 200 }] },
    ])
  })

  test('retry, which counts', async () => {
    const orders = world.open<string>({ maxAttempts: 1, classify: () => 'retry' })
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x')
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', attempts: 1, trail: [{ result: 'classified' }] })
  })

  test.each([
    [{ outcome: 'retry', counts: false }, 1_000],
    [{ outcome: 'retry', counts: false, after: 0 }, 1_000],
    [{ outcome: 'retry', counts: false, after: 30_000 }, 30_000],
    [{ outcome: 'retry', counts: false, after: 86_400_000 }, 3_600_000],
  ] satisfies [Verdict, number][])('%j, which does not count, and has the server asked no sooner', async (verdict, wait) => {
    world.server.next(status(423))
    const orders = world.open<string>({ maxAttempts: 1, classify: ({ status: code }) => (code === 423 ? verdict : undefined) })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue('x')
    expect(await scheduled).toMatchObject({ reason: 'classified', status: 423, due: world.clock.now() + wait })
    world.clock.advance(wait)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x'])
  })

  test('unauthorized: fresh headers are asked for, then nothing is sent until resume()', async () => {
    let token = 0
    world.server.react = status(403)
    const orders = world.open<string>({
      headers: () => ({ authorization: `Bearer ${++token}` }),
      classify: ({ status: code }) => (code === 403 ? 'unauthorized' : undefined),
    })
    const unauthorized = heard(orders, 'unauthorized')
    await orders.enqueue('x')
    await unauthorized
    expect(world.server.arrivals.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer 1', 'Bearer 2'])
    world.server.react = status(200)
    await orders.resume()
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ dead: 0 })
  })

  test('nothing, and the table is right', async () => {
    world.server.next(status(422))
    const orders = world.open<string>({ classify: () => undefined })
    await Promise.all([orders.enqueue('x'), orders.enqueue('y')])
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ dead: 1 })
  })
})

test('classify is not asked where there was no answer', async () => {
  let asked = 0
  world.server.next(silence)
  const orders = world.open<string>({
    classify: () => {
      asked += 1
      return undefined
    },
  })
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  await world.server.arrived(1)
  world.server.hangUp()
  expect(await scheduled).toMatchObject({ reason: 'unreachable' })
  expect(asked).toBe(0)
})

test.each([
  [
    'throws',
    (): never => {
      throw new Error('no idea')
    },
    'no idea',
  ],
  ['rejects', () => Promise.reject(new Error('no idea')), 'no idea'],
  ['gives no outcome', () => 'ok' as never, 'Expected `classify` to give an outcome or undefined, got "ok" (string)'],
  [
    'gives a wait that is none',
    () => ({ outcome: 'retry', after: 'soon' }) as never,
    'Expected `classify` to give an outcome or undefined, got [object Object]',
  ],
])(
  'when classify %s, that is announced, nothing counts or is lost, and all waits as if the endpoint were away',
  async (_, failing, message) => {
    let works = false
    const orders = world.open<string>({ maxAttempts: 1, classify: () => (works ? undefined : failing()) })
    const failed = heard(orders, 'classify-failed')
    const scheduled = heard(orders, 'retry-scheduled')
    const held = heard(orders, 'endpoint-failed')
    await Promise.all([orders.enqueue('x'), orders.enqueue('y')])
    expect(await failed).toMatchObject({ message: expect.stringContaining(message) as string })
    expect(await scheduled).toMatchObject({ reason: 'classified', status: 200 })
    await held
    works = true
    await world.clock.armedWithin(1_000)
    expect(world.server.bodies).toEqual(['x'])
    world.clock.advance(1_000)
    await orders.idle()
    expect(world.server.bodies).toEqual(['x', 'x', 'y'])
  },
)

test.each([
  ['the worker’s, where only the definition has it', {}, 422],
  ['the page’s, where it gives its own', { classify: (): Verdict => 'accepted' }, undefined],
])('of two functions, in a definition that a worker serves and in the page, %s is asked', async (_, given, dead) => {
  world.server.react = status(422)
  const classify = (): Verdict => 'rejected'
  const definition = defineQueue<string>(world.name, { endpoint: 'https://shop.example/', classify })
  const orders = world.openTab({}, [definition]).open(given, definition)
  await orders.enqueue('x')
  await orders.idle()
  const [letter] = await collect(orders.deadLetters())
  expect(letter?.status).toBe(dead)
})
