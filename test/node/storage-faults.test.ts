import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Receipt } from '../../src/producer/receipt.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { depth } from '../../src/queue/depth.ts'
import { readRecord } from '../../src/queue/read.ts'
import { connectTo } from '../store/database.ts'
import { breakStorage } from '../world/break-storage.ts'
import type { Beginning } from '../world/break-storage.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

let world: World
let mend = (): void => {}
beforeEach(() => void (world = new World()))
afterEach(() => {
  mend()
  return world.end()
})

const isSettle = ({ stores, mode }: Beginning): boolean => mode === 'readwrite' && stores.includes('receipts')
const takesDeadLetters = ({ stores, mode }: Beginning): boolean =>
  mode === 'readwrite' && stores.includes('dead') && !stores.includes('receipts')

/** Refuses one of the transactions that are meant, by number from 1. */
function refuseNumber(number: number, isMeant: (beginning: Beginning) => boolean): void {
  let count = 0
  mend = breakStorage((beginning) => (isMeant(beginning) && ++count === number ? 'refused' : undefined))
}

test.each([1, 2, 3, 4])(
  'a drain whose settling fails, at transaction %i, tells each answer once all the same, and leaves nothing behind',
  async (number) => {
    const orders = world.open<number>()
    await orders.pause()
    const receipts: Receipt[] = []
    // A record for each, and more than are reserved at once.
    for (let n = 0; n < 20; n++) receipts.push(await orders.enqueue(n))
    const accepted: string[] = []
    orders.subscribe((event) => event.type === 'accepted' && accepted.push(event.id))
    const failed = heard(orders, 'storage-failed')
    refuseNumber(number, isSettle)
    await orders.resume()
    await failed
    const delivered = Promise.all(receipts.map((receipt) => receipt.delivered))
    // It pauses, unless what was resumed has woken it.
    await Promise.race([delivered, world.clock.armedWithin(1_000)])
    world.clock.advance(1_000)
    await delivered
    await orders.idle()
    expect(accepted).toEqual(receipts.map(({ id }) => id))
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
    const connection = connectTo(databaseName(world.name))
    expect(await readRecord(connection, 0)).toBeUndefined()
    await connection.close()
  },
)

test('a connection that the browser has closed is opened anew by whoever needs it', async () => {
  const orders = world.open<number>()
  await orders.depth()
  mend = breakStorage(() => {
    mend()
    return 'connection-closed'
  })
  await Promise.all([orders.enqueue(1), orders.depth(), orders.pause()])
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual([1])
})

test.each([
  ['redrive', 'redriven'],
  ['purge', 'purged'],
] as const)('a %s that fails in its midst has told of what it did until then', async (verb, type) => {
  world.server.react = status(422)
  const orders = world.open<number>()
  const receipts = await Promise.all(Array.from({ length: 120 }, (_, n) => orders.enqueue(n)))
  await orders.idle()
  world.server.react = status(200)
  world.server.arrivals.length = 0
  const events: QueueEvent[] = []
  orders.subscribe((event) => events.push(event))
  refuseNumber(2, takesDeadLetters)
  await expect(orders[verb]()).rejects.toMatchObject({ code: 'storage-failed' })
  const { dead } = await orders.depth()
  const left = await collect(orders.deadLetters())
  expect(dead).toBe(left.length)
  const gone = receipts.slice(0, -left.length).map(({ id }) => id)
  expect(gone).toHaveLength(100)
  expect(events.flatMap((event) => (event.type === type ? [event.id] : []))).toEqual(gone)
  // What was redriven goes out at once.
  await orders.idle()
  expect(world.server.arrivals).toHaveLength(verb === 'redrive' ? 100 : 0)
})

test.each([
  ['redrive', 'redriven'],
  ['purge', 'purged'],
] as const)('a %s that was committed though nobody heard of it is told of, once', async (verb, type) => {
  world.server.react = status(422)
  const orders = world.open<number>()
  const receipts = await Promise.all([1, 2].map((n) => orders.enqueue(n)))
  await orders.idle()
  await orders.pause()
  const told: string[] = []
  orders.subscribe((event) => event.type === type && told.push(event.id))
  mend = breakStorage((beginning) => {
    if (!takesDeadLetters(beginning)) return undefined
    mend()
    return 'unheard'
  })
  expect(await orders[verb]()).toBe(2)
  expect(told).toEqual(receipts.map(({ id }) => id))
  expect(await orders.depth()).toMatchObject({ ready: verb === 'redrive' ? 2 : 0, dead: 0 })
})

test('what was opened and could not be looked into is closed, and stands in nobody’s way', async () => {
  const connection = connectTo(databaseName(world.name))
  mend = breakStorage(() => {
    mend()
    return 'refused'
  })
  await expect(depth(connection)).rejects.toMatchObject({ code: 'storage-failed' })
  const isBlocked = await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(databaseName(world.name))
    request.addEventListener('blocked', () => resolve(true))
    request.addEventListener('success', () => resolve(false))
  })
  expect(isBlocked).toBe(false)
  await connection.close()
})

test('a database that a later release has made, and that is gone as it is opened, is opened anew, and nothing goes unhandled', async () => {
  const name = databaseName(world.name)
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(name, 99)
    request.addEventListener('success', () => resolve(request.result))
  })
  database.close()
  const connection = connectTo(name)
  const opened = depth(connection)
  indexedDB.deleteDatabase(name)
  expect(await opened).toMatchObject({ ready: 0 })
  await connection.close()
})

test('a connection that the browser has closed is made anew once, for all who find it closed', async () => {
  const connection = connectTo(databaseName(world.name))
  await depth(connection)
  const opens = vi.spyOn(indexedDB, 'open')
  mend = breakStorage(() => {
    mend()
    return 'connection-closed'
  })
  await Promise.all([depth(connection), depth(connection), depth(connection)])
  expect(opens).toHaveBeenCalledTimes(1)
  opens.mockRestore()
  await connection.close()
})

test('where the browser blocks the storage of this site, each verb says so, and nothing is sent', async () => {
  // As in a frame without an origin, and where a user has blocked a site's data: to ask for it throws.
  const blocked = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
    throw new DOMException('access is denied for this document', 'SecurityError')
  })
  const orders = world.open<number>()
  const refused = { code: 'unsupported', message: expect.stringContaining('blocks the storage of this site') as string }
  await expect(orders.enqueue(1)).rejects.toMatchObject(refused)
  await expect(orders.depth()).rejects.toMatchObject(refused)
  expect(world.server.arrivals).toEqual([])
  // The next page may be allowed to.
  blocked.mockRestore()
  await orders.enqueue(2)
  await orders.retryNow()
  await orders.idle()
  expect(world.server.bodies).toEqual([2])
})
