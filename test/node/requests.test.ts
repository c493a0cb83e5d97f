import { openDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { RequestParts } from '../../src/message/request-parts.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

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

const post = (url: string, init: RequestInit = {}): Request => new Request(url, { method: 'POST', body: 'x', ...init })
const here = 'https://shop.example/photos'
const elsewhere = 'https://other.example/photos'

describe('a whole request', () => {
  test('arrives at its own URL, with its method, its headers and its bytes', async () => {
    const queue = world.open()
    const body = Uint8Array.from({ length: 300 }, (_, i) => i % 256)
    const headers = { 'content-type': 'image/x-raw', 'x-album': 'summer' }
    await queue.enqueueRequest(new Request(`${here}?size=2`, { method: 'PUT', body, headers, credentials: 'omit' }))
    await queue.idle()
    const [request] = received
    expect(request).toMatchObject({ method: 'PUT', url: `${here}?size=2`, credentials: 'omit', redirect: 'manual' })
    expect(Object.fromEntries(request!.headers)).toMatchObject(headers)
    expect(await request!.bytes()).toEqual(body)
  })

  test('that is a form with a file arrives as one: fields, the file’s name, type and bytes', async () => {
    const queue = world.open()
    const form = new FormData()
    form.set('caption', 'Straße, 1 € – "so"')
    form.set('photo', new File([new Uint8Array([0, 255, 13, 10, 0])], 'a b.png', { type: 'image/png' }))
    await queue.enqueueRequest(new Request(here, { method: 'POST', body: form }))
    await queue.idle()
    const arrived = await received[0]!.formData()
    const photo = arrived.get('photo') as File
    expect(arrived.get('caption')).toBe('Straße, 1 € – "so"')
    expect({ name: photo.name, type: photo.type }).toEqual({ name: 'a b.png', type: 'image/png' })
    expect(await photo.bytes()).toEqual(new Uint8Array([0, 255, 13, 10, 0]))
  })

  test('is the same, byte for byte and with the same key, in each attempt, and after a redrive', async () => {
    const queue = world.open({ maxAttempts: 2 })
    const form = new FormData()
    form.set('photo', new File(['bytes'], 'a.txt'))
    const react = (code: number) => async (request: Request) => {
      received.push(request)
      return status(code)(request)
    }
    world.server.next(react(500), react(500))
    const { id } = await queue.enqueueRequest(new Request(here, { method: 'POST', body: form }))
    await world.passUntil(queue.idle())
    await queue.redrive()
    await queue.idle()
    const bodies = await Promise.all(received.map((request) => request.text()))
    expect(bodies).toHaveLength(3)
    expect(new Set(bodies).size).toBe(1)
    expect(new Set(received.map(({ headers }) => headers.get('content-type'))).size).toBe(1)
    expect(received.map(({ headers }) => headers.get('idempotency-key'))).toEqual([`"${id}"`, `"${id}"`, `"${id}"`])
  })

  test('says whose it is to the server of the queue, and to no other', async () => {
    const queue = world.open({ identity: 'ann@shop.example' })
    await queue.enqueueRequest(post(here))
    await queue.enqueueRequest(post(elsewhere))
    await queue.idle()
    expect(received.map(({ url, headers }) => [url, headers.get('holdfast-message')?.includes('identity="ann%40shop.example"')])).toEqual([
      [here, true],
      [elsewhere, false],
    ])
  })

  test.each(['GET', 'HEAD', 'DELETE'])('may be a %s without a body', async (method) => {
    const queue = world.open()
    world.server.reactToQuestion = take
    await queue.enqueueRequest(new Request(here, { method }))
    await queue.idle()
    expect(received[0]).toMatchObject({ method, body: null })
  })

  test('of several megabytes arrives whole', async () => {
    const queue = world.open()
    const body = new Uint8Array(5_000_000).fill(7)
    await queue.enqueueRequest(post(here, { body }))
    await queue.idle()
    expect((await received[0]!.bytes()).byteLength).toBe(5_000_000)
  })

  test('of more than `largestBody` is refused, and nothing is stored', async () => {
    const queue = world.open({ largestBody: 5_000_000 })
    const body = new Uint8Array(5_000_001)
    await expect(queue.enqueueRequest(post(here, { body }))).rejects.toMatchObject({
      code: 'body-too-large',
      message: 'Expected a body of at most 5000000 bytes, got 5000001',
    })
    expect(await queue.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('counts by its bytes, for depth and for capacity', async () => {
    const queue = world.open({ capacity: { bytes: 1_000 } })
    await queue.pause()
    await queue.enqueueRequest(post(here, { body: new Uint8Array(600) }))
    expect(await queue.depth()).toMatchObject({ ready: 1, bytes: 600 })
    await expect(queue.enqueueRequest(post(here, { body: new Uint8Array(600) }))).rejects.toMatchObject({ code: 'queue-full' })
  })

  test('is listed with its line and its bytes, while it waits and as a dead letter', async () => {
    const queue = world.open()
    await queue.pause()
    await queue.enqueueRequest(post(here, { body: 'é' }))
    await queue.enqueue({ n: 1 })
    const shown = { request: { method: 'POST', url: here }, body: new TextEncoder().encode('é') }
    const [first, second] = await collect(queue.messages())
    expect(first).toMatchObject(shown)
    expect(second).toMatchObject({ body: { n: 1 } })
    expect(second).not.toHaveProperty('request')
    world.server.next(status(422))
    await queue.resume()
    await queue.idle()
    expect(await collect(queue.deadLetters())).toMatchObject([{ ...shown, reason: 'rejected' }])
  })

  test('goes in order with other messages, and with requests that are read faster', async () => {
    const queue = world.open()
    let give!: (body: Uint8Array) => void
    const given = new Promise<Uint8Array>((resolve) => (give = resolve))
    const slow = new ReadableStream({ start: async (controller) => (controller.enqueue(await given), controller.close()) })
    const first = queue.enqueueRequest(new Request(`${here}/1`, { method: 'POST', body: slow, duplex: 'half' } as RequestInit))
    const second = queue.enqueueRequest(post(`${here}/2`))
    setTimeout(() => give(new Uint8Array([1])), 5)
    await Promise.all([first, second])
    await queue.enqueue(3)
    await queue.idle()
    expect(received.map(({ url }) => url)).toEqual([`${here}/1`, `${here}/2`, 'https://shop.example/orders'])
  })

  test('has its own options, and is no body for the queue’s functions', async () => {
    const given = (): never => {
      throw new Error('a request is no body')
    }
    const queue = world.open<unknown>({ group: given, dedupKey: given, version: 2, upcast: given })
    await queue.enqueueRequest(post(here), { group: 'a', dedupKey: 'k', idempotencyKey: 'mine' })
    const same = await queue.enqueueRequest(post(here), { group: 'a', dedupKey: 'k' })
    await queue.idle()
    expect(received).toHaveLength(1)
    expect(received[0]!.headers.get('idempotency-key')).toBe('"mine"')
    expect(await same.delivered).toMatchObject({ status: 200 })
  })

  test('waits for its reading to end before the queue is closed', async () => {
    const tab = world.openTab()
    const queue = tab.open()
    const stored = queue.enqueueRequest(post(here))
    await queue.close()
    await expect(stored).resolves.toHaveProperty('id')
  })
})

describe('headers of a request', () => {
  test('that say who the user is are never stored; the queue’s are asked for when it is sent', async () => {
    const queue = world.open({ headers: () => ({ authorization: 'fresh', 'x-client': 'queue' }) })
    const headers = { authorization: 'stale', cookie: 'a=b', 'proxy-authorization': 'stale', 'x-client': 'request', 'x-kept': 'yes' }
    world.server.next(unreachable)
    await queue.enqueueRequest(post(here, { headers }))
    await world.passUntil(queue.idle())
    const sent = received[0]!.headers
    expect(sent.get('authorization')).toBe('fresh')
    expect(sent.get('x-client')).toBe('queue')
    expect(sent.get('x-kept')).toBe('yes')
    expect(sent.has('cookie') || sent.has('proxy-authorization')).toBe(false)
  })

  test('of the queue go to the origin of its endpoint only', async () => {
    const queue = world.open({ headers: { authorization: 'secret' } })
    await queue.enqueueRequest(post(elsewhere))
    await queue.enqueueRequest(post(here))
    await queue.idle()
    expect(received.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
      [elsewhere, null],
      [here, 'secret'],
    ])
  })

  test('may hold a key of its own, which the server sees as it is', async () => {
    const queue = world.open()
    await queue.enqueueRequest(post(here, { headers: { 'idempotency-key': 'bare-7' } }))
    await queue.idle()
    expect(received[0]!.headers.get('idempotency-key')).toBe('bare-7')
    expect(received[0]!.headers.has('holdfast-message')).toBe(true)
  })
})

test.each([
  [undefined, 'Expected `request` to be a Request, or { url, body, … }, got undefined'],
  ['https://shop.example/', 'Expected `request` to be a Request, or { url, body, … }, got "https://shop.example/" (string)'],
  [new Request('data:text/plain,x'), 'Expected `request` to be one to an http or https URL, got "data:text/plain,x" (string)'],
  [
    new Request(here, { method: 'POST', mode: 'no-cors' }),
    'Expected `request` to be one whose answer can be read: not `mode: \'no-cors\'` across origins, got "no-cors" (string)',
  ],
])('%o is no request that could be sent later, and is refused', async (request, message) => {
  const queue = world.open()
  await expect(queue.enqueueRequest(request as Request)).rejects.toMatchObject({ code: 'invalid-option', message })
})

describe('a request that comes in parts', () => {
  test('is what `fetch` would make of them, and a POST where nothing else is said', async () => {
    const queue = world.open()
    await queue.enqueueRequest({ url: new URL(here), body: new URLSearchParams({ a: 'ü b' }) })
    await queue.enqueueRequest({
      url: here,
      method: 'PUT',
      body: new Uint8Array([0, 255]),
      headers: { 'x-album': 'summer' },
      credentials: 'omit',
    })
    await queue.enqueueRequest({ url: elsewhere, method: 'DELETE' })
    await queue.idle()
    expect(received.map(({ method, url, credentials }) => [method, url, credentials])).toEqual([
      ['POST', here, 'same-origin'],
      ['PUT', here, 'omit'],
      ['DELETE', elsewhere, 'same-origin'],
    ])
    const [form, picture, bare] = received as [Request, Request, Request]
    expect([form.headers.get('content-type'), await form.text()]).toEqual(['application/x-www-form-urlencoded;charset=UTF-8', 'a=%C3%BC+b'])
    expect([picture.headers.get('x-album'), await picture.bytes()]).toEqual(['summer', new Uint8Array([0, 255])])
    expect(await bare.text()).toBe('')
  })

  test('may hold a form with a file, which nobody but the library makes a body of, the same in each attempt', async () => {
    const queue = world.open()
    const body = new FormData()
    body.set('caption', 'Straße "so"')
    body.set('photo', new File([new Uint8Array([0, 255, 13, 10])], 'a b.png', { type: 'image/png' }))
    world.server.next(async (request) => {
      received.push(request.clone())
      return status(500)(request)
    })
    await queue.enqueueRequest({ url: here, body })
    await world.passUntil(queue.idle())
    const copies = await Promise.all(received.map((request) => request.clone().text()))
    expect(copies).toHaveLength(2)
    expect(copies[1]).toBe(copies[0])
    expect(copies[0]).toMatch(/^------holdfast-/)
    const arrived = await received[1]!.formData()
    const photo = arrived.get('photo') as File
    expect([arrived.get('caption'), photo.name, photo.type]).toEqual(['Straße "so"', 'a b.png', 'image/png'])
    expect(await photo.bytes()).toEqual(new Uint8Array([0, 255, 13, 10]))
  })

  test('is stored in its turn among requests', async () => {
    const queue = world.open()
    await Promise.all([
      queue.enqueueRequest(post(here, { body: 'a'.repeat(100_000) })),
      queue.enqueueRequest({ url: here, body: 'b' }),
      queue.enqueueRequest(post(here, { body: 'c' })),
    ])
    await queue.idle()
    expect((await Promise.all(received.map((request) => request.text()))).map((text) => text[0])).toEqual(['a', 'b', 'c'])
  })

  test.each([
    [{ body: 'x' }, 'a Request, or { url, body, … }'],
    [{ url: here, redirect: 'follow' }, 'Unknown option `request.redirect`'],
    [{ url: here, body: { sku: 'A-1' } }, '`request.body` to be text, bytes, a Blob, URLSearchParams or a FormData'],
    [{ url: here, body: [1, 2] }, '`request.body` to be text'],
    [{ url: here, body: new ReadableStream() }, '`request.body` to be text'],
    [{ url: here, method: 'GET', body: 'x' }, '`request` to be what `fetch` takes'],
    [{ url: here, method: 'P U T' }, '`request` to be what `fetch` takes'],
    [{ url: 'data:text/plain,x' }, 'an http or https URL'],
    [{ url: here, headers: { 'ü b': 'x' } }, '`request` to be what `fetch` takes'],
  ])('is refused where it is none: %o', async (parts, message) => {
    const queue = world.open()
    await expect(queue.enqueueRequest(parts as RequestParts)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(message) as string,
    })
    expect(await queue.depth()).toMatchObject({ ready: 0, leased: 0 })
  })
})

test('a request whose body was read already is refused', async () => {
  const queue = world.open()
  const request = post(here)
  await request.text()
  await expect(queue.enqueueRequest(request)).rejects.toMatchObject({
    code: 'invalid-option',
    message: 'Expected `request` to be one whose body was not read yet, got [object Request]',
  })
})

describe('a redirect', () => {
  const redirect = status(303, { location: '/thanks' })

  test('is tried again, counts, and is announced, unless it is said that it is an acceptance', async () => {
    const queue = world.open({ maxAttempts: 1 })
    world.server.next(redirect)
    const dead = heard(queue, 'dead-lettered')
    await queue.enqueueRequest(post(here))
    expect(await dead).toMatchObject({ reason: 'attempts-exhausted', status: 303 })
  })

  test('is an acceptance where the queue says so, and where the message does', async () => {
    const [one, other] = [world.open({ redirects: 'accept' }), world.openTab().open({}, undefined)]
    world.server.next(redirect)
    const { delivered } = await one.enqueueRequest(post(here))
    expect(await delivered).toMatchObject({ status: 303 })
    await one.close()
    const events: QueueEvent[] = []
    other.subscribe((event) => events.push(event))
    world.server.next(redirect, redirect)
    await other.enqueueRequest(post(here), { redirects: 'accept' })
    await other.enqueue({ n: 1 })
    await world.passUntil(other.idle())
    expect(events.filter(({ type }) => type === 'accepted' || type === 'retry-scheduled')).toMatchObject([
      { type: 'accepted' },
      { type: 'retry-scheduled', reason: 'redirected' },
      { type: 'accepted' },
    ])
  })
})

test('a request that its queue cannot take is refused before any of its bytes is stored', async () => {
  const queue = world.open({ endpoint: undefined, consumers: true } as never)
  const request = new Request('https://shop.example/', { method: 'POST', body: new Uint8Array(3 * 1024 * 1024) })
  await expect(queue.enqueueRequest(request)).rejects.toMatchObject({ code: 'invalid-option' })
  await queue.depth()
  const database = await openDB(databaseName(world.name))
  expect([await database.count('bodies'), await database.count('spools')]).toEqual([0, 0])
  database.close()
})
