import { afterEach, beforeEach, expect, test } from 'vitest'
import { Books } from '../../src/consumer/books.ts'
import { QueueTime } from '../../src/consumer/queue-time.ts'
import type { Delivery } from '../../src/consumer/turns.ts'
import type { Held } from '../../src/message/message.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { Connection } from '../../src/queue/connection.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { lead } from '../../src/queue/lead.ts'
import type { ReadTransaction, StoreName } from '../../src/queue/schema.ts'
import { pause, resume } from '../../src/queue/stops.ts'
import { openAuditor } from '../world/audit.ts'
import { FakeLocks } from '../world/fake-locks.ts'
import { silence, status } from '../world/fake-server.ts'
import { heard, World } from '../world/world.ts'
import { connectTo, optionsFor, limits } from '../store/database.ts'

/** A group of which one message is under way may be parked behind it, to make room for others: what stands before what, then? */
let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** A connection that tells when it is about to ask which groups are due. */
class WatchedConnection extends Connection {
  asks = (): void => {}

  override read<T>(stores: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    if (stores.includes('parked')) this.asks()
    return super.read(stores, work)
  }
}

/** A connection that is lost during a read of the inbox, which is then issued again; something happens meanwhile. */
class LosingConnection extends Connection {
  meanwhile: (() => Promise<void>) | undefined

  override async read<T>(stores: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const { meanwhile } = this
    if (meanwhile && stores.includes('inbox')) {
      this.meanwhile = undefined
      await super.read(stores, work)
      await meanwhile()
    }
    return super.read(stores, work)
  }
}

test('when the leader dies, its successor begins with the message that was under way, and not with those parked behind it', async () => {
  world.server.next(silence)
  const options = { group: (body: string) => body[0]!, concurrency: 2 }
  const dying = world.openTab({ locks: new FakeLocks().manager }).open<string>(options)
  await Promise.all(numbers(1_200).map((n) => dying.enqueue(`a${n}`)))
  await world.server.arrived(1)
  await dying.enqueue('b')
  await world.server.arrived(2)
  const successor = world.open<string>(options)
  await successor.idle()
  const ofA = world.server.bodies.filter((body) => body !== 'b')
  expect(ofA).toEqual(['a0', ...numbers(1_200).map((n) => `a${n}`)])
})

const ANSWER = { status: 200, headers: {}, body: undefined }

/** Books of which a message is under way, and others of its group wait: three of these, at first, fill the view. */
async function begunBooks(connection: Connection, count: number = 4): Promise<{ books: Books; begun: Delivery }> {
  await enqueueInA(connection, 0, count)
  const books = new Books({
    connection,
    begun: await lead(connection),
    order: 'group',
    clock: world.clock,
    time: new QueueTime(world.clock, undefined),
    remembering: () => ({ dedupWindow: 0 }),
    failed: () => {},
  })
  return { books, begun: (await books.next())! }
}

async function enqueueInA(connection: Connection, from: number, count: number): Promise<void> {
  const messages = numbers(count).map((n) => ({ id: `${from + n}`, body: '1', bytes: 500_000, enqueuedAt: 0, group: 'a' }))
  await enqueue(connection, limits('relaxed'), [{ producer: 'p', number: from, messages }])
}

/** Accepts what comes, until nothing does twice in a row. */
async function acceptAll(books: Books): Promise<string[]> {
  const ids: string[] = []
  const accepted: Promise<void>[] = []
  for (let misses = 0; misses < 2;) {
    const next = await books.next()
    if (next) accepted.push(books.accept(next, ANSWER))
    if (next) ids.push(next.message.id)
    misses = next ? 0 : misses + 1
  }
  await books.release()
  await Promise.all(accepted)
  return ids
}

const heldForASecond = (): Held => ({ attempts: 1, uncounted: 0, due: world.clock.now() + 1_000, wait: 1_000, by: 'backoff' })

test('a message of which nothing came goes again before those parked behind it, however these come into view', async () => {
  const connection = new WatchedConnection(optionsFor(databaseName(world.name)))
  const { books, begun } = await begunBooks(connection)
  connection.asks = () => books.giveBack(begun)
  expect(await books.next()).toBeUndefined()
  connection.asks = () => {}
  expect(await acceptAll(books)).toEqual(['0', '1', '2', '3'])
  await connection.close()
})

test('if it then has to wait for another attempt, nothing that is parked behind it is lost', async () => {
  const connection = connectTo(databaseName(world.name))
  const { books, begun } = await begunBooks(connection)
  expect(await books.next()).toBeUndefined()
  books.giveBack(begun)
  await books.release()
  const again = (await books.next())!
  expect(again.message.id).toBe('0')
  await books.hold(again, heldForASecond(), undefined)
  expect(await books.next()).toBeUndefined()
  world.clock.advance(1_000)
  expect(await acceptAll(books)).toEqual(['0', '1', '2', '3'])
  const { audit, close } = openAuditor(databaseName(world.name))
  expect(await audit()).toMatchObject({ ahead: [], behind: [] })
  await Promise.all([close(), connection.close()])
})

test('a message whose record is read in a second try stands behind the one of its group that came to wait since the first', async () => {
  const connection = new LosingConnection(optionsFor(databaseName(world.name)))
  const { books, begun } = await begunBooks(connection, 1)
  await enqueueInA(connection, 1, 1)
  books.lookAgain()
  connection.meanwhile = () => books.hold(begun, heldForASecond(), undefined)
  expect(await books.next()).toBeUndefined()
  world.clock.advance(1_000)
  expect(await acceptAll(books)).toEqual(['0', '1'])
  const { audit, close } = openAuditor(databaseName(world.name))
  expect(await audit()).toMatchObject({ ahead: [], behind: [] })
  await Promise.all([close(), connection.close()])
})

test('a message of which nothing came, whose group is then paused, goes when that is resumed', async () => {
  const orders = world.open<string>({ order: 'group' })
  world.server.next(status(401))
  const unauthorized = heard(orders, 'unauthorized')
  await orders.enqueue('a0', { group: 'a' })
  await unauthorized
  await orders.pause({ group: 'a' })
  await orders.resume()
  await orders.enqueue('b', { group: 'b' })
  await world.server.arrived(2)
  await orders.enqueue('a1', { group: 'a' })
  await orders.resume({ group: 'a' })
  await orders.idle()
  expect(world.server.bodies).toEqual(['a0', 'b', 'a0', 'a1'])
})

test('a group that waits for another attempt as everything is paused goes when that is resumed, and meanwhile waits for no time', async () => {
  const connection = connectTo(databaseName(world.name))
  const { books, begun } = await begunBooks(connection, 2)
  await books.hold(begun, heldForASecond(), undefined)
  await pause(connection, undefined)
  books.recheck()
  world.clock.advance(1_000)
  expect(await books.next()).toBeUndefined()
  expect(books.nextDue).toBe(Infinity)
  await books.release()
  await resume(connection, { isOneGroup: false, now: world.clock.now() })
  books.timeIsUp()
  // Where nothing goes, what was reserved is given back after each look.
  expect((await books.next())?.message.id).toBe('0')
  await connection.close()
})
