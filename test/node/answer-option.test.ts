import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { defineQueue } from '../../src/message/definition.ts'
import type { Answer } from '../../src/message/message.ts'
import type { StandardSchema } from '../../src/message/schema.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.passUntil(world.end()))

const keepReceipts = { age: 24 * 60 * 60 * 1_000, number: 100 }
const schema = z.object({ number: z.coerce.number(), note: z.string().default('') })
const answers = (body: unknown): void => void (world.server.react = () => Response.json(body))

describe('where the schema takes the answer', () => {
  const taken = { number: 7, note: '' }
  beforeEach(() => answers({ number: '7' }))

  test('what it makes of it is what a receipt gives, in each tab, and after a reload', async () => {
    const options = { answer: { schema }, keepReceipts }
    const orders = world.open({ ...options })
    const other = world.open({ ...options })
    const { id, delivered } = await orders.enqueue('x')
    expect(await delivered).toMatchObject({ status: 200, body: taken })
    expect(await other.receipt(id).delivered).toMatchObject({ body: taken })
    expect(await collect(orders.receipts())).toMatchObject([{ id, answer: { body: taken } }])
  })

  test('so it is of a batch, of a request, and in the event', async () => {
    const orders = world.open({ answer: { schema } })
    const accepted = heard(orders, 'accepted')
    const batch = await orders.enqueueAll(['a', 'b'])
    expect((await batch.delivered).map(({ body }) => body)).toEqual([taken, taken])
    expect(await accepted).toMatchObject({ answer: { body: taken } })
    const { delivered } = await orders.enqueueRequest({ url: 'https://shop.example/likes', method: 'PUT', body: '1' })
    expect(await delivered).toMatchObject({ body: taken })
  })

  test('it is asked once of each answer, and only where somebody wants to know', async () => {
    const validate = vi.fn((value: unknown) => ({ value }))
    const counting: StandardSchema<unknown> = { '~standard': { version: 1, vendor: 'none', validate } }
    const orders = world.open({ answer: { schema: counting } })
    await orders.enqueue('a')
    await orders.idle()
    expect(validate).not.toHaveBeenCalled()
    orders.subscribe(() => {})
    orders.subscribe(() => {})
    const { delivered } = await orders.enqueue('b')
    await delivered
    expect(validate).toHaveBeenCalledTimes(1)
  })

  test('what a handler returns is an answer too', async () => {
    const orders = world.open<string, { number: number; note: string }>({ consumers: true, answer: { schema } })
    const { delivered } = await orders.enqueue('x')
    orders.consume(() => ({ number: '9' }))
    expect(await delivered).toMatchObject({ body: { number: 9, note: '' } })
  })
})

describe('where the schema does not take the answer', () => {
  beforeEach(() => answers({ number: 'seven' }))

  test('the message is accepted, and never sent again; its receipt rejects, with the answer', async () => {
    const orders = world.open({ answer: { schema }, keepReceipts })
    const receipt = await orders.enqueue('x')
    const rejected = {
      code: 'invalid-answer',
      message: expect.stringMatching(`^Message ${receipt.id} was accepted, with an answer that its schema does not take: number: `),
      cause: { answer: { status: 200, body: { number: 'seven' } }, issues: [{ path: ['number'] }] },
    }
    await expect(receipt.delivered).rejects.toMatchObject(rejected)
    expect(await receipt.status()).toBe('accepted')
    await orders.idle()
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0 })
    expect(world.server.arrivals).toHaveLength(1)
    await expect(world.open({ answer: { schema } }).receipt(receipt.id).delivered).rejects.toMatchObject(rejected)
  })

  test('the event and what is kept have it as it came, with the issues', async () => {
    const orders = world.open({ answer: { schema }, keepReceipts })
    const accepted = heard(orders, 'accepted')
    await orders.enqueue('x')
    const refused = { answer: { body: { number: 'seven' } }, issues: [{ path: ['number'] }] }
    expect(await accepted).toMatchObject(refused)
    expect(await collect(orders.receipts())).toMatchObject([refused])
  })

  test('a batch counts it as accepted', async () => {
    const batch = await world.open({ answer: { schema } }).enqueueAll(['a', 'b'])
    expect(await batch.settled).toMatchObject({ accepted: 2, dead: 0, unknown: 0 })
    await expect(batch.delivered).rejects.toMatchObject({ code: 'invalid-answer' })
  })

  test('a release whose schema is mended takes what was kept', async () => {
    const before = world.open({ answer: { schema }, keepReceipts })
    const { id, delivered } = await before.enqueue('x')
    await expect(delivered).rejects.toMatchObject({ code: 'invalid-answer' })
    const mended = world.open({ answer: { schema: z.object({ number: z.string() }) }, keepReceipts })
    expect(await mended.receipt(id).delivered).toMatchObject({ body: { number: 'seven' } })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('a bug')
      },
      /a bug$/,
    ],
    ['wants time', async () => ({ value: 1 }), /Expected `answer.schema` to validate at once, got a promise$/],
  ])('one that %s does not take it', async (_, validate, message) => {
    const broken = { '~standard': { version: 1, vendor: 'none', validate } } as unknown as StandardSchema<number>
    const orders = world.open<string, number>({ answer: { schema: broken } })
    const heardOf = heard(orders, 'accepted')
    const { delivered } = await orders.enqueue('x')
    await expect(delivered).rejects.toMatchObject({ code: 'invalid-answer', message: expect.stringMatching(message) })
    expect(await heardOf).toMatchObject({ issues: [{}] })
  })
})

test('a schema is asked in the page, also where a worker serves the definition', async () => {
  answers({ number: 7 })
  const orders = defineQueue(world.name, { endpoint: 'https://shop.example/orders', answer: { schema } })
  const { delivered } = await world.openTab({}, [orders]).open({}, orders).enqueue('x')
  expect(await delivered).toMatchObject({ body: { number: 7, note: '' } })
})

describe('what is kept of an answer', () => {
  const answerWith = async (answer: object | undefined, headers: HeadersInit, body: string): Promise<Answer> => {
    world.server.next(status(200, headers, body))
    await using orders = world.open({ ...(answer && { answer }) })
    const { delivered } = await orders.enqueue('x')
    return await delivered
  }

  test('by default a few headers, and nothing that may be a secret', async () => {
    const harmless = { date: 'Thu, 01 Jan 1970 00:00:00 GMT', etag: '"7"', location: '/orders/7', 'x-request-id': '9' }
    const secret = { authorization: 'Bearer a', 'x-auth-token': 'b', 'set-cookie': 'c=d', 'x-csrf-token': 'e' }
    const type = { 'content-type': 'text/plain' }
    expect(await answerWith(undefined, { ...harmless, ...secret, ...type }, '')).toMatchObject({ headers: { ...harmless, ...type } })
    const { headers } = await answerWith(undefined, { ...harmless, ...secret, ...type }, '')
    expect(headers).toEqual({ ...harmless, ...type })
  })

  test('the headers that are named, in whatever case', async () => {
    const headers = { 'x-order-number': '7', etag: '"7"', 'content-type': 'application/json' }
    expect(await answerWith({ headers: ['X-Order-Number', 'toString'] }, headers, '{"a":1}')).toEqual({
      status: 200,
      headers: { 'x-order-number': '7' },
      body: { a: 1 },
    })
    expect(await answerWith({ headers: [] }, headers, '')).toMatchObject({ headers: {} })
  })

  test('as much of the body as is allowed, without half a character', async () => {
    expect(await answerWith({ limit: 4 }, {}, 'aéé')).toMatchObject({ body: 'aé' })
    expect(await answerWith({ limit: 5 }, {}, 'aéé')).toMatchObject({ body: 'aéé' })
    expect(await answerWith({ limit: 0 }, { 'content-type': 'application/json' }, '{"a":1}')).toMatchObject({ body: '' })
    expect(await answerWith({ limit: 100_000 }, {}, 'a'.repeat(200_000))).toMatchObject({ body: 'a'.repeat(100_000) })
  })

  test('and yet `classify` gets all headers, and a dead letter its excerpt', async () => {
    world.server.react = status(418, { 'x-reason': 'tea' }, 'a'.repeat(9_000))
    const classify = vi.fn(({ headers }: Answer) => (headers['x-reason'] === 'tea' ? ('rejected' as const) : undefined))
    const orders = world.open({ answer: { headers: [], limit: 0 }, classify })
    const dead = heard(orders, 'dead-lettered')
    await orders.enqueue('x')
    expect(await dead).toMatchObject({ status: 418, excerpt: 'a'.repeat(4_000) })
  })
})
