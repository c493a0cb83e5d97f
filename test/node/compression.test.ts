import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Queue } from '../../src/producer/queue.ts'
import { createReceiver } from '../../src/receiver.ts'
import { status, unreachable } from '../world/fake-server.ts'
import type { Reaction } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.passUntil(world.end()))
afterEach(() => void vi.unstubAllGlobals())

const long = 'a'.repeat(5_000)

/** Which codings arrived, in order. */
function codings(): (string | null)[] {
  return world.server.arrivals.map(({ headers }) => headers.get('content-encoding'))
}

function openCompressing(): Queue<string> {
  return world.open<string>({ compress: 'gzip' })
}

/** A server that knows no coding. */
const noCoding: Reaction = ({ headers }) => new Response(null, { status: headers.has('content-encoding') ? 415 : 200 })

test('over the wire, a long body is compressed, and a short one is not', async () => {
  const arrived: { headers: IncomingHttpHeaders; bytes: Buffer }[] = []
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      arrived.push({ headers: request.headers, bytes })
      response.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const orders = world.openTab({ fetch }).open<string>({ endpoint, compress: 'gzip' })
  for (const body of [long, 'short']) await (await orders.enqueue(body)).delivered
  const [first, second] = arrived
  expect(first!.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' })
  expect(Number(first!.headers['content-length'])).toBe(first!.bytes.byteLength)
  expect(first!.bytes.byteLength).toBeLessThan(200)
  expect(JSON.parse(String(gunzipSync(first!.bytes)))).toBe(long)
  expect(second!.headers).not.toHaveProperty('content-encoding')
  expect(String(second!.bytes)).toBe('"short"')
  server.closeAllConnections()
  await once(server.close(), 'close')
})

describe('a body goes plainly', () => {
  test('where nothing was said', async () => {
    const { delivered } = await world.open<string>().enqueue(long)
    await delivered
    expect(codings()).toEqual([null])
  })

  test('below the threshold, in bytes', async () => {
    const orders = world.open<string>({ compress: { encoding: 'gzip', threshold: 200 } })
    for (const body of ['a'.repeat(197), 'a'.repeat(198), 'é'.repeat(99)]) await (await orders.enqueue(body)).delivered
    expect(codings()).toEqual([null, 'gzip', 'gzip'])
  })

  test('where that is no smaller', async () => {
    const orders = world.open<string>({ compress: { encoding: 'gzip', threshold: 0 } })
    await (
      await orders.enqueue('abc')
    ).delivered
    expect(codings()).toEqual([null])
    expect(world.server.bodies).toEqual(['abc'])
  })

  test('above 16 MB: it would be in memory twice', async () => {
    const files = world.open<Blob>({ compress: 'gzip' })
    for (const size of [16 * 1024 * 1024, 16 * 1024 * 1024 + 1]) await (await files.enqueue(new Blob([new Uint8Array(size)]))).delivered
    expect(codings()).toEqual(['gzip', null])
  })

  test('where the browser cannot compress', async () => {
    vi.stubGlobal('CompressionStream', undefined)
    await (
      await openCompressing().enqueue(long)
    ).delivered
    expect(codings()).toEqual([null])
  })
})

describe('a request', () => {
  const endpoint = 'https://shop.example/photos'

  test('is compressed as well, at the origin of the endpoint', async () => {
    const bytes: Uint8Array[] = []
    world.server.react = async (request) => {
      bytes.push(new Uint8Array(await request.arrayBuffer()))
      return new Response()
    }
    const orders = openCompressing()
    for (const url of [endpoint, 'https://other.example/photos']) await (await orders.enqueueRequest({ url, body: long })).delivered
    expect(codings()).toEqual(['gzip', null])
    expect(String(gunzipSync(bytes[0]!))).toBe(long)
  })

  test('that has a coding of its own is left alone', async () => {
    await (
      await openCompressing().enqueueRequest({ url: endpoint, body: long, headers: { 'content-encoding': 'br' } })
    ).delivered
    expect(codings()).toEqual(['br'])
    expect(world.server.bodies).toEqual([long])
  })
})

describe('a server that answers 415 to a compressed body', () => {
  test('gets it plainly at once, under the same key, which counts as one attempt; and from then on all', async () => {
    world.server.react = noCoding
    const orders = world.open<string>({ compress: 'gzip', maxAttempts: 1 })
    const attempts: unknown[] = []
    orders.subscribe(({ type }) => attempts.push(type))
    await (
      await orders.enqueue(long)
    ).delivered
    await (
      await orders.enqueue(long)
    ).delivered
    expect(codings()).toEqual(['gzip', null, null])
    const [first, second] = world.server.arrivals.map(({ headers }) => headers.get('idempotency-key'))
    expect(second).toBe(first)
    expect(attempts.filter((type) => type === 'leased')).toHaveLength(2)
    expect(attempts).not.toContain('retry-scheduled')
  })

  test('is asked again by the next leader', async () => {
    world.server.react = noCoding
    const before = openCompressing()
    await (
      await before.enqueue(long)
    ).delivered
    await before.close()
    await (
      await openCompressing().enqueue(long)
    ).delivered
    expect(codings()).toEqual(['gzip', null, 'gzip', null])
  })

  test('and to the plain one as well: the message is a dead letter, and the next is compressed', async () => {
    world.server.next(status(415), status(415))
    const orders = openCompressing()
    await expect((await orders.enqueue(long)).delivered).rejects.toMatchObject({
      code: 'dead-lettered',
      cause: { status: 415, attempts: 1 },
    })
    await (
      await orders.enqueue(long)
    ).delivered
    expect(codings()).toEqual(['gzip', null, 'gzip'])
  })

  test('as the queue is being paused: it waits for that, and nothing counts', async () => {
    const orders = world.open<string>({ compress: 'gzip', maxAttempts: 1 })
    const answer = world.server.holdNext()
    const { delivered } = await orders.enqueue(long)
    await world.server.arrived(1)
    await orders.pause()
    const scheduled = heard(orders, 'retry-scheduled')
    answer(new Response(null, { status: 415 }))
    expect(await scheduled).toMatchObject({ status: 415 })
    expect(codings()).toEqual(['gzip'])
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 0 })
    await orders.resume()
    await world.passUntil(delivered)
  })
})

describe('at the receiver of this library', () => {
  test('a message takes effect once, however each of its attempts is coded', async () => {
    const handle = vi.fn(() => ({ number: 7 }))
    const receive = createReceiver<string>({ handle })
    const lost: Reaction = async (request) => {
      await receive(request)
      return unreachable(request)
    }
    world.server.next(lost, lost, receive)
    const orders = openCompressing()
    const scheduled = heard(orders, 'retry-scheduled')
    const { delivered } = await orders.enqueue(long)
    await scheduled
    expect(codings()).toEqual(['gzip'])
    vi.stubGlobal('CompressionStream', undefined)
    // Not by the clock: what takes its time in the receiver would be overtaken by the attempt's timeout.
    const again = heard(orders, 'retry-scheduled')
    await orders.retryNow()
    await again
    await orders.retryNow()
    expect(await delivered).toMatchObject({ body: { number: 7 } })
    expect(codings()).toEqual(['gzip', null, null])
    expect(handle).toHaveBeenCalledTimes(1)
    expect(handle).toHaveBeenCalledWith(expect.objectContaining({ body: long }), expect.anything())
    expect(await collect(orders.deadLetters())).toEqual([])
  })
})
