import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDB } from 'idb'
import type { Codec } from '../../src/message/codec.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { breakStorage } from '../world/break-storage.ts'
import { FakeDirectory } from '../world/fake-directory.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { Life } from '../world/life.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
let received: Request[]
beforeEach(() => {
  world = new World()
  received = []
  world.server.react = take
})
afterEach(() => world.end())

const take = (request: Request): Response => {
  received.push(request)
  return Response.json({ ok: true })
}

const MB = 1024 * 1024

/** No two chunks of it are alike. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  let state = size + 1
  return Uint8Array.from({ length: size }, () => (state = (state * 48271) % 2147483647) & 255)
}

/** What lies in the two stores of large bodies. */
async function shelves(): Promise<{ bodies: [string, number][]; spools: string[] }> {
  const database = await openDB(databaseName(world.name))
  try {
    const tx = database.transaction(['bodies', 'spools'])
    const [bodies, spools] = await Promise.all([tx.objectStore('bodies').getAllKeys(), tx.objectStore('spools').getAllKeys()])
    return { bodies: bodies as [string, number][], spools: spools as string[] }
  } finally {
    database.close()
  }
}

const NOTHING = { bodies: [], spools: [] }

/** A stream of so many chunks and a little more each, that waits after the second. */
function waitingStream(chunks: number): { stream: ReadableStream; goOn: () => void } {
  let goOn = (): void => {}
  const going = new Promise<void>((resolve) => (goOn = resolve))
  let given = 0
  const stream = new ReadableStream({
    async pull(controller) {
      if (given === 2) await going
      if (given === chunks) controller.close()
      else controller.enqueue(noise(MB + given++))
    },
  })
  return { stream, goOn }
}

describe('a body that is no data arrives byte for byte, with its type', () => {
  const bytes = noise(300)
  test.each<[string, unknown, string]>([
    ['a Blob', new Blob([bytes], { type: 'image/png' }), 'image/png'],
    ['a Blob without a type', new Blob([bytes]), 'application/octet-stream'],
    ['a File', new File([bytes], 'a.pdf', { type: 'application/pdf' }), 'application/pdf'],
    ['an ArrayBuffer', bytes.slice().buffer, 'application/octet-stream'],
    ['a Uint8Array that begins within its buffer', new Uint8Array(Uint8Array.of(1, 2, ...bytes).buffer, 2), 'application/octet-stream'],
    ['a DataView', new DataView(bytes.slice().buffer), 'application/octet-stream'],
    ['a Float64Array', new Float64Array(bytes.slice(0, 296).buffer), 'application/octet-stream'],
    ['a stream', new Blob([bytes]).stream(), 'application/octet-stream'],
  ])('%s', async (_, body, type) => {
    const queue = world.open()
    await queue.enqueue(body)
    await queue.idle()
    expect(received[0]!.headers.get('content-type')).toBe(type)
    const arrived = await received[0]!.bytes()
    expect(arrived).toEqual(bytes.subarray(0, arrived.length))
    expect(arrived.length).toBeGreaterThanOrEqual(296)
  })

  test('a form, with its files; URLSearchParams as a browser sends them', async () => {
    const queue = world.open()
    const form = new FormData()
    form.set('caption', 'Straße')
    form.set('photo', new File([bytes], 'a b.png', { type: 'image/png' }))
    await queue.enqueue(form)
    await queue.enqueue(new URLSearchParams({ a: 'ü', b: '1 2' }))
    await queue.idle()
    const arrived = await received[0]!.formData()
    expect(arrived.get('caption')).toBe('Straße')
    expect(await (arrived.get('photo') as File).bytes()).toEqual(bytes)
    expect(received[1]!.headers.get('content-type')).toBe('application/x-www-form-urlencoded;charset=UTF-8')
    expect(await received[1]!.text()).toBe('a=%C3%BC&b=1+2')
  })

  test('whatever becomes of the buffer after enqueue() was called', async () => {
    const queue = world.open()
    const given = bytes.slice()
    const enqueued = queue.enqueue(given)
    given.fill(0)
    await enqueued
    await queue.idle()
    expect(await received[0]!.bytes()).toEqual(bytes)
  })

  test('a type of one’s own goes before it', async () => {
    const queue = world.open({ headers: { 'content-type': 'application/msgpack' } })
    await queue.enqueue(bytes)
    await queue.idle()
    expect(received[0]!.headers.get('content-type')).toBe('application/msgpack')
  })
})

describe('a large body', () => {
  test.each([48_000, 48_001, MB - 1, MB, MB + 1, 3 * MB, 3 * MB + 7])(
    'of %i bytes arrives whole, and nothing of it stays',
    async (size) => {
      const queue = world.open()
      await queue.pause()
      await queue.enqueue(new Blob([noise(size)]))
      expect(await queue.depth()).toMatchObject({ ready: 1, bytes: size })
      const { bodies, spools } = await shelves()
      expect([bodies.length, spools.length]).toEqual([size <= 48_000 ? 0 : Math.ceil(size / MB), 0])
      await queue.resume()
      await queue.idle()
      const arrived = await received[0]!.bytes()
      expect([arrived.length, Buffer.compare(arrived, noise(size))]).toEqual([size, 0])
      expect(await shelves()).toEqual(NOTHING)
      expect(await queue.depth()).toMatchObject({ bytes: 0 })
    },
  )

  test('is the same in each attempt, after a reload, as a dead letter, and after a redrive', async () => {
    const queue = world.open({ maxAttempts: 2 })
    const react = (code: number) => async (request: Request) => {
      received.push(request)
      return status(code)(request)
    }
    world.server.next(react(500), react(500))
    const { id } = await queue.enqueue(new Blob([noise(2 * MB)]))
    const dead = heard(queue, 'dead-lettered')
    await world.clock.armedWithin(2_000)
    await queue.retryNow()
    await dead
    await queue.close()
    const again = world.open()
    const [letter] = await collect(again.deadLetters())
    expect(letter).toMatchObject({ id, size: 2 * MB, body: undefined, contentType: 'application/octet-stream' })
    expect(Buffer.compare(await (letter && again.body(id))!.then((body) => (body as Blob).bytes()), noise(2 * MB))).toBe(0)
    await again.redrive()
    await again.idle()
    const [first, ...others] = await Promise.all(received.map((request) => request.bytes()))
    expect(others.map((other) => Buffer.compare(other, first!))).toEqual([0, 0])
    expect(await shelves()).toEqual(NOTHING)
  })

  test('goes with its message, however that leaves: cancelled, purged, replaced, refused, or destroyed', async () => {
    const queue = world.open({ capacity: { messages: 2 } })
    await queue.pause()
    const large = (): Blob => new Blob([noise(2 * MB)])
    const { id } = await queue.enqueue(large())
    await queue.cancel(id)
    expect(await shelves()).toEqual(NOTHING)
    const { id: delayed } = await queue.enqueue(large(), { delay: 60_000 })
    await queue.cancel(delayed)
    expect(await shelves()).toEqual(NOTHING)

    await queue.enqueue(large(), { dedupKey: 'k', onDuplicate: 'latest' })
    await queue.enqueue(new Blob([noise(MB + 5)]), { dedupKey: 'k', onDuplicate: 'latest' })
    await queue.enqueue(large(), { dedupKey: 'k' })
    expect((await shelves()).bodies).toHaveLength(2)
    expect(await queue.depth()).toMatchObject({ ready: 1, bytes: MB + 5 })

    await queue.enqueue(large())
    await expect(queue.enqueue(large())).rejects.toMatchObject({ code: 'queue-full' })
    expect((await shelves()).bodies).toHaveLength(4)

    world.server.react = status(422)
    await queue.resume()
    await queue.idle()
    expect((await shelves()).bodies).toHaveLength(4)
    await queue.purge()
    expect(await shelves()).toEqual(NOTHING)

    await queue.pause()
    await queue.enqueue(large())
    await queue.destroy()
    expect(await shelves()).toEqual(NOTHING)
  })

  test('that was cancelled under way is gone when its attempt has ended', async () => {
    const queue = world.open()
    world.server.react = () => new Promise(() => {})
    const { id } = await queue.enqueue(new Blob([noise(2 * MB)]))
    await world.server.arrived(1)
    const cancelled = heard(queue, 'cancelled')
    expect(await queue.cancel(id, { abort: true })).toBe('aborted')
    await cancelled
    expect(await shelves()).toEqual(NOTHING)
  })

  test('of which a part is lost becomes a dead letter, and holds up nobody', async () => {
    const queue = world.open({ onDead: 'halt' })
    await queue.pause()
    await queue.enqueue(new Blob([noise(3 * MB)]))
    await queue.enqueue({ after: true })
    const database = await openDB(databaseName(world.name))
    await database.delete('bodies', (await shelves()).bodies[1]!)
    database.close()
    const dead = heard(queue, 'dead-lettered')
    await queue.resume()
    expect(await dead).toMatchObject({ reason: 'body-lost', attempts: 0 })
    await queue.idle()
    expect(await received[0]!.json()).toEqual({ after: true })
  })
})

test('what is larger than `largestBody` is refused before any of it is stored, and a stream before more is', async () => {
  const queue = world.open({ largestBody: 2 * MB + 1 })
  await queue.pause()
  let chunks = 0
  const stopWatching = breakStorage(({ mode, stores }) => {
    if (mode === 'readwrite' && stores.includes('bodies') && !stores.includes('inbox')) chunks += 1
    return undefined
  })
  await expect(queue.enqueue(new Blob([new Uint8Array(2 * MB + 2)]))).rejects.toMatchObject({ code: 'body-too-large' })
  await expect(queue.enqueue(new Uint8Array(2 * MB + 2))).rejects.toMatchObject({ code: 'body-too-large' })
  expect([chunks, await shelves()]).toEqual([0, NOTHING])
  await expect(queue.enqueue(new Blob([new Uint8Array(2 * MB + 2)]).stream())).rejects.toMatchObject({ code: 'body-too-large' })
  // Two that were stored, and what drops them.
  expect([chunks, await shelves()]).toEqual([3, NOTHING])
  await queue.enqueue(new Blob([new Uint8Array(2 * MB + 1)]))
  stopWatching()
  expect(await queue.depth()).toMatchObject({ ready: 1, bytes: 2 * MB + 1 })
})

test('a large body has a second more than the `timeout` for each 64 kB above its first megabyte', async () => {
  const queue = world.open({ timeout: 1_000 })
  const told: string[] = []
  queue.subscribe(({ type }) => told.push(type))
  const scheduled = heard(queue, 'retry-scheduled')
  world.server.holdNext()
  await queue.enqueue(new Blob([noise(2 * MB)]))
  await world.server.arrived(1)
  world.clock.advance(1_000 + MB / 64 - 1)
  await turns()
  expect(told).not.toContain('retry-scheduled')
  world.clock.advance(1)
  expect(await scheduled).toMatchObject({ reason: 'timeout' })
})

test('large bodies of different groups go side by side, as small ones do', async () => {
  const queue = world.open({ order: 'group', concurrency: 3 })
  await queue.pause()
  for (const group of ['a', 'b', 'c', 'a', 'b', 'c']) await queue.enqueue(new Blob([noise(2 * MB)]), { group })
  const answer: (() => void)[] = []
  world.server.react = (request) => new Promise((resolve) => answer.push(() => resolve(take(request))))
  await queue.resume()
  await world.server.arrived(3)
  for (let count = 4; count <= 6; count++) {
    answer.shift()!()
    await world.server.arrived(count)
  }
  for (const give of answer) give()
  await queue.idle()
  expect(world.server.mostAtOnce).toBe(3)
})

test('a private file system that does not answer holds up nobody', async () => {
  const queue = world.openTab({ directory: () => new Promise(() => {}) }).open()
  await queue.enqueue({ n: 1 }, { delay: 1_000 })
  await world.clock.armedWithin(1_000)
  world.clock.advance(1_000)
  await queue.idle()
  expect(await received[0]!.json()).toEqual({ n: 1 })
})

describe('a body above 16 MB', () => {
  const size = 16 * MB + 1

  test('is sent from a file, which is gone after the attempt', async () => {
    const directory = new FakeDirectory()
    const queue = world.openTab({ directory: directory.open }).open()
    await queue.enqueue(new Blob([noise(size)]))
    await queue.idle()
    const arrived = await received[0]!.bytes()
    expect([arrived.length, Buffer.compare(arrived, noise(size)), directory.written]).toEqual([size, 0, 1])
    await expect.poll(() => directory.files.size).toBe(0)
  })

  test('of which a part is lost is not sent from a file that lacks it', async () => {
    const queue = world.openTab({ directory: new FakeDirectory().open }).open()
    await queue.pause()
    await queue.enqueue(new Blob([noise(size)]))
    const database = await openDB(databaseName(world.name))
    await database.delete('bodies', (await shelves()).bodies[7]!)
    database.close()
    const dead = heard(queue, 'dead-lettered')
    await queue.resume()
    expect(await dead).toMatchObject({ reason: 'body-lost' })
    expect(received).toEqual([])
  })
})

test('a large body whose message cannot be stored leaves nothing behind', async () => {
  const queue = world.open()
  await queue.pause()
  const mend = breakStorage(({ mode, stores }) =>
    mode === 'readwrite' && stores.includes('inbox') && stores.includes('spools') ? 'full' : undefined,
  )
  await expect(queue.enqueue(new Blob([noise(2 * MB)]))).rejects.toMatchObject({ code: 'storage-full' })
  mend()
  expect(await shelves()).toEqual(NOTHING)
  await queue.enqueue(new Blob([noise(2 * MB)]))
  expect(await queue.depth()).toMatchObject({ ready: 1 })
})

test('a large body of which a chunk cannot be stored leaves nothing behind', async () => {
  const queue = world.open()
  await queue.pause()
  let chunks = 0
  const mend = breakStorage(({ mode, stores }) =>
    mode === 'readwrite' && stores.includes('bodies') && !stores.includes('inbox') && ++chunks === 3 ? 'full' : undefined,
  )
  await expect(queue.enqueue(new Blob([noise(4 * MB)]))).rejects.toMatchObject({ code: 'storage-full' })
  mend()
  expect(chunks).toBeGreaterThanOrEqual(3)
  expect([await shelves(), await queue.depth()]).toMatchObject([NOTHING, { ready: 0, bytes: 0 }])
})

describe('a stream', () => {
  test('is stored as it comes: no more is asked of it than was stored', async () => {
    const queue = world.open()
    await queue.pause()
    let pulled = 0
    const stream = new ReadableStream({
      pull(controller) {
        if (pulled === 40) controller.close()
        else controller.enqueue(noise(100_000 + pulled++))
      },
    })
    await queue.enqueue(stream)
    expect(pulled).toBe(40)
    const whole = Buffer.concat(Array.from({ length: 40 }, (_, n) => noise(100_000 + n)))
    expect(await queue.depth()).toMatchObject({ ready: 1, bytes: whole.length })
    await queue.resume()
    await queue.idle()
    expect(Buffer.compare(await received[0]!.bytes(), whole)).toBe(0)
  })

  test('that uses its buffer again, as one of a camera does, arrives as it was given', async () => {
    const queue = world.open()
    const buffer = new Uint8Array(1_000)
    let given = 0
    const stream = new ReadableStream(
      { pull: (controller) => (given === 3 ? controller.close() : controller.enqueue(buffer.fill(++given))) },
      { highWaterMark: 0 },
    )
    await queue.enqueue(stream)
    await queue.idle()
    expect(await received[0]!.bytes()).toEqual(Uint8Array.from({ length: 3_000 }, (_, at) => 1 + Math.floor(at / 1_000)))
  })

  test('that ends with a chunk arrives whole', async () => {
    const queue = world.open()
    await queue.enqueue(new Blob([noise(2 * MB)]).stream())
    await queue.idle()
    expect(Buffer.compare(await received[0]!.bytes(), noise(2 * MB))).toBe(0)
  })

  test('that fails, is no stream of bytes, or is too large leaves nothing behind, and holds up nobody', async () => {
    const queue = world.open({ largestBody: 3 * MB })
    await queue.pause()
    const after = (chunks: number, then: (controller: ReadableStreamDefaultController) => void): ReadableStream => {
      let given = 0
      return new ReadableStream({ pull: (controller) => (given++ < chunks ? controller.enqueue(noise(MB)) : then(controller)) })
    }
    const failing = queue.enqueue(after(2, (controller) => controller.error(new Error('the camera went away'))))
    const odd = queue.enqueue(after(1, (controller) => controller.enqueue({ no: 'bytes' })))
    const endless = queue.enqueue(after(Infinity, () => {}))
    await Promise.all([
      expect(failing).rejects.toMatchObject({ code: 'invalid-body', message: expect.stringContaining('the camera went away') as string }),
      expect(odd).rejects.toMatchObject({ code: 'invalid-body' }),
      expect(endless).rejects.toMatchObject({ code: 'body-too-large' }),
    ])
    expect(await shelves()).toEqual(NOTHING)
    await queue.enqueue(1)
    expect(await queue.depth()).toMatchObject({ ready: 1 })
  })

  test('goes on where the worker dies in the midst of it, and another is started', async () => {
    const tab = world.openTab(undefined, undefined, undefined, new Life(() => {}))
    const queue = tab.open()
    await queue.pause()
    const { stream, goOn } = waitingStream(4)
    const enqueued = queue.enqueue(stream)
    await expect.poll(async () => (await shelves()).bodies.length).toBe(2)
    tab.crash()
    goOn()
    await enqueued
    await queue.resume()
    await queue.idle()
    expect(Buffer.compare(await received[0]!.bytes(), Buffer.concat([0, 1, 2, 3].map((n) => noise(MB + n))))).toBe(0)
  })

  test('of which the beginning is gone is refused, and nothing of it stays', async () => {
    const queue = world.open()
    await queue.pause()
    const { stream, goOn } = waitingStream(3)
    const enqueued = queue.enqueue(stream)
    await expect.poll(async () => (await shelves()).bodies.length).toBe(2)
    const database = await openDB(databaseName(world.name))
    for (const store of ['bodies', 'spools']) await database.clear(store)
    database.close()
    goOn()
    await expect(enqueued).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await shelves()).toEqual(NOTHING)
    expect(await queue.depth()).toMatchObject({ ready: 0, dead: 0 })
  })

  test('holds up nobody, and has its place when it has ended', async () => {
    const queue = world.open<unknown>()
    let end!: () => void
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(noise(10))
        end = () => controller.close()
      },
    })
    const streamed = queue.enqueue(stream)
    await queue.enqueue(new Blob(['x']))
    await queue.enqueue('data')
    end()
    await streamed
    await queue.idle()
    expect(await Promise.all(received.map(async (request) => (await request.arrayBuffer()).byteLength))).toEqual([1, 6, 10])
  })
})

describe('what was being stored when its page died', () => {
  test('is dropped by whoever leads next, and nothing else is', async () => {
    const page = world.openTab(undefined, undefined, undefined, new Life(() => {}))
    const queue = page.open()
    await queue.pause()
    await queue.enqueue(new Blob([noise(2 * MB)]))
    const stalling = new ReadableStream({
      start: (controller) => controller.enqueue(noise(2 * MB)),
      pull: () => new Promise(() => {}),
    })
    void queue.enqueue(stalling).catch(() => {})
    await expect.poll(async () => (await shelves()).spools.length).toBe(1)
    const other = world.open()
    await other.depth()
    expect((await shelves()).bodies.length).toBeGreaterThan(2)
    page.kill()
    await expect.poll(shelves).toMatchObject({ spools: [], bodies: [{}, {}] })
    world.server.react = unreachable
    expect(await other.depth()).toMatchObject({ ready: 1, bytes: 2 * MB })
  })

  test('and stays as long as that lives, whoever leads next', async () => {
    const leading = world.openTab()
    await leading.open().depth()
    const next = world.open()
    await next.pause()
    const queue = world.open()
    const { stream, goOn } = waitingStream(3)
    const enqueued = queue.enqueue(stream)
    await expect.poll(async () => (await shelves()).bodies.length).toBe(2)
    await leading.close()
    await next.resume()
    // Whoever leads has looked through what is left behind before it sends anything.
    await (
      await next.enqueue('led')
    ).delivered
    expect((await shelves()).bodies).toHaveLength(2)
    goOn()
    await enqueued
    await queue.idle()
    expect(Buffer.compare(await received[1]!.bytes(), Buffer.concat([0, 1, 2].map((n) => noise(MB + n))))).toBe(0)
  })
})

describe('a handler gets the like of what was enqueued', () => {
  const bytes = noise(2 * MB)
  test.each<[string, unknown, (body: unknown) => Promise<unknown>, unknown]>([
    [
      'a File',
      new File([bytes], 'a.png', { type: 'image/png', lastModified: 7 }),
      async (body) => [(body as File).name, (body as File).type, (body as File).lastModified, (body as File).size],
      ['a.png', 'image/png', 7, 2 * MB],
    ],
    [
      'a Blob',
      new Blob([bytes], { type: 'image/png' }),
      async (body) => [(body as Blob).type, Buffer.compare(await (body as Blob).bytes(), bytes)],
      ['image/png', 0],
    ],
    ['a small ArrayBuffer', bytes.slice(0, 10).buffer, async (body) => body instanceof ArrayBuffer && body.byteLength, 10],
    ['a Float32Array', new Float32Array([1.5, -2]), async (body) => body, new Float32Array([1.5, -2])],
    ['URLSearchParams', new URLSearchParams('a=1&a=2'), async (body) => (body as URLSearchParams).getAll('a'), ['1', '2']],
    ['a stream, as a Blob', new Blob(['abc']).stream(), async (body) => (body as Blob).text(), 'abc'],
  ])('%s', async (_, body, look, expected) => {
    const queue = world.open({ consumers: true })
    const receipt = await queue.enqueue(body)
    let seen: unknown
    queue.consume(async ({ body: got }) => void (seen = await look(got)))
    await receipt.delivered
    expect(seen).toEqual(expected)
  })

  test('a form', async () => {
    const queue = world.open<FormData>({ consumers: true })
    const form = new FormData()
    form.append('tag', 'a')
    form.append('tag', 'b')
    form.set('photo', new File(['bytes'], 'a.txt', { type: 'text/plain' }))
    const receipt = await queue.enqueue(form)
    const got: FormData[] = []
    queue.consume(({ body }) => void got.push(body))
    await receipt.delivered
    expect(got[0]!.getAll('tag')).toEqual(['a', 'b'])
    expect(await (got[0]!.get('photo') as File).text()).toBe('bytes')
  })
})

test('a listing shows small bodies as they were, and of large ones the size', async () => {
  const queue = world.open()
  await queue.pause()
  await queue.enqueue(new Blob(['abc'], { type: 'text/csv' }))
  const { id } = await queue.enqueue(new Blob([noise(100_000)]))
  const { id: data } = await queue.enqueue({ a: 1 })
  const [small, large] = await collect(queue.messages())
  expect(await (small!.body as Blob).text()).toBe('abc')
  expect(small).toMatchObject({ size: 3, contentType: 'text/csv' })
  expect(large).toMatchObject({ size: 100_000, body: undefined })
  expect((await queue.body(id)) as Blob).toMatchObject({ size: 100_000 })
  expect(await queue.body(data)).toEqual({ a: 1 })
  expect(await queue.body('nobody.0.0')).toBeUndefined()
})

describe('a codec', () => {
  const codec: Codec<Map<string, number>> = {
    type: 'application/x.pairs',
    encode: (map) => JSON.stringify([...map]),
    decode: (bytes) => new Map(JSON.parse(new TextDecoder().decode(bytes)) as [string, number][]),
  }
  const pairs = new Map([['a', 1]])

  test('makes what is sent, with its type; what is listed, and what is read by its id, is what was enqueued', async () => {
    const queue = world.open<Map<string, number>>({ codec })
    await queue.pause()
    const { id } = await queue.enqueue(pairs)
    const [listed] = await collect(queue.messages())
    expect([listed!.body, await queue.body(id)]).toEqual([pairs, pairs])
    await queue.resume()
    await queue.idle()
    expect(received[0]!.headers.get('content-type')).toBe('application/x.pairs')
    expect(await received[0]!.json()).toEqual([['a', 1]])
  })

  test('makes what a handler gets', async () => {
    const queue = world.open<Map<string, number>>({ consumers: true, codec })
    const receipt = await queue.enqueue(pairs)
    const got: unknown[] = []
    queue.consume(({ body }) => void got.push(body))
    await receipt.delivered
    expect(got).toEqual([pairs])
  })

  test('that is gone, or cannot decode: the message is a dead letter, with the reason, and holds up nobody', async () => {
    const queue = world.open<unknown>({ consumers: true, codec: codec, order: 'queue' })
    await queue.enqueue(pairs)
    await queue.close()
    const without = world.open<unknown>({ consumers: true })
    const dead = heard(without, 'dead-lettered')
    const { delivered } = await without.enqueue({ after: true })
    without.consume(() => {})
    expect(await dead).toMatchObject({ reason: 'rejected', excerpt: expect.stringContaining('application/x.pairs') as string })
    await delivered
    const [letter] = await collect(without.deadLetters())
    expect(letter!.body).toBeInstanceOf(Blob)
  })

  test('that throws, or gives no bytes, has the enqueue rejected, with nothing stored', async () => {
    const throwing = world.open<unknown>({ codec: { ...codec, encode: () => JSON.parse('{') as string } })
    await expect(throwing.enqueue(1)).rejects.toMatchObject({
      code: 'invalid-body',
      message: expect.stringContaining('SyntaxError') as string,
    })
    const odd = world.open<unknown>({ codec: { ...codec, encode: () => ({}) as string } })
    await expect(odd.enqueue(1)).rejects.toMatchObject({ code: 'invalid-body' })
    expect(await odd.depth()).toMatchObject({ ready: 0 })
  })

  test('has no place in a schedule', async () => {
    const queue = world.open<Map<string, number>>({ codec })
    await expect(queue.schedule('s', { every: 60_000, body: pairs })).rejects.toMatchObject({ code: 'invalid-option' })
  })
})

describe('behind a body that is being read', () => {
  /** A file that is slow to be read: `read()` ends that. */
  function slow(text: string): { file: Blob; read: () => void; fail: () => void } {
    const bytes = new TextEncoder().encode(text)
    let [read, fail] = [(): void => {}, (): void => {}]
    const reading = new Promise<ArrayBuffer>((resolve, reject) => {
      read = () => resolve(bytes.buffer)
      fail = () => reject(new DOMException('gone', 'NotFoundError'))
    })
    return { file: Object.assign(new Blob([bytes]), { arrayBuffer: () => reading }), read, fail }
  }
  const arrived = (): Promise<string[]> => Promise.all(received.map(async (request) => request.clone().text()))

  test('waits whatever is enqueued after it: data, bytes, files and requests arrive in that order', async () => {
    const queue = world.open<unknown>()
    const { file, read } = slow('file')
    const request = new Request('https://shop.example/orders', { method: 'POST', body: 'request' })
    const stored = Promise.all([
      queue.enqueue('before'),
      queue.enqueue(file),
      queue.enqueue('data'),
      queue.enqueue(new TextEncoder().encode('bytes')),
      queue.enqueueRequest(request),
      queue.enqueue(new Blob(['small'])),
      queue.enqueue('last'),
    ])
    await world.server.arrived(1)
    read()
    await stored
    await queue.idle()
    expect(await arrived()).toEqual(['"before"', 'file', '"data"', 'bytes', 'request', 'small', '"last"'])
  })

  test('waits nobody of another group, and nobody at all where there is no order', async () => {
    const { file, read } = slow('file')
    const grouped = world.open<unknown>({ order: 'group' })
    const held = grouped.enqueue(file, { group: 'a' })
    const behind = grouped.enqueue('behind', { group: 'a' })
    await grouped.enqueue('other', { group: 'b' })
    await grouped.enqueue('without')
    read()
    await Promise.all([held, behind])
    await grouped.idle()
    expect((await arrived()).toSorted()).toEqual(['"behind"', '"other"', '"without"', 'file'])
    expect((await arrived()).filter((text) => /file|behind/.test(text))).toEqual(['file', '"behind"'])
    await grouped.destroy()
    const { file: another, read: readIt } = slow('another')
    const pile = world.open<unknown>({ order: 'none' })
    const last = pile.enqueue(another)
    await pile.enqueue('at once')
    const closed = pile.close()
    await turns()
    readIt()
    await Promise.all([last, closed])
  })

  test('waits a stream of its group, once that has ended', async () => {
    const queue = world.open<unknown>({ order: 'group' })
    const { file, read } = slow('file')
    const stored = Promise.all([
      queue.enqueue(file, { group: 'a' }),
      queue.enqueue(new Blob(['stream']).stream(), { group: 'a' }),
      queue.enqueue(new Blob(['other']).stream(), { group: 'b' }),
    ])
    await world.server.arrived(1)
    await turns()
    read()
    await stored
    await queue.idle()
    expect(await arrived()).toEqual(['other', 'file', 'stream'])
  })

  test('waits nobody for long when it cannot be read, or is too large', async () => {
    const queue = world.open<unknown>({ largestBody: 1_000 })
    const { file, fail } = slow('file')
    const refused = [queue.enqueue(file), queue.enqueue(new Blob([noise(2_000)]))]
    const behind = queue.enqueue('behind')
    fail()
    await expect(refused[0]).rejects.toMatchObject({ code: 'invalid-body' })
    await expect(refused[1]).rejects.toMatchObject({ code: 'body-too-large' })
    await behind
  })

  test('stands what a closing queue has taken: it is stored before that is closed', async () => {
    const queue = world.open<unknown>()
    await queue.pause()
    const { file, read } = slow('file')
    const stored = Promise.all([queue.enqueue(file), queue.enqueue('behind')])
    const closed = queue.close()
    await turns()
    read()
    expect(await stored).toHaveLength(2)
    await closed
  })

  test('small bytes of one tick share a call and a transaction with data, in order', async () => {
    const queue = world.open<unknown>()
    await queue.pause()
    await Promise.all([queue.enqueue({ n: 1 }), queue.enqueue(Uint8Array.of(65)), queue.enqueue({ n: 3 })])
    await queue.resume()
    await queue.idle()
    expect(await arrived()).toEqual(['{"n":1}', 'A', '{"n":3}'])
  })
})
