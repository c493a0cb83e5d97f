import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createReceiver, memoryDedup, problem } from '../../src/receiver.ts'

const send = (body: BodyInit | null = '{"n":1}', headers: Record<string, string> = {}, method = 'POST'): Request =>
  new Request('https://shop.example/orders', {
    method,
    headers: { 'idempotency-key': '"k"', 'content-type': 'application/json', ...headers },
    ...(body !== null && { body, duplex: 'half' }),
  })

describe('once in effect', () => {
  test('a message is handled once, and a repetition gets the first answer', async () => {
    const handle = vi.fn(() => ({ number: 7 }))
    const receive = createReceiver({ handle })
    for (let i = 0; i < 3; i++) {
      const answer = await receive(send())
      expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([200, 'application/json', { number: 7 }])
    }
    expect(handle).toHaveBeenCalledTimes(1)
    expect(handle).toHaveBeenCalledWith({ id: 'k', body: { n: 1 }, principal: '', place: undefined }, expect.any(Request))
  })

  test('a repetition while the first is being handled is answered 409, with our problem type and Retry-After', async () => {
    let finish!: () => void
    const receive = createReceiver({ handle: () => new Promise<void>((resolve) => (finish = resolve)) })
    const first = receive(send())
    await vi.waitFor(() => expect(finish).toBeDefined(), 20_000)
    const second = await receive(send())
    expect([second.status, second.headers.get('retry-after')]).toEqual([409, '1'])
    expect(await second.json()).toMatchObject({ type: 'urn:holdfast:in-progress' })
    finish()
    expect((await first).status).toBe(204)
    expect((await receive(send())).status).toBe(204)
  })

  test('a message that is not accepted can come again', async () => {
    const handle = vi
      .fn()
      .mockReturnValueOnce(problem(422, 'no'))
      .mockReturnValueOnce(new Response('later', { status: 503 }))
      .mockReturnValue('yes')
    const receive = createReceiver({ handle })
    expect((await receive(send())).status).toBe(422)
    expect((await receive(send())).status).toBe(503)
    expect((await receive(send())).status).toBe(200)
    expect(handle).toHaveBeenCalledTimes(3)
  })

  test('a handler that throws answers 500 without a word of why, and the message can come again', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const handle = vi.fn().mockRejectedValueOnce(new Error('secret')).mockResolvedValue(undefined)
    const receive = createReceiver({ handle })
    const failed = await receive(send())
    expect(failed.status).toBe(500)
    expect(await failed.text()).not.toContain('secret')
    expect((await receive(send())).status).toBe(204)
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  test('a key that comes with other content is answered 422', async () => {
    const receive = createReceiver({ handle: () => 'yes' })
    await receive(send('{"n":1}'))
    expect((await receive(send('{"n":2}'))).status).toBe(422)
  })

  test('keys of one principal mean nothing to another, and nobody is answered 401', async () => {
    const handle = vi.fn(() => 'yes')
    const receive = createReceiver({ handle, principal: (request) => request.headers.get('x-user') ?? undefined })
    await receive(send('1', { 'x-user': 'a' }))
    await receive(send('2', { 'x-user': 'b' }))
    expect(handle).toHaveBeenCalledTimes(2)
    expect((await receive(send())).status).toBe(401)
  })

  test('as many keys are remembered as said, the latest', async () => {
    const handle = vi.fn(() => 'yes')
    const receive = createReceiver({ handle, dedup: memoryDedup({ maxKeys: 2 }) })
    for (const key of ['a', 'b', 'c', 'b', 'a']) await receive(send('1', { 'idempotency-key': key }))
    expect(handle).toHaveBeenCalledTimes(4)
  })
})

describe('what has taken effect is accepted, whatever goes wrong afterwards', () => {
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
  afterEach(() => void vi.restoreAllMocks())

  test.each([
    ['the handler returned what JSON cannot hold', () => ({ id: 1n }), 204],
    [
      'the handler had read its own answer',
      async () => {
        const answer = Response.json({}, { status: 201 })
        await answer.text()
        return answer
      },
      201,
    ],
  ])('%s', async (_, answer, code) => {
    const handle = vi.fn(answer)
    const receive = createReceiver({ handle })
    expect((await receive(send())).status).toBe(code)
    expect((await receive(send())).status).toBe(code)
    expect(handle).toHaveBeenCalledOnce()
    expect(console.error).toHaveBeenCalledOnce()
  })

  test('the answer could not be remembered', async () => {
    const handle = vi.fn()
    const dedup = { ...memoryDedup(), complete: () => Promise.reject(new Error('the store is away')) }
    const receive = createReceiver({ handle, dedup })
    expect((await receive(send())).status).toBe(204)
    expect((await receive(send())).status).toBe(409)
    expect(handle).toHaveBeenCalledOnce()
    expect(console.error).toHaveBeenCalledOnce()
  })
})

describe('it always answers, and never rejects', () => {
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
  afterEach(() => void vi.restoreAllMocks())
  const away = (): never => {
    throw new Error('secret')
  }

  test.each([
    ['when it cannot be found out who sent the message', { principal: away }],
    ['when the store is away', { dedup: { ...memoryDedup(), begin: away } }],
    ['when the handler fails and the store is away', { handle: away, dedup: { ...memoryDedup(), abandon: away } }],
    ['when the handler answers with an error of the network', { handle: () => Response.error() }],
  ])('with 500 %s', async (_, options) => {
    const answer = await createReceiver({ handle: () => 'yes', ...options })(send())
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret')
  })

  test('with 401 to a principal that is null, as untyped code may give', async () => {
    const receive = createReceiver({ handle: () => 'yes', principal: () => null as unknown as undefined })
    expect((await receive(send())).status).toBe(401)
  })

  test('with 400 to a sender that goes away in the midst of its body', async () => {
    const torn = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"a":')),
      pull: (controller) => controller.error(new Error('reset')),
    })
    const handle = vi.fn()
    expect((await createReceiver({ handle })(send(torn as unknown as BodyInit))).status).toBe(400)
    expect(handle).not.toHaveBeenCalled()
  })
})

test('a media type is known in whatever case it is written', async () => {
  const receive = createReceiver({ handle: () => 'yes' })
  expect((await receive(send('{}', { 'content-type': 'Application/JSON; charset=UTF-8' }))).status).toBe(200)
})

describe('what is no message is told why', () => {
  const receive = createReceiver({ handle: () => 'yes', maxBytes: 10 })
  test.each([
    ['GET', send(null, {}, 'GET'), 405],
    ['no key', send('1', { 'idempotency-key': '' }), 400],
    ['an odd key', send('1', { 'idempotency-key': '"a' }), 400],
    ['a key that is too long', send('1', { 'idempotency-key': 'x'.repeat(257) }), 400],
    ['not JSON by its type', send('1', { 'content-type': 'text/plain' }), 415],
    ['not JSON by its content', send('{'), 400],
    ['too large', send('"12345678901"'), 413],
  ])('%s', async (_, request, code) => {
    const answer = await receive(request)
    expect(answer.status).toBe(code)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: code, detail: expect.stringContaining('Expected') as string })
  })

  test('a place that is claimed is handed on, and rubbish is not', async () => {
    const handle = vi.fn()
    const open = createReceiver({ handle })
    await open(send('1', { 'idempotency-key': 'a', 'holdfast-message': '"orders";epoch=2;sequence=9' }))
    await open(send('1', { 'idempotency-key': 'b', 'holdfast-message': 'x' }))
    expect(handle.mock.calls.map(([message]) => (message as { place: unknown }).place)).toEqual([
      { queue: 'orders', epoch: 2, sequence: 9 },
      undefined,
    ])
  })
})

test('wrong options are refused', () => {
  expect(() => createReceiver({} as never)).toThrow('Expected `handle` to be a function')
  expect(() => createReceiver({ handle: () => {}, maxBytes: 0 })).toThrow('Expected `maxBytes`')
  expect(() => memoryDedup({ maxKeys: 0 })).toThrow('Expected `maxKeys`')
})

describe('a compressed body', () => {
  const gzip = { 'content-encoding': 'gzip' }
  const zipped = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(text))

  test('is the same as the plain one', async () => {
    const handle = vi.fn(({ body }: { body: unknown }) => body)
    const receive = createReceiver({ handle })
    for (const request of [send(zipped('{"n":1}'), gzip), send(), send(zipped('{"n":1}'), { 'content-encoding': 'X-Gzip' })]) {
      expect(await (await receive(request)).json()).toEqual({ n: 1 })
    }
    expect(handle).toHaveBeenCalledTimes(1)
    expect((await receive(send(zipped('{"n":2}'), gzip))).status).toBe(422)
  })

  test('may have as many bytes as a plain one, as it is when it is inflated', async () => {
    const receive = createReceiver({ handle: () => {}, maxBytes: 1_000 })
    const text = (size: number): string => JSON.stringify('a'.repeat(size - 2))
    expect((await receive(send(zipped(text(1_000)), gzip))).status).toBe(204)
    expect((await receive(send(zipped(text(1_001)), { ...gzip, 'idempotency-key': '"l"' }))).status).toBe(413)
  })

  test('that inflates without end is given up, and so is one without end that inflates to nothing', async () => {
    const handle = vi.fn()
    const receive = createReceiver({ handle, maxBytes: 100_000 })
    let isCancelled = false
    const inflating = new Uint8Array(gzipSync(new Uint8Array(10_000_000)))
    const bomb = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(inflating),
      cancel: () => void (isCancelled = true),
    }) as unknown as BodyInit
    expect((await receive(send(bomb, gzip))).status).toBe(413)
    await vi.waitFor(() => expect(isCancelled).toBe(true), 20_000)
    isCancelled = false
    // A header of gzip, and then blocks of deflate without anything in them.
    const [header, nothing] = [zipped('').slice(0, 10), Uint8Array.of(0, 0, 0, 0xff, 0xff)]
    let isBegun = false
    const hollow = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(isBegun ? new Uint8Array(5_000).map((_, index) => nothing[index % 5]!) : header)
        isBegun = true
      },
      cancel: () => void (isCancelled = true),
    })
    expect((await receive(send(hollow, gzip))).status).toBe(413)
    await vi.waitFor(() => expect(isCancelled).toBe(true), 20_000)
    expect(handle).not.toHaveBeenCalled()
  })

  test('that is not what it is called is told so, and so is a coding that is not known', async () => {
    const receive = createReceiver({ handle: () => {} })
    expect((await receive(send('{"n":1}', gzip))).status).toBe(400)
    expect((await receive(send(zipped('{"n":1}').slice(0, 15), gzip))).status).toBe(400)
    const refused = await receive(send('{"n":1}', { 'content-encoding': 'br' }))
    expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([415, 'gzip'])
    expect((await receive(send('{"n":1}', { 'content-encoding': 'identity' }))).status).toBe(204)
  })

  test('is refused where it cannot be inflated, so that it comes plainly', async () => {
    vi.stubGlobal('DecompressionStream', undefined)
    expect((await createReceiver({ handle: () => {} })(send(zipped('{"n":1}'), gzip))).status).toBe(415)
    vi.unstubAllGlobals()
  })
})
