import { HTTP } from 'cloudevents'
import type { CloudEvent } from 'cloudevents'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { batchesOf, eventsOf, takeBatches } from '../world/batch-server.ts'
import { breakStorage } from '../world/break-storage.ts'
import { status } from '../world/fake-server.ts'
import { Life } from '../world/life.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = new World()
  world.server.react = takeBatches()
})
afterEach(() => world.end())

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)

/** Messages that go in one batch, of which the server has all, and has not answered. */
async function held(options: Partial<OpenOptions<number>> = {}): Promise<{
  orders: Queue<number>
  ids: string[]
  answer: (response?: Response) => void
}> {
  const answer = world.server.holdNext()
  const orders = world.open<number>({ batch: { messages: 4 }, ...options })
  await orders.pause()
  const ids: string[] = []
  for (const n of numbers(6)) ids.push((await orders.enqueue(n)).id)
  await orders.resume()
  await world.server.arrived(1)
  return { orders, ids, answer }
}

describe('while a batch is under way', () => {
  test('its messages are leased: they are neither cancelled nor changed', async () => {
    const { orders, ids, answer } = await held()
    expect(await orders.cancel(ids[3]!)).toBe('leased')
    answer()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), [4, 5]])
  })

  test('nor are those of a group that is behind', async () => {
    world.server.next(takeBatches(() => ({ outcome: 'retry' })))
    const orders = world.open<number>({ order: 'group', batch: { messages: 4 } })
    await orders.pause()
    const ids: string[] = []
    for (const n of numbers(6)) ids.push((await orders.enqueue(n, { group: 'a' })).id)
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.resume()
    await scheduled
    // The first goes by itself; with the next goes what was set aside together with it.
    world.server.next(takeBatches())
    const answer = world.server.holdNext()
    await world.passUntil(world.server.arrived(3))
    expect(batchesOf(world.server)).toEqual([numbers(4), [0], numbers(3, 1)])
    for (const id of ids.slice(1, 4)) expect(await orders.cancel(id)).toBe('leased')
    expect(await orders.depth()).toMatchObject({ leased: 3, ready: 2 })
    expect(await orders.depth({ group: 'a' })).toMatchObject({ leased: 3, ready: 2 })
    expect(await orders.cancel(ids[5]!)).toBe('cancelled')
    answer()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), [0], numbers(3, 1), [4]])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('one that is aborted leaves the queue, unless its answer says that it was accepted', async () => {
    const { orders, ids, answer } = await held()
    expect(await orders.cancel(ids[1]!, { abort: true })).toBe('aborted')
    expect(await orders.cancel(ids[3]!, { abort: true })).toBe('aborted')
    const cancelled = heard(orders, 'cancelled')
    answer(Response.json({ results: ids.slice(0, 3).map((id) => ({ id, outcome: 'accepted' })) }))
    expect(await cancelled).toMatchObject({ id: ids[3], maybeDelivered: true })
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), [4, 5]])
  })

  test('an abort of the first ends it for nobody else', async () => {
    const { orders, ids, answer } = await held()
    expect(await orders.cancel(ids[0]!, { abort: true })).toBe('aborted')
    await turns()
    expect(world.server.arrivals).toHaveLength(1)
    const cancelled = heard(orders, 'cancelled')
    answer(new Response(null, { status: 500 }))
    expect(await cancelled).toMatchObject({ id: ids[0], maybeDelivered: false })
    await orders.idle()
    expect((batchesOf(world.server).slice(1).flat() as number[]).toSorted((a, b) => a - b)).toEqual(numbers(5, 1))
  })

  test('a pause lets it end, and what was accepted is settled when the queue goes on', async () => {
    const { orders, answer } = await held()
    await orders.pause()
    answer()
    await turns()
    expect(world.server.arrivals).toHaveLength(1)
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([numbers(4), [4, 5]])
  })

  test('what was sent is never changed, also where its batch has failed and the queue is paused', async () => {
    const answer = world.server.holdNext()
    const drafts = world.open<number>({ batch: { messages: 4 }, dedupKey: (n) => `key-${n % 10}`, onDuplicate: 'latest' })
    await drafts.pause()
    await drafts.enqueueAll([1, 2, 3])
    await drafts.resume()
    await world.server.arrived(1)
    await drafts.pause()
    answer(new Response(null, { status: 500 }))
    await turns()
    // One in the place of 3: that was sent.
    await drafts.enqueue(13)
    await drafts.resume()
    await drafts.idle()
    const arrived = world.server.arrivals.flatMap((arrival) => eventsOf(arrival))
    for (const { id, data } of arrived) expect(arrived.find((other) => other.id === id)).toMatchObject({ data })
    expect([...new Set(batchesOf(world.server).flat())]).toEqual([1, 2, 3, 13])
  })

  test('nor by a later release, where its batch has failed, and it is redriven', async () => {
    const answer = world.server.holdNext()
    const before = world.open<unknown>({ batch: { messages: 4 } })
    await before.pause()
    await before.enqueue(1)
    const { id } = await before.enqueue(2, { ttl: 1_000 })
    await before.resume()
    await world.server.arrived(1)
    await before.pause()
    answer(new Response(null, { status: 500 }))
    await turns()
    world.clock.advance(1_000)
    await before.resume()
    await before.idle()
    await before.close()
    const after = world.open<unknown>({ batch: { messages: 4 }, version: 2, upcast: (n) => ({ n }) })
    expect(await after.redrive()).toBe(1)
    await after.idle()
    const arrived = world.server.arrivals.flatMap((arrival) => eventsOf(arrival)).filter((event) => event.id === id)
    expect(arrived.map(({ data }) => data)).toEqual([2, 2])
  })

  test('a tab that dies takes nothing with it: another sends the same messages, with their keys', async () => {
    const life = new Life(() => {})
    const tab = world.openTab({}, undefined, undefined, life)
    world.server.holdNext()
    const orders = tab.open<number>({ batch: { messages: 4 } })
    await orders.pause()
    await orders.enqueueAll(numbers(6))
    await orders.resume()
    await world.server.arrived(1)
    tab.kill()
    const other = world.open<number>({ batch: { messages: 4 } })
    await world.passUntil(other.idle())
    const sent = new Map(world.server.arrivals.flatMap((arrival) => eventsOf(arrival)).map(({ id, data }) => [id, data]))
    expect([...sent.values()]).toEqual(numbers(6))
    expect(eventsOf(world.server.arrivals[0]!)[3]!.id).toBe([...sent.keys()][3])
  })

  test('closing the queue leaves what was not answered, and says that it may have arrived', async () => {
    const { orders, ids } = await held()
    const closed = orders.close()
    await world.passUntil(closed)
    const later = world.open<number>({ batch: { messages: 4 } })
    await later.pause()
    const cancelled = heard(later, 'cancelled')
    await later.cancel(ids[3]!)
    expect(await cancelled).toMatchObject({ maybeDelivered: true })
    await later.resume()
    await world.passUntil(later.idle())
    expect(batchesOf(world.server).slice(1).flat()).toEqual([0, 1, 2, 4, 5])
  })
})

describe('not everything goes along', () => {
  test('one that has expired', async () => {
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueue(0)
    await orders.enqueue(1, { ttl: 1_000 })
    await orders.enqueue(2)
    world.clock.advance(1_000)
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server)).toEqual([[0], [2]])
    expect(await collect(orders.deadLetters())).toMatchObject([{ body: 1, reason: 'expired' }])
  })

  test('one that was cancelled', async () => {
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    const receipts = []
    for (const n of numbers(4)) receipts.push(await orders.enqueue(n))
    await orders.cancel(receipts[1]!.id)
    await orders.resume()
    await orders.idle()
    expect(batchesOf(world.server).flat()).toEqual([0, 2, 3])
  })

  test('one of a group that is paused', async () => {
    const orders = world.open<string>({ group: (body) => body[0]!, concurrency: 1, batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueueAll(['a1', 'b1', 'a2', 'b2'])
    await orders.pause({ group: 'b' })
    await orders.resume()
    await turns()
    expect(batchesOf(world.server)).toEqual([['a1', 'a2']])
    await orders.resume({ group: 'b' })
    await orders.idle()
    expect(batchesOf(world.server).slice(1).flat()).toEqual(['b1', 'b2'])
  })

  test('bytes that lie beside their message go by themselves, in their place', async () => {
    const photos = world.open<Uint8Array | number>({ batch: { messages: 10 } })
    const arrived: unknown[] = []
    world.server.react = async (request) => {
      const bytes = new Uint8Array(await request.clone().arrayBuffer())
      const isPhoto = request.headers.get('content-type') === 'application/octet-stream'
      arrived.push(isPhoto ? [bytes.length, bytes[0]] : eventsOf({ body: await request.clone().json() }).map(({ data }) => data))
      return new Response()
    }
    await photos.pause()
    for (const body of [1, new Uint8Array(60_000).fill(2), 3, 4]) await photos.enqueue(body)
    await photos.resume()
    await photos.idle()
    expect(arrived).toEqual([[1], [60_000, 2], [3, 4]])
  })

  test('and wait for none that could go along to be reserved', async () => {
    const photos = world.open<Uint8Array>({ batch: { messages: 5 } })
    await photos.pause()
    for (let n = 0; n < 40; n++) await photos.enqueue(new Uint8Array(60_000))
    let writes = 0
    const mend = breakStorage(({ mode }) => {
      if (mode === 'readwrite') writes++
      return undefined
    })
    await photos.resume()
    await photos.idle()
    mend()
    expect(world.server.arrivals).toHaveLength(40)
    expect(writes).toBeLessThan(20)
  })

  test('a whole request goes by itself, in its place', async () => {
    const orders = world.open<number>({ batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueueAll([0, 1])
    await orders.enqueueRequest({ url: 'https://shop.example/photos/7', method: 'PUT', body: 'x' })
    await orders.enqueueAll([2, 3])
    await orders.resume()
    await orders.idle()
    expect(world.server.arrivals.map(({ url }) => new URL(url).pathname)).toEqual(['/orders', '/photos/7', '/orders'])
    expect(eventsOf(world.server.arrivals[2]!)).toHaveLength(2)
  })

  test('one that is still to be brought up to date', async () => {
    const before = world.open<unknown>({ batch: { messages: 10 } })
    await before.pause()
    await before.enqueueAll([1, 2])
    await before.close()
    const after = world.open<unknown>({ batch: { messages: 10 }, version: 2, upcast: (n) => ({ n }) })
    await after.enqueue({ n: 3 })
    await after.resume()
    await after.idle()
    expect(batchesOf(world.server)).toEqual([[{ n: 1 }], [{ n: 2 }, { n: 3 }]])
  })

  test('one for which there is no more room, now that the first has grown as it was brought up to date', async () => {
    const before = world.open<string>({ batch: { messages: 10, bytes: 100 } })
    await before.pause()
    await before.enqueue('1')
    await before.close()
    const after = world.open<string>({ batch: { messages: 10, bytes: 100 }, version: 2, upcast: () => '1'.repeat(60) })
    await after.enqueueAll(['2'.repeat(30), '3'.repeat(30), '4'])
    await after.resume()
    await after.idle()
    expect(batchesOf(world.server).map((batch) => batch.map((body) => (body as string)[0]))).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })
})

describe('what is sent', () => {
  /** What the official SDK makes of a request. */
  async function read(queue: Queue<unknown>, enqueue: () => Promise<unknown>): Promise<CloudEvent<unknown>[]> {
    await queue.pause()
    await enqueue()
    await queue.resume()
    await queue.idle()
    const { headers, body } = world.server.arrivals[0]!
    return HTTP.toEvent({ headers: Object.fromEntries(headers), body: JSON.stringify(body) }) as CloudEvent<unknown>[]
  }

  test('is what the official SDK of CloudEvents reads', async () => {
    const orders = world.open<unknown>({ group: () => 'customer-7', batch: { messages: 10 } })
    const enqueuedAt = new Date(world.clock.now()).toISOString()
    const events = await read(orders, async () => {
      await orders.enqueue({ sku: 'Ä-1 "quoted"', quantity: 2 })
      await orders.enqueue(new Uint8Array([0, 255, 7]), { idempotencyKey: 'own' })
      await orders.enqueue(new Blob(['text'], { type: 'text/plain' }))
    })
    for (const event of events) expect(event.validate()).toBe(true)
    expect(events.map((event) => ({ ...event.toJSON() }))).toMatchObject([
      {
        specversion: '1.0',
        source: `urn:holdfast:${world.name}`,
        type: 'holdfast.message',
        time: enqueuedAt,
        partitionkey: 'customer-7',
        sequence: '0000000000000001',
        datacontenttype: 'application/json',
        data: { sku: 'Ä-1 "quoted"', quantity: 2 },
      },
      { sequence: '0000000000000002', idempotencykey: 'own', datacontenttype: 'application/octet-stream' },
      { sequence: '0000000000000003', datacontenttype: 'text/plain' },
    ])
    expect([...(events[1]!.data as Uint8Array)]).toEqual([0, 255, 7])
    expect(new TextDecoder().decode(events[2]!.data as Uint8Array)).toBe('text')
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(events[0]).not.toHaveProperty('idempotencykey')
  })

  test('says what `headers` do of a body, as where that goes alone', async () => {
    const orders = world.open<unknown>({ batch: { messages: 10 }, headers: { 'content-type': 'image/png' } })
    const events = await read(orders, async () => {
      await orders.enqueue(new Uint8Array([0, 255, 7]))
      await orders.enqueue('data')
    })
    expect(events.map(({ datacontenttype }) => datacontenttype)).toEqual(['image/png', 'image/png'])
    expect([...(events[0]!.data as Uint8Array)]).toEqual([0, 255, 7])
    expect(new TextDecoder().decode(events[1]!.data as Uint8Array)).toBe('"data"')
    await orders.close()
    const others = world.open<unknown>({ batch: { messages: 10 }, headers: { 'content-type': 'application/vnd.api+json' } })
    await others.enqueue({ data: 1 })
    await others.idle()
    expect(eventsOf(world.server.arrivals[1]!)).toMatchObject([{ datacontenttype: 'application/vnd.api+json', data: { data: 1 } }])
  })

  test('has one header that says whose messages they are, and none of a single key', async () => {
    const orders = world.open<number>({ identity: 'user@7', batch: { messages: 10 } })
    await orders.enqueue(1)
    await orders.idle()
    const { headers, method } = world.server.arrivals[0]!
    expect(headers.get('holdfast-message')).toMatch(/^"queue-\d+";epoch=\d+;sequence=1;identity="user%407"$/)
    expect(headers.get('content-type')).toBe('application/cloudevents-batch+json')
    expect([headers.get('idempotency-key'), method]).toEqual([null, 'POST'])
  })

  test('is compressed as a whole', async () => {
    const packed: Uint8Array[] = []
    world.server.react = async (request) => {
      packed.push(new Uint8Array(await request.clone().arrayBuffer()))
      return new Response()
    }
    const orders = world.open<string>({ compress: 'gzip', batch: { messages: 10 } })
    await orders.pause()
    await orders.enqueueAll(['a'.repeat(600), 'b'.repeat(600)])
    await orders.resume()
    await orders.idle()
    expect(world.server.arrivals[0]!.headers.get('content-encoding')).toBe('gzip')
    expect(JSON.parse(gunzipSync(packed[0]!).toString())).toMatchObject([{ data: 'a'.repeat(600) }, { data: 'b'.repeat(600) }])
  })

  test('is plain to a server that answers 415 to it compressed', async () => {
    world.server.next(status(415))
    const orders = world.open<string>({ compress: 'gzip', batch: { messages: 10 } })
    await orders.enqueue('a'.repeat(2_000))
    await orders.idle()
    expect(world.server.arrivals.map(({ headers }) => headers.get('content-encoding'))).toEqual(['gzip', null])
  })
})
