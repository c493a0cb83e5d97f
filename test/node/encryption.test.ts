import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EncryptionFunction } from '../../src/message/encryption.ts'
import { ack } from '../../src/message/ack.ts'
import { defineQueue } from '../../src/message/definition.ts'
import type { QueueDefinition } from '../../src/message/definition.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import { takeRequest } from '../../src/message/request.ts'
import { openOutboxOn } from '../../src/producer/outbox.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { STORES } from '../../src/queue/schema.ts'
import { changeRaw, readRaw } from '../store/raw-database.ts'
import { openBackground } from '../world/fake-scope.ts'
import { status } from '../world/fake-server.ts'
import { keysOf, makeKey } from '../world/keys.ts'
import { collect, heard, World } from '../world/world.ts'

/** What is looked for on the disk: it must not be found there. */
const SECRET = 'the patient is called Ada'
const MB = 1024 * 1024

let world: World
let encryption: EncryptionFunction
beforeEach(async () => {
  world = new World()
  encryption = keysOf({ 'key-1': await makeKey() })
})
afterEach(() => world.end())

const open = (options: Partial<OpenOptions> = {}): Queue<unknown> => world.open({ encryption, ...options })

/** Leaves messages behind, undelivered. */
async function leave(bodies: readonly unknown[], options: Partial<OpenOptions> = {}): Promise<string[]> {
  const before = open(options)
  await before.pause()
  const receipts = await Promise.all(bodies.map((body) => before.enqueue(body)))
  await before.close()
  return receipts.map(({ id }) => id)
}

function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text)
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(text)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, part]) => name.includes(text) || holds(part, text))
}

/** The stores in which a text is found. */
async function storesWith(text: string): Promise<string[]> {
  const found: string[] = []
  for (const store of STORES) if (holds(await readRaw(databaseName(world.name), store), text)) found.push(store)
  return found
}

interface Stored {
  readonly id: string
  readonly body: Uint8Array & { spool: string; chunks: number; size: number }
  readonly sealed?: object
}

type InboxEntry = readonly [IDBValidKey, { readonly messages: Stored[] }]

/** The records of the inbox, and the messages in them. */
async function readInbox(): Promise<{ entries: InboxEntry[]; messages: Stored[] }> {
  const entries = (await readRaw(databaseName(world.name), 'inbox')) as InboxEntry[]
  return { entries, messages: entries.flatMap(([, { messages }]) => messages) }
}

/** Changes the messages in there, behind the back of whoever has the database open. */
async function tamper(change: (messages: Stored[]) => object[]): Promise<void> {
  const { entries, messages } = await readInbox()
  const changed = change(messages)
  for (const [key, record] of entries) {
    const those = changed.splice(0, record.messages.length)
    await changeRaw(databaseName(world.name), 'inbox', key, () => ({ ...record, messages: those }))
  }
}

const letters = async (queue: Queue<unknown>): Promise<[string, string][]> =>
  (await collect(queue.deadLetters())).map(({ reason, excerpt }) => [reason, excerpt])

/** Delivers what was left behind. */
async function deliver(options: Partial<OpenOptions> = {}): Promise<Queue<unknown>> {
  const queue = open(options)
  await queue.resume()
  await queue.idle()
  return queue
}

function secretBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  for (let at = 0; at + SECRET.length <= size; at += SECRET.length) bytes.set(Buffer.from(SECRET), at)
  return bytes
}

describe('nothing of a body is to be found on the disk in clear, and it arrives as it was enqueued', () => {
  test.each<[string, () => unknown]>([
    ['data', () => ({ note: SECRET })],
    ['data above what lies within a record', () => ({ note: SECRET.repeat(4_000) })],
    ['data of some megabytes', () => ({ note: SECRET.repeat(100_000) })],
    ['a small file', () => new File([secretBytes(500)], `${SECRET}.pdf`, { type: 'application/pdf' })],
    ['a file that lies beside its message', () => new File([secretBytes(200_000)], `${SECRET}.pdf`, { type: 'application/pdf' })],
    ['a file in chunks', () => new File([secretBytes(3 * MB + 7)], `${SECRET}.pdf`, { type: 'application/pdf' })],
    ['a stream', () => new Blob([secretBytes(2 * MB)]).stream()],
    ['nothing', () => new Blob([])],
  ])('%s', async (_, make) => {
    const body = make()
    const plain =
      body instanceof ReadableStream ? new Blob([secretBytes(2 * MB)]) : body instanceof Blob ? body : new Blob([JSON.stringify(body)])
    const arrived: Request[] = []
    world.server.react = (request) => {
      arrived.push(request)
      return status(200)(request)
    }
    const [id] = await leave([body])
    expect(await storesWith(SECRET)).toEqual([])
    const queue = open()
    expect(await collect(queue.messages())).toMatchObject([{ id, size: plain.size }])
    expect((await new Response((await queue.body(id!)) as Blob).bytes()).length > 0 || plain.size === 0).toBe(true)
    await queue.resume()
    await queue.idle()
    expect(Buffer.from(await arrived[0]!.arrayBuffer()).equals(Buffer.from(await plain.arrayBuffer()))).toBe(true)
    expect(arrived[0]!.headers.get('content-type')).toBe(
      body instanceof Blob ? body.type || 'application/octet-stream' : arrived[0]!.headers.get('content-type'),
    )
    expect(await readRaw(databaseName(world.name), 'bodies')).toEqual([])
  })

  test('a request: its URL, its headers and its body', async () => {
    const queue = open()
    await queue.pause()
    const url = 'https://shop.example/patients/ada-lovelace'
    await queue.enqueueRequest(new Request(url, { method: 'PUT', headers: { 'x-note': SECRET }, body: SECRET }))
    expect([await storesWith(SECRET), await storesWith('lovelace')]).toEqual([[], []])
    expect(await collect(queue.messages())).toMatchObject([{ request: { method: 'PUT', url } }])
    await queue.resume()
    await queue.idle()
    const { arrivals } = world.server
    expect(arrivals[0]).toMatchObject({ method: 'PUT', url })
    expect(arrivals[0]!.headers.get('x-note')).toBe(SECRET)
  })

  test('in lists, among the dead letters, and after a redrive, under the same key and for the same server', async () => {
    world.server.react = status(422)
    await leave([{ note: SECRET }, new Blob([secretBytes(100_000)])])
    const queue = await deliver()
    expect(await storesWith(SECRET)).toEqual([])
    const dead = await collect(queue.deadLetters())
    expect(dead).toMatchObject([
      { reason: 'rejected', body: { note: SECRET } },
      { reason: 'rejected', contentType: 'application/octet-stream' },
    ])
    expect(await ((await queue.body(dead[1]!.id)) as Blob).bytes()).toEqual(secretBytes(100_000))
    await queue.pause()
    await queue.redrive()
    expect(await storesWith(SECRET)).toEqual([])
    world.server.react = status(200)
    await queue.resume()
    await queue.idle()
    expect(world.server.bodies[2]).toEqual({ note: SECRET })
  })

  test('delayed, and in the place of another', async () => {
    const queue = open()
    await queue.pause()
    await queue.enqueue({ note: SECRET }, { delay: 60_000 })
    for (const onDuplicate of ['replace', 'latest'] as const) {
      await queue.enqueue({ note: SECRET, n: 1 }, { dedupKey: onDuplicate, onDuplicate })
      await queue.enqueue({ note: SECRET, n: 2 }, { dedupKey: onDuplicate, onDuplicate })
      await queue.enqueue(new Blob([secretBytes(60_000)]), { dedupKey: onDuplicate, onDuplicate })
      await queue.enqueue({ note: SECRET, n: 4 }, { dedupKey: onDuplicate, onDuplicate })
    }
    expect(await storesWith(SECRET)).toEqual([])
    await queue.resume()
    await world.passUntil(queue.idle())
    expect(world.server.bodies).toEqual([{ note: SECRET, n: 4 }, { note: SECRET, n: 4 }, { note: SECRET }])
  })

  test.each([
    ['small', 1],
    ['large', 4_000],
  ])('brought up to date, %s, and kept so', async (_, times) => {
    const note = SECRET.repeat(times)
    await leave([{ note }])
    world.server.next(status(500))
    const queue = open({ version: 2, upcast: (body) => ({ ...(body as object), also: SECRET }) })
    const scheduled = heard(queue, 'retry-scheduled')
    await queue.resume()
    await scheduled
    expect([await storesWith(SECRET), await readRaw(databaseName(world.name), 'bodies')]).toEqual([[], []])
    await world.passUntil(queue.idle())
    expect(world.server.bodies).toEqual([
      { note, also: SECRET },
      { note, also: SECRET },
    ])
  })

  test('handled by a consumer', async () => {
    const queue = world.open<File>({ encryption, consumers: true })
    const got: unknown[] = []
    queue.consume(async ({ body }) => got.push([body.name, await body.text()]))
    await queue.enqueue(new File([SECRET], 'a.txt'))
    await queue.idle()
    expect(got).toEqual([['a.txt', SECRET]])
  })
})

test('no nonce is used twice: for the parts of a message, for chunks, or for the same body again', async () => {
  const large = (): File => new File([secretBytes(2 * MB)], 'a.pdf')
  await leave(['once', 'once', large(), large()])
  await leave(['once'])
  const messages = (await readInbox()).messages as (Stored & { sealed: { head?: Uint8Array } })[]
  const chunks = (await readRaw(databaseName(world.name), 'bodies')).map(([, bytes]) => bytes as Uint8Array)
  const pieces = [...messages.flatMap(({ body, sealed }) => [body, sealed.head]), ...chunks].filter((piece) => ArrayBuffer.isView(piece))
  // Behind the version, and the name of the key with its length.
  const nonces = pieces.map((piece) =>
    Buffer.from(piece)
      .subarray(2 + 'key-1'.length, 2 + 'key-1'.length + 12)
      .toString('hex'),
  )
  expect(nonces).toHaveLength(9)
  expect(new Set(nonces).size).toBe(9)
})

describe('what was encrypted is bound to its place', () => {
  test('bodies that were swapped are dead letters, and are not sent; others are', async () => {
    await leave([1, 2, 3])
    await tamper(([one, two, ...rest]) => [{ ...one, body: two!.body }, { ...two, body: one!.body }, ...rest])
    const queue = await deliver()
    expect(world.server.bodies).toEqual([3])
    expect((await letters(queue)).map(([reason]) => reason)).toEqual(['undecryptable', 'undecryptable'])
  })

  test('so are those that were swapped with all that is known of them', async () => {
    await leave([1, 2, 3])
    await tamper(([one, two, ...rest]) => [{ ...one, body: two!.body, sealed: two!.sealed }, { ...two, id: one!.id }, ...rest])
    const queue = await deliver()
    expect(world.server.bodies).toEqual([3])
    expect(await letters(queue)).toMatchObject([
      ['undecryptable', 'It was encrypted as the body of another message'],
      ['undecryptable', 'It was encrypted as the body of another message'],
    ])
  })

  test.each<[string, (messages: Stored[]) => object[]]>([
    ['another idempotency key', (all) => all.map((message) => ({ ...message, idempotencyKey: 'another' }))],
    ['another version', (all) => all.map((message) => ({ ...message, version: 2 }))],
    ['as bytes', (all) => all.map(({ sealed, ...message }) => ({ ...message, sealed: { ...sealed, isText: undefined } }))],
    ['for `latest`', (all) => all.map(({ sealed, ...message }) => ({ ...message, sealed: { ...sealed, isLatest: true } }))],
    ['one bit of it changed', (all) => all.map(({ body, ...message }) => ({ ...message, body: body.with(60, body[60]! ^ 1) }))],
    ['its nonce changed', (all) => all.map(({ body, ...message }) => ({ ...message, body: body.with(9, body[9]! ^ 1) }))],
    ['cut off', (all) => all.map(({ body, ...message }) => ({ ...message, body: body.slice(0, 30) }))],
    ['empty', (all) => all.map((message) => ({ ...message, body: new Uint8Array() }))],
    ['of a version to come', (all) => all.map(({ body, ...message }) => ({ ...message, body: body.with(0, 2) }))],
  ])('%s', async (_, change) => {
    await leave([{ note: SECRET }])
    await tamper(change)
    const queue = await deliver()
    expect(world.server.bodies).toEqual([])
    expect(await letters(queue)).toMatchObject([['undecryptable', expect.stringContaining('')]])
    expect(await collect(queue.deadLetters())).toMatchObject([{ body: undefined }])
  })

  test.each<[string, (message: Stored & { sealed: { head: Uint8Array } }) => object]>([
    ['without its name and type', ({ sealed, ...message }) => ({ ...message, sealed: { ...sealed, head: undefined } })],
    ['with those in its place', ({ sealed: { head, ...sealed }, ...message }) => ({ ...message, sealed, body: head })],
    ['in the place of those', ({ sealed, ...message }) => ({ ...message, sealed: { ...sealed, head: message.body } })],
  ])('a file %s', async (_, change) => {
    await leave([new File(['{}'], `${SECRET}.json`, { type: 'application/json' })])
    await tamper((all) => all.map((message) => change(message as Stored & { sealed: { head: Uint8Array } })))
    const queue = await deliver()
    expect(world.server.arrivals).toEqual([])
    expect(await letters(queue)).toMatchObject([['undecryptable', expect.anything()]])
  })

  test('a message of another queue is none of this one', async () => {
    await leave([1])
    await leave([2], { identity: 'other' })
    const { messages } = await readInbox()
    const name = databaseName(`${world.name}@other`)
    const [entry] = (await readRaw(name, 'inbox')) as InboxEntry[]
    await changeRaw(name, 'inbox', entry![0], (record: object) => ({ ...record, messages }))
    const queue = await deliver({ identity: 'other' })
    expect(world.server.bodies).toEqual([])
    expect(await letters(queue)).toMatchObject([['undecryptable', expect.anything()]])
  })

  describe('chunks', () => {
    const bodies = (): Blob[] => [new Blob([secretBytes(3 * MB)]), new Blob([secretBytes(3 * MB).fill(1)])]
    type Chunks = Map<string, unknown>
    const at = (spool: string, number: number): string => JSON.stringify([spool, number])

    /** Changes what lies in `bodies`; `spools` are those of the messages, in their order. */
    async function changeChunks(change: (chunks: Chunks, spools: string[]) => void): Promise<void> {
      const name = databaseName(world.name)
      const { messages } = await readInbox()
      const chunks: Chunks = new Map((await readRaw(name, 'bodies')).map(([key, bytes]) => [JSON.stringify(key), bytes]))
      change(
        chunks,
        messages.map(({ body }) => body.spool),
      )
      for (const [key, bytes] of chunks) await changeRaw(name, 'bodies', JSON.parse(key) as IDBValidKey, () => bytes)
    }

    const swap = (chunks: Chunks, one: string, other: string): void => {
      const before = chunks.get(one)
      chunks.set(one, chunks.get(other))
      chunks.set(other, before)
    }

    test.each<[string, (chunks: Chunks, spools: string[]) => void]>([
      ['of one body', (chunks, [spool]) => swap(chunks, at(spool!, 0), at(spool!, 1))],
      ['of two', (chunks, [spool, other]) => swap(chunks, at(spool!, 1), at(other!, 1))],
      ['all of two', (chunks, [spool, other]) => [0, 1, 2].forEach((number) => swap(chunks, at(spool!, number), at(other!, number)))],
    ])('that were swapped are found: %s', async (_, change) => {
      await leave(bodies())
      await changeChunks(change)
      const queue = await deliver()
      expect((await letters(queue)).every(([reason]) => reason === 'undecryptable')).toBe(true)
      expect((await letters(queue)).length).toBeGreaterThan(0)
      expect(world.server.arrivals.length + (await letters(queue)).length).toBe(2)
    })

    test.each<[string, (messages: Stored[]) => object[]]>([
      ['cut off', (all) => all.map(({ body, ...message }) => ({ ...message, body: { spool: body.spool, chunks: 2, size: 2 * MB } }))],
      [
        'another message’s',
        ([one, two]) => [
          { ...one, body: two!.body },
          { ...two, body: one!.body },
        ],
      ],
    ])('so is a body that was %s', async (_, change) => {
      await leave(bodies())
      await tamper((all) => change(all))
      const queue = await deliver()
      expect(world.server.arrivals).toEqual([])
      expect(await letters(queue)).toEqual(Array.from({ length: 2 }, () => ['undecryptable', 'Its chunks are those of another message']))
    })

    test('one that is gone is a lost body', async () => {
      await leave(bodies())
      await changeChunks((chunks, [spool]) => chunks.set(at(spool!, 2), undefined))
      expect(await letters(await deliver())).toMatchObject([['body-lost', '']])
    })
  })
})

describe('keys', () => {
  test('are rotated: what the last has encrypted is read with it, and what comes now is encrypted with the next', async () => {
    const [first, second] = [await makeKey(), await makeKey()]
    await leave([1], { encryption: keysOf({ first }) })
    await leave([2], { encryption: keysOf({ first, second }) })
    const queue = await deliver({ encryption: keysOf({ second }) })
    expect(world.server.bodies).toEqual([2])
    expect(await letters(queue)).toEqual([['undecryptable', '`encryption` gives no key "first"']])
  })

  test('that are lost and found: the letter is redriven', async () => {
    const key = await makeKey()
    const [id] = await leave([{ note: SECRET }], { encryption: keysOf({ key }) })
    const without = await deliver()
    expect(await collect(without.deadLetters())).toMatchObject([{ id, reason: 'undecryptable', body: undefined, attempts: 0 }])
    expect(await without.body(id!)).toBeUndefined()
    await without.close()
    const queue = open({ encryption: keysOf({ key }) })
    expect(await collect(queue.deadLetters())).toMatchObject([{ id, body: { note: SECRET } }])
    await queue.redrive()
    await queue.idle()
    expect(world.server.bodies).toEqual([{ note: SECRET }])
    expect(world.server.arrivals[0]!.headers.get('idempotency-key')).toBe(`"${id}"`)
  })

  test('another under the same name reads nothing, and holds up nobody, also where dead letters halt', async () => {
    await leave([1], { encryption: keysOf({ key: await makeKey() }) })
    const queue = open({ encryption: keysOf({ key: await makeKey() }), onDead: 'halt' })
    await queue.enqueue(2)
    await queue.resume()
    await queue.idle()
    expect(world.server.bodies).toEqual([2])
    expect(await letters(queue)).toMatchObject([['undecryptable', expect.stringContaining('the key "key" is not the one')]])
  })

  test('that a queue was opened without: nothing is sent of what is encrypted, and all else is', async () => {
    await leave([1])
    const plain = world.open<number>()
    await plain.enqueue(2)
    await plain.resume()
    await plain.idle()
    expect(world.server.bodies).toEqual([2])
    expect(await letters(plain)).toEqual([['undecryptable', 'The queue was opened without `encryption`, and it needs the key "key-1"']])
  })

  test('a queue goes on with what it holds in clear, and after encryption has ended with what it does not', async () => {
    const before = world.open()
    await before.pause()
    await Promise.all([before.enqueue({ n: 1 }), before.enqueue(new Blob(['two']))])
    await before.close()
    await leave([{ n: 3 }])
    const { keys } = await encryption({})
    await leave([{ n: SECRET }], { encryption: keysOf(keys, null) })
    expect(await storesWith(SECRET)).toEqual(['inbox'])
    await deliver({ encryption: keysOf(keys, null) })
    expect(world.server.arrivals).toHaveLength(4)
    expect([world.server.bodies[0], world.server.bodies[2], world.server.bodies[3]]).toEqual([{ n: 1 }, { n: 3 }, { n: SECRET }])
  })

  test('that cannot be had now: nothing is stored, and nothing sent, until they can', async () => {
    await leave([1])
    let isThere = false
    const queue = open({
      encryption: (request) => {
        if (isThere) return encryption(request)
        throw new Error('the database is closed')
      },
    })
    await expect(queue.enqueue(2)).rejects.toMatchObject({
      code: 'key-unavailable',
      message: expect.stringContaining('the database is closed'),
    })
    expect(await queue.depth()).toMatchObject({ ready: 1 })
    expect(await collect(queue.messages())).toMatchObject([{ body: undefined }])
    await queue.resume()
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([world.server.bodies, await letters(queue)]).toEqual([[], []])
    isThere = true
    await world.passUntil(queue.idle())
    expect(world.server.bodies).toEqual([1])
  })

  test('are asked for once, and once more where one is missing', async () => {
    const [first, second] = [await makeKey(), await makeKey()]
    let asked = 0
    const given: Record<string, CryptoKey> = { first }
    const queue = open({ encryption: () => ({ keys: { ...given, ...(asked++ ? { second } : {}) }, current: 'first' }) })
    await queue.enqueue(1)
    await queue.enqueue(2)
    await queue.idle()
    expect(asked).toBe(1)
    await queue.close()
    asked = 0
    await leave([3, 4], { encryption: keysOf({ second }) })
    const next = open({ encryption: () => ({ keys: { ...given, ...(asked++ ? { second } : {}) }, current: 'first' }) })
    await next.resume()
    await next.idle()
    expect([asked, world.server.bodies]).toEqual([2, [1, 2, 3, 4]])
  })

  test('of each identity are its own', async () => {
    const asked: unknown[] = []
    const queue = world.open({ identity: 'ada', encryption: (request) => (asked.push(request.identity), encryption(request)) })
    await queue.enqueue(1)
    await queue.idle()
    expect(asked).toEqual(['ada'])
  })
})

describe('bad input is refused, by name', () => {
  const make = (algorithm: string, isExtractable: boolean, usages: KeyUsage[]): Promise<CryptoKey> =>
    crypto.subtle.generateKey({ name: algorithm, length: 256 }, isExtractable, usages)

  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, '`encryption` to be a function that gives { keys, current }'],
    [
      'no `current`',
      async () => ({ keys: { a: await makeKey() } }),
      '`encryption.current` to be the name of one of its `keys`, or null, got undefined',
    ],
    ['a `current` that is no key', async () => ({ keys: { a: await makeKey() }, current: 'b' }), '`encryption.current`'],
    ['what is no key', () => ({ keys: { a: 'secret' }, current: 'a' }), '`encryption.keys.a` to be a CryptoKey for AES-GCM'],
    [
      'another algorithm',
      async () => ({ keys: { a: await make('AES-CBC', false, ['encrypt', 'decrypt']) }, current: 'a' }),
      'a CryptoKey for AES-GCM',
    ],
    [
      'one that is extractable',
      async () => ({ keys: { a: await make('AES-GCM', true, ['encrypt', 'decrypt']) }, current: 'a' }),
      'not extractable',
    ],
    ['one that may not decrypt', async () => ({ keys: { a: await make('AES-GCM', false, ['encrypt']) }, current: 'a' }), 'may decrypt'],
    [
      'a current one that may not encrypt',
      async () => ({ keys: { a: await make('AES-GCM', false, ['decrypt']) }, current: 'a' }),
      'may encrypt',
    ],
    ['a name that is none', async () => ({ keys: { 'a b': await makeKey() }, current: 'a b' }), '`encryption.keys` to be keys under names'],
  ])('%s', async (_, give, text) => {
    const queue = open({ encryption: give as EncryptionFunction })
    await expect(queue.enqueue(1)).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringContaining(text) })
    expect(await queue.depth()).toMatchObject({ ready: 0 })
  })

  test('keys where a function is wanted', () => {
    expect(() => open({ encryption: { keys: {}, current: null } as never })).toThrow('Expected `encryption` to be a function')
  })

  test('a schedule, an outbox, and what follows on a message: there it would lie in clear', async () => {
    const message =
      'Expected a queue without `encryption` in a schedule, an outbox, and behind `ack`: what it takes lies on the disk in clear'
    const queue = open()
    await expect(queue.schedule('nightly', { every: 60_000, body: 1 })).rejects.toMatchObject({ code: 'invalid-option', message })
    const outbox = openOutboxOn({ locks: world.locks.manager, now: Date.now, after: () => () => {} }, queue, { database: 'none' })
    expect(() => outbox.enqueueIn({} as never, 1)).toThrow(message)
    await outbox.close()
    const definition = defineQueue('packing', { endpoint: 'https://shop.example/', encryption })
    const ending: unknown[] = []
    const first = world.openTab().open({ consumers: true, maxAttempts: 1, identity: 'first' })
    first.subscribe((event) => event.type === 'dead-lettered' && ending.push(event.excerpt))
    first.consume(() => ack({ enqueue: [[definition, 1]] }))
    await first.enqueue(1)
    await world.passUntil(first.idle())
    expect(ending).toEqual([`QueueError: ${message}`])
  })
})

describe('where the keys are', () => {
  test('a worker of the app’s own asks the definition that it serves', async () => {
    const definition = defineQueue(world.name, { endpoint: 'https://shop.example/', encryption })
    const queue = world.openTab({}, [definition]).open({}, definition)
    await queue.pause()
    await queue.enqueue({ note: SECRET })
    expect(await storesWith(SECRET)).toEqual([])
    await queue.resume()
    await queue.idle()
    expect(world.server.bodies).toEqual([{ note: SECRET }])
  })

  /** Leaves a message behind that may go. */
  async function leaveReady(body: unknown, definition?: QueueDefinition): Promise<void> {
    const tab = world.openTab()
    const queue = definition ? tab.open({}, definition) : tab.open({ encryption })
    await queue.pause()
    await queue.enqueue(body)
    await tab.host.signal('offline')
    await queue.resume()
    await queue.close()
  }

  test('a service worker asks the definition: it encrypts what it takes, and drains that and what pages have encrypted', async () => {
    const definition = defineQueue(world.name, { endpoint: 'https://shop.example/', encryption })
    const { scope, background } = openBackground(world.platform)
    await leaveReady({ note: SECRET })
    await background.put(definition, await takeRequest(new Request('https://shop.example/', { method: 'POST', body: SECRET })), {})
    expect(await storesWith(SECRET)).toEqual([])
    background.serve([definition])
    await world.passUntil(scope.sync(`holdfast/${world.name}`)!)
    await world.passUntil(background.close())
    expect(world.server.bodies).toEqual([{ note: SECRET }, SECRET])
  })

  test.each([
    ['have them from their own definition', true],
    ['give them themselves', false],
  ])('one that has none, whose pages %s, sends nothing, and leaves all where it is', async (_, isDefined) => {
    const endpoint = 'https://shop.example/'
    const definition = defineQueue(world.name, { endpoint })
    const { scope, background } = openBackground(world.platform)
    await leaveReady(1, isDefined ? defineQueue(world.name, { endpoint, encryption }) : undefined)
    background.serve([definition])
    await expect(world.passUntil(scope.sync(`holdfast/${world.name}`)!)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('Expected `encryption` in the definition'),
    })
    await world.passUntil(background.close())
    expect(world.server.bodies).toEqual([])
    await deliver()
    expect(world.server.bodies).toEqual([1])
  })

  test('a function that a service worker could not ask is refused', () => {
    expect(() => open({ backgroundSync: true })).toThrow('Expected `encryption` in the definition, with `backgroundSync`')
  })
})

test('an earlier release, which would send what it finds, finds no message in what is encrypted', async () => {
  await leave([{ a: 1 }, new Blob([secretBytes(10)]), new Blob([secretBytes(100_000)]), new Blob([secretBytes(2 * MB)])])
  const { messages } = await readInbox()
  expect(messages).toHaveLength(4)
  // As it tells one: with neither, its body is text.
  for (const message of messages)
    expect([typeof message.body, 'content' in message, 'request' in message]).toEqual(['object', false, false])
})

test('a large body that is encrypted is put together in no file', async () => {
  let asked = 0
  const directory = async (): Promise<FileSystemDirectoryHandle> => {
    asked += 1
    throw new DOMException('', 'NotFoundError')
  }
  const tab = world.openTab({ directory })
  const queue = tab.open({ encryption })
  await queue.enqueue(new Blob([new Uint8Array(17 * MB)]))
  await queue.idle()
  const ofTerm = asked
  await queue.close()
  const plain = world.openTab({ directory }).open()
  await plain.enqueue(new Blob([new Uint8Array(17 * MB)]))
  await plain.idle()
  expect(world.server.arrivals).toHaveLength(2)
  // Whoever begins a term clears the folder; a body in clear asks for it twice more.
  expect([ofTerm, asked - ofTerm]).toEqual([1, 3])
})

test('what an earlier release of the app has encrypted goes along in no batch of this one: nothing of it is sent', async () => {
  const before = world.open()
  await before.pause()
  await before.enqueue({ n: 1 })
  await before.close()
  await leave([{ n: 2 }, { n: 3 }])
  world.server.react = () => new Response()
  const now = world.open({ batch: { messages: 10 } })
  await now.resume()
  await now.idle()
  expect(world.server.bodies).toMatchObject([[{ data: { n: 1 } }]])
  expect(await letters(now)).toMatchObject([
    ['undecryptable', expect.anything()],
    ['undecryptable', expect.anything()],
  ])
})
