import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createHost } from '../../src/host/host.ts'
import { HostLink } from '../../src/producer/host-link.ts'
import { openQueueOn } from '../../src/producer/open-queue.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { HostApi } from '../../src/protocol/host.ts'
import { silence } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'

/**
 * What each verb asks of the browser: a guard of the figures in docs/performance.md that needs no clock. Each of these is a trip to
 * another thread or process. A number that falls is a gain, to be written down here; one that rises wants a reason.
 */
interface Costs {
  /** Transactions begun, read-only and read-write. */
  readonly reads: number
  readonly writes: number
  /** Requests within them. */
  readonly requests: number
  /** Records written, in any store. */
  readonly records: number
  /** Calls of the page to its host, and of the host to its page. */
  readonly calls: number
  readonly tellings: number
  /** What went over the network. */
  readonly fetches: number
}

interface Order {
  readonly n: number
  readonly text: string
}

const NOTHING: Costs = { reads: 0, writes: 0, requests: 0, records: 0, calls: 0, tellings: 0, fetches: 0 }

const VERBS = ['get', 'getAll', 'getKey', 'getAllKeys', 'put', 'add', 'delete', 'clear', 'count', 'openCursor', 'openKeyCursor'] as const

let world: World
let orders: Queue<Order>
let underWay = 0
let spent: { -readonly [Name in keyof Costs]: number }

beforeEach(() => {
  world = new World()
  spent = { ...NOTHING }
  const { transaction } = IDBDatabase.prototype
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, stores, mode, options) {
    spent[mode === 'readwrite' ? 'writes' : 'reads']++
    const begun = transaction.call(this, stores, mode, options)
    underWay++
    for (const end of ['complete', 'abort']) begun.addEventListener(end, () => underWay--)
    return begun
  })
  for (const verb of VERBS) {
    const original = IDBObjectStore.prototype[verb] as (...args: unknown[]) => IDBRequest
    vi.spyOn(IDBObjectStore.prototype, verb).mockImplementation(function (this: IDBObjectStore, ...args: unknown[]) {
      spent.requests++
      if (verb === 'put' || verb === 'add') spent.records++
      return original.apply(this, args) as never
    })
  }
})

afterEach(async () => {
  const closed = orders.close()
  world.server.hangUp()
  await closed
  vi.restoreAllMocks()
  await world.end()
})

/** A queue whose host counts what crosses, as if a thread lay between. */
function open(): void {
  const link = new HostLink(
    async (page) => {
      const host = createHost({
        platform: world.platform,
        page: { ...page, events: (queue, events) => (spent.tellings++, page.events(queue, events)) },
      })
      const counted = Object.fromEntries(
        Object.entries(host).map(([verb, call]) => [
          verb,
          (...args: never[]) => (spent.calls++, (call as (...given: never[]) => unknown)(...args)),
        ]),
      ) as unknown as HostApi
      return { api: counted, kind: 'in-place', lost: new Promise(() => {}), stop: () => {} }
    },
    () => {},
  )
  orders = openQueueOn<Order>(() => link, world.name, { endpoint: 'https://shop.example/orders' })
}

/** Opens the queue and waits until its drain has found nothing to do. */
async function openAndRest(): Promise<void> {
  open()
  await heard(orders, 'leadership-gained')
  await world.clock.armedWithin(60_000)
}

async function costsOf(work: () => Promise<unknown>): Promise<Costs> {
  const before = { ...spent }
  const arrivals = world.server.arrivals.length
  await work()
  return { ...between(before, spent), fetches: world.server.arrivals.length - arrivals }
}

/** Messages of 1 kB. */
function enqueue(count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, n) => orders.enqueue({ n, text: 'x'.repeat(1_000) })))
}

/** One message is under way, to a server that does not answer: what is enqueued now is stored, and no more. */
async function withOneUnderWay(): Promise<void> {
  await openAndRest()
  world.server.react = silence
  await enqueue(1)
  await world.server.arrived(1)
}

test('a first open makes the stores with two records, looks which database it is, begins an epoch, looks twice for something to do, and once for what was left half-stored, and tells the page what it found', async () => {
  expect(await costsOf(openAndRest)).toEqual({ ...NOTHING, reads: 4, writes: 1, requests: 11, records: 3, calls: 1, tellings: 3 })
})

test('an enqueue is one call and one transaction: a get and two puts', async () => {
  await withOneUnderWay()
  expect(await costsOf(() => enqueue(1))).toEqual({ ...NOTHING, writes: 1, requests: 3, records: 2, calls: 1, tellings: 1 })
})

test('an enqueue to a queue that is paused costs a second transaction: its drain looks', async () => {
  await openAndRest()
  await orders.pause()
  await enqueue(1)
  await world.clock.armedWithin(60_000)
  const costs = await costsOf(async () => {
    await enqueue(1)
    await settled()
  })
  expect(costs).toEqual({ ...NOTHING, writes: 2, requests: 6, records: 3, calls: 1, tellings: 1 })
})

test('a burst of 1,000 is one call of 1 MB at most and a transaction for each call, with a record for each 56 kB', async () => {
  await withOneUnderWay()
  expect(await costsOf(() => enqueue(1_000))).toEqual({ ...NOTHING, writes: 2, requests: 25, records: 23, calls: 2, tellings: 2 })
})

test('depth is one look, whatever waits', async () => {
  await openAndRest()
  expect(await costsOf(() => orders.depth())).toEqual({ ...NOTHING, reads: 1, requests: 2, calls: 1 })
  world.server.react = silence
  await enqueue(1_000)
  await world.server.arrived(1)
  expect(await costsOf(() => orders.depth())).toEqual({ ...NOTHING, reads: 1, requests: 4, calls: 1 })
})

test('eight deliveries in the middle of a drain of 100 are a request each, and one transaction and one telling together', async () => {
  await openAndRest()
  await orders.pause()
  await enqueue(100)
  const at: Costs[] = []
  world.server.react = async () => {
    // Slower than the disk, as servers are: what was answered before has been settled.
    await settled()
    at.push({ ...spent })
    return Response.json({})
  }
  const whole = await costsOf(async () => {
    await orders.resume()
    await orders.idle()
  })
  expect(between(at[16]!, at[40]!)).toEqual({ ...NOTHING, writes: 3, requests: 9, records: 3, tellings: 3 })
  // The rest is the resume, the beginning, and what is looked for at the end; and a record of 52 messages to be read and deleted.
  expect(whole).toEqual({ ...NOTHING, reads: 4, writes: 16, requests: 59, records: 16, calls: 3, tellings: 16, fetches: 100 })
})

test('sixteen messages that were enqueued one by one, a record each, are sixteen reads, a reservation and two settlings', async () => {
  await openAndRest()
  await orders.pause()
  for (let n = 0; n < 100; n++) await enqueue(1)
  const at: Costs[] = []
  world.server.react = async () => {
    await settled()
    at.push({ ...spent })
    return Response.json({})
  }
  await orders.resume()
  await orders.idle()
  expect(between(at[32]!, at[64]!)).toEqual({ ...NOTHING, reads: 32, writes: 6, requests: 114, records: 6, tellings: 4 })
})

test('cancel looks for its message by the batch: three looks in a burst of one record, whatever waits besides', async () => {
  await withOneUnderWay()
  await enqueue(1_000)
  const { id } = await orders.enqueue({ n: 0, text: 'x' })
  const costs = await costsOf(() => orders.cancel(id))
  expect(costs).toEqual({ ...NOTHING, writes: 1, requests: 5, records: 2, calls: 1, tellings: 1 })
})

test('a message with a dedup key, a delay or a ttl costs its enqueue a look at what the leader knows, and a record for the key or the delay', async () => {
  await withOneUnderWay()
  expect(await costsOf(() => orders.enqueue({ n: 1, text: 'x' }, { ttl: 1_000 }))).toMatchObject({ writes: 1, requests: 4, records: 2 })
  expect(await costsOf(() => orders.enqueue({ n: 1, text: 'x' }, { dedupKey: 'k' }))).toMatchObject({ writes: 1, requests: 6, records: 3 })
  expect(await costsOf(() => orders.enqueue({ n: 1, text: 'x' }, { delay: 60_000 }))).toMatchObject({ writes: 1, records: 2 })
})

function between(before: Costs, after: Costs): Costs {
  const difference = Object.entries(before).map(([name, count]) => [name, after[name as keyof Costs] - count])
  return Object.fromEntries(difference) as Costs
}

/** Resolves when no transaction is under way, and none follows. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 2; quiet++) {
    await new Promise((resolve) => setTimeout(resolve))
    if (underWay > 0) quiet = 0
  }
}
