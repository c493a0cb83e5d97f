import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createReceiver, problem } from '../../src/receiver.ts'
import type { ReceivedMessage } from '../../src/receiver.ts'
import { batchesOf } from '../world/batch-server.ts'
import { collect, World } from '../world/world.ts'

const event = (id: string, data: unknown, more: object = {}): object => ({
  specversion: '1.0',
  id,
  source: 'urn:holdfast:orders',
  type: 'holdfast.message',
  datacontenttype: 'application/json',
  data,
  ...more,
})

const batch = (events: unknown, headers: Record<string, string> = {}): Request =>
  new Request('https://shop.example/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json', ...headers },
    body: JSON.stringify(events),
  })

async function resultsOf(answer: Response | Promise<Response>): Promise<unknown> {
  const { status, ...rest } = { status: (await answer).status, body: (await (await answer).json()) as { results: unknown } }
  expect(status).toBe(200)
  return rest.body.results
}

describe('several messages in one request', () => {
  test('are handled in their order, one at a time, and each has its result', async () => {
    const order: unknown[] = []
    const receive = createReceiver<number>({
      handle: async ({ body }) => {
        order.push(body)
        await new Promise((resolve) => setImmediate(resolve))
        order.push(-body)
        if (body === 2) return undefined
        return body === 3 ? new Response('plain', { status: 201 }) : { number: body }
      },
    })
    const results = await resultsOf(receive(batch([1, 2, 3].map((n) => event(`k${n}`, n)))))
    expect(order).toEqual([1, -1, 2, -2, 3, -3])
    expect(results).toEqual([
      { id: 'k1', outcome: 'accepted', status: 200, body: { number: 1 } },
      { id: 'k2', outcome: 'accepted', status: 204 },
      { id: 'k3', outcome: 'accepted', status: 201, body: 'plain' },
    ])
  })

  test('tell their key, whose they are, and where they stand', async () => {
    const handle = vi.fn()
    const receive = createReceiver({ handle, principal: (_, identity) => identity })
    const request = batch([event('a', 1, { sequence: '0000000000000007', idempotencykey: 'own' }), event('b', 2)], {
      'holdfast-message': '"orders";epoch=3;sequence=7;identity="u"',
    })
    await resultsOf(receive(request))
    const place = { queue: 'orders', epoch: 3, sequence: 7, identity: 'u' }
    expect(handle.mock.calls.map(([message]) => message as ReceivedMessage)).toEqual([
      { id: 'own', body: 1, principal: 'u', place },
      { id: 'b', body: 2, principal: 'u', place: undefined },
    ])
  })

  test('nothing more of a group is handled after its first failure', async () => {
    const handled: unknown[] = []
    const receive = createReceiver<string>({
      handle: ({ body }) => {
        handled.push(body)
        return body === 'a2'
          ? problem(422, 'no')
          : new Response(null, body === 'b1' ? { status: 503, headers: { 'retry-after': '3' } } : {})
      },
    })
    const events = ['a1', 'b1', 'a2', 'c1', 'a3', 'b2', 'c2'].map((body) => event(body, body, { partitionkey: body[0] }))
    const results = await resultsOf(receive(batch(events)))
    expect(handled).toEqual(['a1', 'b1', 'a2', 'c1', 'c2'])
    expect(results).toMatchObject([
      { id: 'a1', outcome: 'accepted' },
      { id: 'b1', outcome: 'retry', status: 503, after: 3_000 },
      { id: 'a2', outcome: 'rejected', status: 422, body: { detail: 'no' } },
      { id: 'c1', outcome: 'accepted' },
      { id: 'c2', outcome: 'accepted' },
    ])
  })

  test('a wait that a handler asks for until a date is one of so many milliseconds', async () => {
    const headers = { date: 'Sun, 29 Nov 2026 10:00:00 GMT', 'retry-after': 'Sun, 29 Nov 2026 10:00:07 GMT' }
    const receive = createReceiver({ handle: () => new Response(null, { status: 503, headers }) })
    expect(await resultsOf(receive(batch([event('a', 1)])))).toMatchObject([{ outcome: 'retry', after: 7_000 }])
  })

  test('those without a group are a group together', async () => {
    const receive = createReceiver<number>({ handle: ({ body }) => (body === 1 ? problem(422, 'no') : undefined) })
    expect(await resultsOf(receive(batch([event('a', 1), event('b', 2), event('c', 3, { partitionkey: 'g' })])))).toMatchObject([
      { id: 'a' },
      { id: 'c' },
    ])
  })

  test('an attribute that is null is none', async () => {
    const handle = vi.fn(({ body }: ReceivedMessage) => (body === 1 ? problem(422, 'Not that') : undefined))
    const unset = { idempotencykey: null, datacontenttype: null, partitionkey: null, sequence: null }
    const results = await resultsOf(createReceiver({ handle })(batch([event('a', 0, unset), event('b', 1), event('c', 2, unset)])))
    expect(results).toMatchObject([
      { id: 'a', outcome: 'accepted' },
      { id: 'b', outcome: 'rejected' },
    ])
    expect(handle).toHaveBeenCalledTimes(2)
  })

  test('take effect once, whether a repetition comes alone or with others', async () => {
    const handle = vi.fn(() => ({ number: 7 }))
    const receive = createReceiver({ handle })
    const body = { sku: 'Ä-1', 7: 'x', list: [1.5, 1e21, -0] }
    const first = await resultsOf(receive(batch([event('k', body), event('k', body)])))
    expect(first).toEqual(await resultsOf(receive(batch([event('k', body), event('k', body)]))))
    const alone = await receive(
      new Request('https://shop.example/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': '"k"' },
        body: JSON.stringify(body),
      }),
    )
    expect([alone.status, await alone.json()]).toEqual([200, { number: 7 }])
    expect(handle).toHaveBeenCalledTimes(1)
    expect(await resultsOf(receive(batch([event('k', 'other')])))).toMatchObject([{ outcome: 'rejected', status: 422 }])
  })

  test('one that is being handled is to come again', async () => {
    let finish!: () => void
    const receive = createReceiver({ handle: () => new Promise<void>((resolve) => (finish = resolve)) })
    const first = receive(batch([event('k', 1)]))
    await vi.waitFor(() => expect(finish).toBeDefined(), 20_000)
    expect(await resultsOf(receive(batch([event('k', 1)])))).toMatchObject([{ outcome: 'retry', status: 409, after: 1_000 }])
    finish()
    expect(await resultsOf(first)).toMatchObject([{ outcome: 'accepted' }])
  })

  test('a handler that throws fails its message alone, without a word of why', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const handle = vi.fn().mockRejectedValueOnce(new Error('secret')).mockResolvedValue(undefined)
    const receive = createReceiver({ handle })
    const results = await resultsOf(receive(batch([event('a', 1, { partitionkey: 'a' }), event('b', 2, { partitionkey: 'b' })])))
    expect(results).toMatchObject([{ outcome: 'retry', status: 500 }, { outcome: 'accepted' }])
    expect(JSON.stringify(results)).not.toContain('secret')
    log.mockRestore()
  })
})

describe('what is no batch', () => {
  const receive = createReceiver({ handle: () => undefined, maxMessages: 2, maxBytes: 1_000 })

  test.each<[string, unknown, number]>([
    ['no list', { results: [] }, 400],
    ['null', null, 400],
    ['an event without an id', [event('a', 1), { specversion: '1.0' }], 400],
    ['an id that is no text', [{ id: 7 }], 400],
    ['too many', [1, 2, 3].map((n) => event(`k${n}`, n)), 413],
    ['too large', [event('a', 'x'.repeat(2_000))], 413],
  ])('%s is answered as a whole', async (_, events, status) => {
    expect((await receive(batch(events))).status).toBe(status)
  })

  test.each<[string, object, number]>([
    ['another version', event('a', 1, { specversion: '0.3' }), 400],
    ['no data', event('a', undefined), 400],
    ['bytes that are no JSON', event('a', undefined, { data_base64: 'AA==' }), 400],
    ['bytes of another type', event('a', undefined, { data_base64: 'AA==', datacontenttype: 'image/png' }), 415],
    ['text', event('a', 'x', { datacontenttype: 'text/plain' }), 415],
    ['a type that is no text', event('a', 1, { datacontenttype: { toString: 7 } }), 400],
    ['a key that is none', event('a', 1, { idempotencykey: 'ü' }), 400],
    ['a key of a wrong type', event('a', 1, { idempotencykey: ['a'] }), 400],
    ['an id that can be no key', event('x'.repeat(300), 1), 400],
  ])('an event with %s is rejected, and its group stops', async (_, wrong, status) => {
    const results = await resultsOf(receive(batch([{ ...wrong, partitionkey: 'g' }, event('b', 1)])))
    expect(results).toMatchObject([
      { outcome: 'rejected', status },
      { id: 'b', outcome: 'accepted' },
    ])
  })

  test('an empty list has no results', async () => {
    expect(await resultsOf(receive(batch([])))).toEqual([])
  })

  test('nobody is answered 401, before anything is read', async () => {
    const strict = createReceiver({ handle: () => undefined, principal: () => undefined })
    expect((await strict(batch('nonsense'))).status).toBe(401)
  })

  test('`maxMessages` is a number from 1', () => {
    expect(() => createReceiver({ handle: () => undefined, maxMessages: 0 })).toThrow(RangeError)
  })
})

describe('from the queue to its server', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  test('each message takes effect once, in its order, though answers are lost', async () => {
    const taken: ReceivedMessage<{ customer: string; n: number }>[] = []
    let times = 0
    const receive = createReceiver<{ customer: string; n: number }>({
      handle: (message) => {
        // Some fail for a while.
        if (++times % 7 === 0) return new Response(null, { status: 500 })
        taken.push(message)
        return { number: message.body.n }
      },
      maxMessages: 8,
    })
    let requests = 0
    world.server.react = async (request) => {
      const answer = await receive(request)
      if (++requests % 4 === 0) throw new TypeError('the answer is lost')
      return answer
    }
    const orders = world.open<{ customer: string; n: number }>({ group: ({ customer }) => customer, batch: { messages: 20 } })
    await orders.pause()
    for (let n = 0; n < 25; n++) await orders.enqueueAll(['a', 'b', 'c'].map((customer) => ({ customer, n })))
    await orders.resume()
    await world.passUntil(orders.idle())
    for (const customer of ['a', 'b', 'c']) {
      const of = taken.flatMap(({ body }) => (body.customer === customer ? [body.n] : []))
      expect(of).toEqual(Array.from({ length: 25 }, (_, i) => i))
    }
    expect(await collect(orders.deadLetters())).toEqual([])
    expect(Math.max(...batchesOf(world.server).map(({ length }) => length))).toBeGreaterThan(4)
  })
})
