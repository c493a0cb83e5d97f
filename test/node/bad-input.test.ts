import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import { isQueueError, QueueError } from '../../src/message/error.ts'
import { openQueue } from '../../src/producer/open-queue.ts'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** Calls the way a user without types might. */
const open = (...args: unknown[]): unknown => (openQueue as (...args: unknown[]) => unknown)(...args)
const define = (...args: unknown[]): unknown => (defineQueue as (...args: unknown[]) => unknown)(...args)
const endpoint = 'https://shop.example/'

describe('a queue’s name', () => {
  test.each([[''], [' '], ['ümlaut'], ['a/b'], ['-a'], ['a'.repeat(65)], [undefined], [null], [7], [{}], [['a']]])(
    '%j is refused',
    (name) => {
      const refused = expect.objectContaining({
        name: 'QueueError',
        code: 'invalid-name',
        message: expect.stringContaining('got ') as string,
      }) as Error
      expect(() => open(name, { endpoint })).toThrow(refused)
      expect(() => define(name, { endpoint })).toThrow(refused)
    },
  )

  test.each(['a', 'orders', 'Orders_2.eu-west:1', 'a'.repeat(64)])('%s is taken', (name) => {
    expect(defineQueue(name, { endpoint }).name).toBe(name)
  })
})

describe('an option', () => {
  test.each([
    [undefined, 'Expected `options` to be an object, got undefined'],
    ['x', 'Expected `options` to be an object, got "x" (string)'],
    [{}, 'Expected `endpoint`, where messages are sent to, or `consumers: true`, got neither'],
    [{ consumers: false }, 'Expected `endpoint`, where messages are sent to, or `consumers: true`, got neither'],
    [{ endpoint: '' }, 'Expected `endpoint` to be an http or https URL without credentials, got "" (string)'],
    [{ endpoint: 'ftp://x/' }, 'Expected `endpoint` to be an http or https URL without credentials, got "ftp://x/" (string)'],
    [{ endpoint: 'http://' }, 'Expected `endpoint` to be an http or https URL without credentials, got "http://" (string)'],
    [
      { endpoint: 'https://user:password@shop.example/' },
      'Expected `endpoint` to be an http or https URL without credentials, got "https://…@shop.example/" (string)',
    ],
    [{ endpoint: 7 }, 'Expected `endpoint` to be an http or https URL without credentials, got 7 (number)'],
    [
      { endpoint, endpont: 'x' },
      'Unknown option `endpont`; known are endpoint, consumers, method, headers, credentials, timeout, maxAttempts, durability, order, group, concurrency, rate, ttl, backoff, classify, onDead, dedupKey, onDuplicate, dedupWindow, keepReceipts, keepDeadLetters, capacity, largestBody, schema, codec, version, upcast, encryption, compress, batch, answer, redirects, uploadProgress, backgroundSync',
    ],
    [{ endpoint, method: 'GET' }, "Expected `method` to be 'POST' or 'PUT' or 'PATCH', got \"GET\" (string)"],
    [{ endpoint, headers: { 'a b': 'x' } }, 'Expected `headers` to be headers, or a function that gives them, got [object Object]'],
    [{ endpoint, headers: 'x' }, 'Expected `headers` to be headers, or a function that gives them, got "x" (string)'],
    [{ endpoint, credentials: true }, "Expected `credentials` to be 'same-origin' or 'include' or 'omit', got true (boolean)"],
    [{ endpoint, timeout: 0 }, 'Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got 0 (number)'],
    [{ endpoint, timeout: NaN }, 'Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got NaN (number)'],
    [{ endpoint, timeout: '30' }, 'Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got "30" (string)'],
    [{ endpoint, maxAttempts: 0 }, 'Expected `maxAttempts` to be a whole number from 1, or Infinity, got 0 (number)'],
    [{ endpoint, maxAttempts: 1.5 }, 'Expected `maxAttempts` to be a whole number from 1, or Infinity, got 1.5 (number)'],
    [{ endpoint, durability: 'loose' }, "Expected `durability` to be 'strict' or 'relaxed', got \"loose\" (string)"],
    [{ endpoint, ttl: 0 }, 'Expected `ttl` to be a whole number from 1, got 0 (number)'],
    [{ endpoint, ttl: Infinity }, 'Expected `ttl` to be a whole number from 1, got Infinity (number)'],
    [{ endpoint, backoff: 1_000 }, 'Expected `backoff` to be an object, got 1000 (number)'],
    [{ endpoint, backoff: { first: 1 } }, 'Expected `backoff` to be { first, longest }, `longest` not below `first`, got [object Object]'],
    [
      { endpoint, backoff: { first: 2, longest: 1 } },
      'Expected `backoff` to be { first, longest }, `longest` not below `first`, got [object Object]',
    ],
    [{ endpoint, backoff: { first: 0, longest: 1 } }, 'Expected `backoff.first` to be a whole number from 1, got 0 (number)'],
    [{ endpoint, backoff: { first: 1, longest: 1.5 } }, 'Expected `backoff.longest` to be a whole number from 1, got 1.5 (number)'],
    [{ endpoint, backoff: { first: 1, longest: 2, factor: 2 } }, 'Unknown option `backoff.factor`; known are first, longest'],
    [{ endpoint, classify: 'accepted' }, 'Expected `classify` to be a function that tells what an answer means, got "accepted" (string)'],
    [{ endpoint, onDead: 'stop' }, "Expected `onDead` to be 'continue' or 'halt', got \"stop\" (string)"],
    [{ endpoint, dedupKey: 'id' }, 'Expected `dedupKey` to be a function that gives the dedup key of a body, got "id" (string)'],
    [{ endpoint, onDuplicate: 'merge' }, "Expected `onDuplicate` to be 'ignore' or 'replace' or 'latest', got \"merge\" (string)"],
    [{ endpoint, dedupWindow: -1 }, 'Expected `dedupWindow` to be a whole number from 0, got -1 (number)'],
    [{ endpoint, keepReceipts: true }, 'Expected `keepReceipts` to be an object, got true (boolean)'],
    [{ endpoint, keepReceipts: { age: 1_000 } }, 'Expected `keepReceipts` to be { age, number }, got [object Object]'],
    [{ endpoint, keepReceipts: { age: 1, number: 0 } }, 'Expected `keepReceipts.number` to be a whole number from 1, got 0 (number)'],
    [{ endpoint, keepDeadLetters: {} }, 'Expected `keepDeadLetters` to be { age, number }, one of them or both, got [object Object]'],
    [{ endpoint, keepDeadLetters: { age: 0 } }, 'Expected `keepDeadLetters.age` to be a whole number from 1, got 0 (number)'],
    [{ endpoint, capacity: {} }, 'Expected `capacity` to be { messages, bytes }, one of them or both, got [object Object]'],
    [
      { endpoint, capacity: { messages: undefined } },
      'Expected `capacity` to be { messages, bytes }, one of them or both, got [object Object]',
    ],
    [{ endpoint, capacity: { bytes: '1 MB' } }, 'Expected `capacity.bytes` to be a whole number from 1, got "1 MB" (string)'],
    [{ endpoint, schema: {} }, 'Expected `schema` to be a schema that follows Standard Schema, version 1, got [object Object]'],
    [
      { endpoint, schema: { '~standard': { version: 2, validate: () => {} } } },
      'Expected `schema` to be a schema that follows Standard Schema, version 1, got [object Object]',
    ],
    [{ endpoint, schema: null }, 'Expected `schema` to be a schema that follows Standard Schema, version 1, got null'],
    [{ endpoint, version: '2' }, 'Expected `version` to be a whole number from 1, got "2" (string)'],
    [{ endpoint, upcast: 2 }, 'Expected `upcast` to be a function that gives a body of today for an earlier one, got 2 (number)'],
    [{ endpoint, compress: 'br' }, 'Expected `compress` to be \'gzip\' or { encoding, threshold }, got "br" (string)'],
    [{ endpoint, compress: {} }, "Expected `compress` to be 'gzip' or { encoding, threshold }, got [object Object]"],
    [{ endpoint, compress: { encoding: 'br' } }, 'Expected `compress.encoding` to be \'gzip\', got "br" (string)'],
    [
      { endpoint, compress: { encoding: 'gzip', threshold: 0.5 } },
      'Expected `compress.threshold` to be a whole number from 0, got 0.5 (number)',
    ],
    [{ endpoint, batch: 10 }, 'Expected `batch` to be an object, got 10 (number)'],
    [{ endpoint, batch: {} }, 'Expected `batch` to be { messages, bytes }, got [object Object]'],
    [{ endpoint, batch: { bytes: 10 } }, 'Expected `batch` to be { messages, bytes }, got [object Object]'],
    [{ endpoint, batch: { messages: 0 } }, 'Expected `batch.messages` to be a whole number from 1 to 1000, got 0 (number)'],
    [{ endpoint, batch: { messages: 1_001 } }, 'Expected `batch.messages` to be a whole number from 1 to 1000, got 1001 (number)'],
    [{ endpoint, batch: { messages: 9, bytes: 1.5 } }, 'Expected `batch.bytes` to be a whole number from 1 to 16777216, got 1.5 (number)'],
    [{ endpoint, batch: { messages: 9, wait: 100 } }, 'Unknown option `batch.wait`; known are messages, bytes'],
    [
      { endpoint, batch: { messages: 9 }, rate: { messages: 1, per: 1 } },
      'Expected no `rate` with `batch`: what is to go evenly goes one by one',
    ],
    [
      { consumers: true, batch: { messages: 9 } },
      'Expected no `batch` with `consumers: true`, got [object Object]: nothing is sent anywhere',
    ],
    [{ endpoint, uploadProgress: 'yes' }, 'Expected `uploadProgress` to be true or false, got "yes" (string)'],
    [
      { consumers: true, uploadProgress: true },
      'Expected no `uploadProgress` with `consumers: true`, got true (boolean): nothing is sent anywhere',
    ],
    [{ consumers: true, compress: 'gzip' }, 'Expected no `compress` with `consumers: true`, got "gzip" (string): nothing is sent anywhere'],
    [{ endpoint, answer: {} }, 'Expected `answer` to be { schema, headers, limit }, one of them or more, got [object Object]'],
    [{ endpoint, answer: { schema: [] } }, 'Expected `answer.schema` to be a schema that follows Standard Schema, version 1, got an array'],
    [
      { endpoint, answer: { headers: 'etag' } },
      'Expected `answer.headers` to be a list of at most 50 names of headers that can be read, got "etag" (string)',
    ],
    [
      { endpoint, answer: { headers: ['a b'] } },
      'Expected `answer.headers` to be a list of at most 50 names of headers that can be read, got an array',
    ],
    [
      { endpoint, answer: { headers: ['Set-Cookie'] } },
      'Expected `answer.headers` to be a list of at most 50 names of headers that can be read, got an array',
    ],
    [{ endpoint, answer: { limit: -1 } }, 'Expected `answer.limit` to be a whole number from 0 to 1048576, got -1 (number)'],
    [
      { consumers: true, answer: { limit: 1 } },
      'Expected no `answer.limit` with `consumers: true`, got 1 (number): nothing is sent anywhere',
    ],
    [
      { endpoint, onDead: 'halt', order: 'none' },
      "Expected `onDead: 'continue'` with `order: 'none'`, got 'halt': there is nothing behind a message to be held up",
    ],
    [
      { endpoint, dedupWindow: 1, onDuplicate: 'latest' },
      "Expected `dedupWindow` only with `onDuplicate: 'ignore'`, got 'latest': what was delivered can only be ignored",
    ],
    [{ endpoint, upcast: () => {} }, 'Expected `upcast` only with a `version` above 1: there is no earlier one'],
    [
      { endpoint, toString: 'x' },
      'Unknown option `toString`; known are endpoint, consumers, method, headers, credentials, timeout, maxAttempts, durability, order, group, concurrency, rate, ttl, backoff, classify, onDead, dedupKey, onDuplicate, dedupWindow, keepReceipts, keepDeadLetters, capacity, largestBody, schema, codec, version, upcast, encryption, compress, batch, answer, redirects, uploadProgress, backgroundSync',
    ],
  ])('%j is refused with a sentence', (options, message) => {
    const refused = expect.objectContaining({ code: 'invalid-option', message }) as Error
    expect(() => define('orders', options)).toThrow(refused)
  })

  test.each([
    [{ endpoint, host: 'moon' }, "Expected `host` to be 'worker' or 'in-place', got \"moon\" (string)"],
    [{ endpoint, worker: 'worker.js' }, 'Expected `worker` to be a function that starts a worker, got "worker.js" (string)'],
    [{ endpoint, host: 'in-place', worker: () => {} }, 'Expected `host` or `worker`, got both: a worker of your own is a host'],
    [{ endpoint, identity: '' }, 'Expected `identity` to be a string of 1 to 256 characters, well-formed, got "" (string)'],
    [{ endpoint, identity: 7 }, 'Expected `identity` to be a string of 1 to 256 characters, well-formed, got 7 (number)'],
    [
      { endpoint, identity: 'x'.repeat(257) },
      `Expected \`identity\` to be a string of 1 to 256 characters, well-formed, got "${'x'.repeat(80)}" (string)`,
    ],
    [{ endpoint, identity: 'a\ud800' }, 'Expected `identity` to be a string of 1 to 256 characters, well-formed, got "a\\ud800" (string)'],
    [{ endpoint, persist: 'yes' }, 'Expected `persist` to be true or false, got "yes" (string)'],
    [{ endpoint, blockedStorage: 'disk' }, "Expected `blockedStorage` to be 'reject' or 'memory', got \"disk\" (string)"],
    [{ endpoint: '/orders' }, 'Expected `endpoint` to be an absolute URL where there is no page, got "/orders" (string)'],
  ])('%o is refused at opening', (options, message) => {
    expect(() => open('orders', options)).toThrow(expect.objectContaining({ code: 'invalid-option', message }))
  })

  test.each([
    [{ ttl: 1 }],
    [{ backoff: { first: 5, longest: 5 } }],
    [{ onDead: 'halt' }],
    [{ onDead: 'halt', order: 'group' }],
    [{ dedupWindow: 0, onDuplicate: 'replace' }],
    [{ dedupWindow: 1_000, onDuplicate: undefined }],
    [{ keepReceipts: { age: 1_000, number: 10 } }],
    [{ keepDeadLetters: { number: 1 } }],
    [{ capacity: { bytes: 1 } }],
    [{ version: 2, upcast: () => {} }],
    [{ version: undefined }],
  ])('%o is taken', (options) => {
    expect(() => define('orders', { endpoint, ...options })).not.toThrow()
  })

  test('that contradicts one of the definition is refused where the queue is opened', () => {
    const orders = defineQueue('orders', { endpoint, order: 'none' })
    expect(() => open(orders, { onDead: 'halt' })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })

  test('of the wrong type beside a definition is refused too', () => {
    const orders = defineQueue('orders', { endpoint })
    expect(() => open(orders, { timeout: -1 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
    expect(() => open(orders, null)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })

  test('that is undefined counts as left out', () => {
    expect(defineQueue('orders', { endpoint, timeout: undefined as unknown as number }).options.endpoint).toBe(endpoint)
  })
})

describe('a body', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['a function', () => {}, 'got a function'],
    ['a symbol', Symbol('x'), 'Symbol(x) (symbol)'],
    ['a BigInt', 1n, '1 (bigint)'],
    ['NaN', { total: Number.NaN }, '"total" of a body'],
    ['Infinity', [Infinity], 'Infinity (number)'],
    ['undefined in a list, which would become null', { items: [1, undefined] }, '"1" of a body'],
    ['a cycle', cycle, 'ircular'],
    ['a function inside', { a: { send: () => {} } }, '"send" of a body'],
    ['a Map', { tags: new Map() }, '"tags" of a body to be something that JSON can hold, got [object Map]'],
    ['a Set', new Set([1]), 'got [object Set]'],
    [
      'bytes among data',
      { thumbnail: new Uint8Array(3) },
      '"thumbnail" of a body to be something that JSON can hold, got [object Uint8Array]',
    ],
    ['a Blob', { photo: new Blob(['x']) }, '"photo" of a body'],
    ['a promise', { order: Promise.resolve(1) }, 'got [object Promise]'],
    ['an error', new Error('x'), 'got [object Error]'],
    ['what is nested too deeply', deep, 'nested too deeply'],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
      'no',
    ],
  ])('%s is refused before anything is stored', async (_, body, words) => {
    const orders = world.open()
    await expect(orders.enqueue(body)).rejects.toMatchObject({ code: 'invalid-body', message: expect.stringContaining(words) as string })
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0 })
  })

  test('larger than 16 MiB is refused', async () => {
    const orders = world.open()
    await expect(orders.enqueue('x'.repeat(16 * 1024 * 1024))).rejects.toMatchObject({ code: 'body-too-large' })
  })

  test('that is refused takes nobody with it who is enqueued in the same tick', async () => {
    const orders = world.open<unknown>()
    const results = await Promise.allSettled([orders.enqueue(1), orders.enqueue(2n), orders.enqueue(3)])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await orders.idle()
    expect(world.server.bodies).toEqual([1, 3])
  })

  test.each<[string, unknown, unknown]>([
    ['null', null, null],
    ['an empty string', '', ''],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a URL', new URL('https://a.example/'), 'https://a.example/'],
    [
      'an instance with properties',
      new (class {
        a = 1
      })(),
      { a: 1 },
    ],
    ['a property that is undefined', { a: 1, b: undefined }, { a: 1 }],
    ['lone surrogates and every plane', '\ud800 ä€😀', '\ud800 ä€😀'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ])('%s arrives', async (_, body, arrived) => {
    const orders = world.open()
    await orders.enqueue(body)
    await orders.idle()
    expect(world.server.bodies).toEqual([arrived])
  })

  test('is what it was when enqueue was called, whatever happens to it after', async () => {
    const orders = world.open<{ n: number }>()
    const body = { n: 1 }
    const stored = orders.enqueue(body)
    body.n = 2
    await stored
    await orders.idle()
    expect(world.server.bodies).toEqual([{ n: 1 }])
  })
})

test('a listener that is no function is refused', () => {
  expect(() => world.open().subscribe('x' as unknown as () => void)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})

test('isQueueError knows one from another realm, and nothing else', () => {
  expect(isQueueError(new QueueError('closed', 'x'))).toBe(true)
  expect(isQueueError(Object.assign(new Error('x'), { name: 'QueueError', code: 'closed' }))).toBe(true)
  for (const other of [new Error('x'), { name: 'QueueError', code: 'closed' }, undefined, null, 'QueueError'])
    expect(isQueueError(other)).toBe(false)
})
