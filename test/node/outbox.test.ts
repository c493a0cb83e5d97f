import { openDB } from 'idb'
import type { IDBPDatabase } from 'idb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenOptions } from '../../src/message/open-options.ts'
import { installOutbox, openOutboxOn } from '../../src/producer/outbox.ts'
import type { Outbox } from '../../src/producer/outbox.ts'
import { OUTBOX } from '../../src/producer/outbox-store.ts'
import type { RelayPlatform } from '../../src/producer/relay.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { breakStorage } from '../world/break-storage.ts'
import type { Fault } from '../world/break-storage.ts'
import { FakeLocks } from '../world/fake-locks.ts'
import { unreachable } from '../world/fake-server.ts'
import { collect, turns, World } from '../world/world.ts'

let world: World
let app: IDBPDatabase
let database: string
let mend = (): void => {}
const outboxes: Outbox<never>[] = []

beforeEach(async () => {
  world = new World()
  database = `app-${world.name}`
  app = await openDB(database, 1, {
    upgrade(upgraded) {
      upgraded.createObjectStore('carts')
      installOutbox(upgraded)
    },
  })
})

afterEach(async () => {
  mend()
  mend = () => {}
  await Promise.all(outboxes.splice(0).map((outbox) => outbox.close()))
  app.close()
  await world.end()
})

const platform = (locks = world.locks): RelayPlatform => ({
  locks: locks.manager,
  now: () => world.clock.now(),
  after: (delay, callback) => world.clock.after(delay, callback),
})

/** The app as it is in a tab of its own. */
function openApp(options: Partial<OpenOptions<string>> = {}, locks?: FakeLocks): { orders: Queue<string>; outbox: Outbox<string> } {
  const orders = world.open<string>(options)
  const outbox = openOutboxOn(platform(locks), orders, { database })
  outboxes.push(outbox)
  return { orders, outbox }
}

/** The app's own write, and its message: both or neither. */
async function order(outbox: Outbox<string>, ...bodies: string[]): Promise<string[]> {
  const tx = app.transaction(['carts', OUTBOX], 'readwrite')
  const ids = bodies.map((body) => {
    tx.objectStore('carts')
      .put('ordered', body)
      .catch(() => {})
    return outbox.enqueueIn(tx, body)
  })
  await tx.done
  return ids
}

async function entries(): Promise<unknown[]> {
  return (await app.getAll(OUTBOX)).filter((entry: object) => 'queue' in entry)
}

describe('in the app’s own transaction', () => {
  test('its write and the message are there together, and the message is delivered under the id that was given at once', async () => {
    const { orders, outbox } = openApp()
    const [id] = await order(outbox, 'a')
    await outbox.relay()
    await expect(orders.receipt(id!).delivered).resolves.toMatchObject({ status: 200 })
    expect(world.server.arrivals.map(({ body, headers }) => [body, headers.get('idempotency-key')])).toEqual([['a', `"${id}"`]])
    expect(await app.getAllKeys('carts')).toEqual(['a'])
    expect(await entries()).toEqual([])
  })

  test('with a transaction of the browser’s own, as with one of idb’s; and the relay is woken by its end', async () => {
    const { orders, outbox } = openApp()
    await outbox.relay()
    const raw = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(database)
      request.addEventListener('success', () => resolve(request.result))
    })
    const tx = raw.transaction([OUTBOX], 'readwrite')
    outbox.enqueueIn(tx, 'raw')
    await new Promise((resolve) => tx.addEventListener('complete', resolve))
    raw.close()
    await world.server.arrived(1)
    await orders.idle()
    expect(world.server.bodies).toEqual(['raw'])
  })

  test('that is aborted, neither is there, and nothing is ever sent', async () => {
    const { orders, outbox } = openApp()
    const tx = app.transaction(['carts', OUTBOX], 'readwrite')
    tx.objectStore('carts')
      .put('ordered', 'a')
      .catch(() => {})
    outbox.enqueueIn(tx, 'a')
    tx.abort()
    await expect(tx.done).rejects.toThrow()
    await order(outbox, 'b')
    await outbox.relay()
    await orders.idle()
    expect(world.server.bodies).toEqual(['b'])
    expect(await app.getAllKeys('carts')).toEqual(['b'])
  })

  test('what is wrong is thrown at once, with nothing written: the transaction goes on without it', async () => {
    const { outbox } = openApp({ order: 'group', group: (body) => body })
    const tx = app.transaction(['carts', OUTBOX], 'readwrite')
    for (const wrong of [
      () => outbox.enqueueIn(tx, (() => {}) as never),
      () => outbox.enqueueIn(tx, 'x', { group: 7 as never }),
      () => outbox.enqueueIn(tx, 'x', { delai: 7 } as never),
      () => outbox.enqueueIn(tx, 'x'.repeat(257)),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ name: 'QueueError', code: expect.stringMatching(/^invalid-/) }))
    }
    tx.objectStore('carts')
      .put('kept', 'a')
      .catch(() => {})
    await tx.done
    expect([await entries(), await app.getAllKeys('carts')]).toEqual([[], ['a']])
  })

  test.each([
    ['that only reads', () => app.transaction(OUTBOX)],
    ['over other stores', () => app.transaction('carts', 'readwrite')],
    [
      'that has ended',
      async () => {
        const tx = app.transaction(OUTBOX, 'readwrite')
        await tx.done
        return tx
      },
    ],
  ])('none %s', async (_, begin) => {
    const { outbox } = openApp()
    const tx = await begin()
    expect(() => outbox.enqueueIn(tx, 'x')).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('`tx`') }),
    )
  })

  test('options go along, and the time in the outbox counts for delay and ttl', async () => {
    world.server.react = unreachable
    const { orders, outbox } = openApp({ order: 'group' })
    await outbox.relay()
    mend = breakStorage(({ stores, mode }) => (mode === 'readwrite' && stores.includes('inbox') ? 'refused' : undefined))
    const tx = app.transaction(OUTBOX, 'readwrite')
    outbox.enqueueIn(tx, 'x', { group: 'g', delay: 50_000, ttl: 90_000, maxAttempts: 7, dedupKey: 'k', idempotencyKey: 'own' })
    const at = world.clock.now()
    await tx.done
    await expect(outbox.relay()).rejects.toMatchObject({ code: 'storage-failed' })
    mend()
    world.clock.advance(20_000)
    await outbox.relay()
    expect(await collect(orders.messages())).toMatchObject([
      { body: 'x', group: 'g', state: 'delayed', due: at + 50_000, options: { idempotencyKey: 'own', maxAttempts: 7, dedupKey: 'k' } },
    ])
  })

  test('a queue that is full takes it all the same: the app has committed it', async () => {
    world.server.react = unreachable
    const { orders, outbox } = openApp({ capacity: { messages: 1 } })
    await orders.enqueue('a')
    await expect(orders.enqueue('b')).rejects.toMatchObject({ code: 'queue-full' })
    await order(outbox, 'c', 'd')
    await outbox.relay()
    expect((await collect(orders.messages())).map(({ body }) => body)).toEqual(['a', 'c', 'd'])
  })
})

describe('moved into the queue', () => {
  test('in the order of commits, however many there are and from however many tabs', async () => {
    const tabs = [openApp(), openApp(), openApp()]
    const ids: string[] = []
    for (let n = 0; n < 260; n++) ids.push(...(await order(tabs[n % 3]!.outbox, `${n}`)))
    await Promise.all(tabs.map(({ outbox }) => outbox.relay()))
    await tabs[0]!.orders.idle()
    expect(world.server.bodies).toEqual(Array.from({ length: 260 }, (_, n) => `${n}`))
    expect(world.server.arrivals.map(({ headers }) => headers.get('idempotency-key'))).toEqual(ids.map((id) => `"${id}"`))
    expect(await entries()).toEqual([])
  })

  test('what an earlier visit left is moved when the queue is opened next', async () => {
    const { orders, outbox } = openApp()
    await orders.close()
    await order(outbox, 'a', 'b').catch(() => {})
    await turns()
    const later = openApp()
    await later.outbox.relay()
    await later.orders.idle()
    expect(world.server.bodies).toEqual(['a', 'b'])
  })

  test('each queue, and each identity, takes its own', async () => {
    const [ann, bob] = [openApp({ identity: 'ann' }), openApp({ identity: 'bob' })]
    await ann.orders.close()
    await bob.orders.close()
    await order(ann.outbox, 'ann').catch(() => {})
    await order(bob.outbox, 'bob').catch(() => {})
    await turns()
    expect(await entries()).toHaveLength(2)
    const back = openApp({ identity: 'bob', headers: { authorization: 'bob' } })
    await back.outbox.relay()
    await back.orders.idle()
    expect(world.server.bodies).toEqual(['bob'])
    expect(await entries()).toHaveLength(1)
  })

  test('what is committed as the last move is ending is moved as well', async () => {
    let end!: () => void
    let hasMoved!: () => void
    const ending = new Promise<void>((resolve) => (end = resolve))
    const moved = new Promise<void>((resolve) => (hasMoved = resolve))
    const locks = { request: async (_: string, _options: LockOptions, work: () => Promise<void>) => (await work(), hasMoved(), ending) }
    const orders = world.open<string>()
    const outbox = openOutboxOn({ ...platform(), locks: locks as unknown as LockManager }, orders, { database })
    outboxes.push(outbox)
    await moved
    await order(outbox, 'a')
    const relayed = outbox.relay()
    end()
    await relayed
    await orders.idle()
    expect(world.server.bodies).toEqual(['a'])
  })

  test('a failure is tried again by itself', async () => {
    const { orders, outbox } = openApp()
    await outbox.relay()
    mend = breakStorage(({ stores, mode }) => (mode === 'readwrite' && stores.includes('inbox') ? 'full' : undefined))
    await order(outbox, 'a')
    await expect(outbox.relay()).rejects.toMatchObject({ code: 'storage-full' })
    mend()
    await world.clock.armedWithin(1_000)
    world.clock.advance(1_000)
    await world.server.arrived(1)
    await orders.idle()
    expect(await entries()).toEqual([])
  })

  test('a database that is not there is not made, and one without an outbox is left alone', async () => {
    const orders = world.open<string>()
    for (const name of [`${database}-none`, `${database}-bare`]) {
      if (name.endsWith('bare')) (await openDB(name, 3)).close()
      const outbox = openOutboxOn(platform(), orders, { database: name })
      await outbox.relay()
      await outbox.close()
    }
    const names = (await indexedDB.databases()).map(({ name }) => name)
    expect([names.includes(`${database}-none`), names.includes(`${database}-bare`)]).toEqual([false, true])
  })

  test('the app can upgrade its database at any time: nobody else holds it open', async () => {
    const { outbox } = openApp()
    await order(outbox, 'a')
    app.close()
    app = await openDB(database, 2, { upgrade: (upgraded) => void upgraded.createObjectStore('later') })
    await outbox.relay()
    app.close()
    app = await openDB(database, 3)
    expect(app.version).toBe(3)
  })

  test('a queue that is destroyed ends it; what the app’s database holds is the app’s', async () => {
    const { orders, outbox } = openApp()
    await outbox.relay()
    await orders.destroy()
    const tx = app.transaction(OUTBOX, 'readwrite')
    outbox.enqueueIn(tx, 'x')
    await tx.done
    await expect(outbox.relay()).rejects.toMatchObject({ code: expect.stringMatching(/^(destroyed|closed)$/) })
    expect(() => outbox.enqueueIn(app.transaction(OUTBOX, 'readwrite'), 'x')).toThrow(expect.objectContaining({ code: 'closed' }))
    expect(await entries()).toHaveLength(1)
  })
})

describe('stored once in the queue', () => {
  /** Every transaction that moves 30 messages, and every way in which it may end for who waits for it. */
  const steps = ['take', 'store', 'drop'] as const
  const kinds: Fault[] = ['refused', 'aborted', 'unheard', 'full']
  const cases = steps.flatMap((step) => kinds.flatMap((fault) => [1, 2].map((time) => [step, fault, time] as const)))

  test.each(cases)('though the transaction of `%s` fails (%s, time %i), and another tab goes on', async (step, fault, time) => {
    world.server.react = unreachable
    const first = openApp()
    await first.outbox.relay()
    await first.orders.pause()
    let seen = 0
    let moves = 0
    mend = breakStorage(({ stores, mode, database: { name } }) => {
      if (mode !== 'readwrite') return undefined
      const isApp = name === database && stores.length === 1
      const at = isApp ? (moves++ % 2 === 0 ? 'take' : 'drop') : stores.includes('inbox') && !stores.includes('dead') ? 'store' : undefined
      return at === step && ++seen === time ? fault : undefined
    })
    // Two batches.
    const bodies = Array.from({ length: 130 }, (_, n) => `${n}`)
    await order(first.outbox, ...bodies)
    await first.outbox.relay().catch(() => {})
    mend()
    await first.outbox.close()
    await order(openApp().outbox, 'last')
    const second = openApp()
    await second.outbox.relay()
    expect((await collect(second.orders.messages())).map(({ body }) => body)).toEqual([...bodies, 'last'])
    expect(await entries()).toEqual([])
  })

  test('though tabs move at once, none of which waits for another', async () => {
    world.server.react = unreachable
    const tabs = Array.from({ length: 4 }, () => openApp({}, new FakeLocks()))
    await tabs[0]!.orders.pause()
    const bodies = Array.from({ length: 300 }, (_, n) => `${n}`)
    for (let n = 0; n < 300; n += 10) {
      await order(tabs[(n / 10) % 4]!.outbox, ...bodies.slice(n, n + 10))
      for (const { outbox } of tabs) outbox.relay().catch(() => {})
    }
    await Promise.all(tabs.map(({ outbox }) => outbox.relay()))
    expect((await collect(tabs[0]!.orders.messages())).map(({ body }) => body)).toEqual(bodies)
    expect(await entries()).toEqual([])
  })

  test('though a tab that was moving freezes, and wakes when others have gone on long since', async () => {
    world.server.react = unreachable
    const sleeper = openApp()
    await sleeper.outbox.relay()
    await sleeper.orders.pause()
    // It has read a batch, and stores it an hour later.
    const { relaying } = sleeper.orders as unknown as { relaying: { store: (batch: unknown) => Promise<void> } }
    const { store } = relaying
    let wake!: () => void
    const asleep = new Promise<void>((resolve) => (wake = resolve))
    relaying.store = async (batch) => {
      await asleep
      await store(batch)
    }
    await order(sleeper.outbox, 'a', 'b')
    await turns()
    const other = openApp()
    // The frozen tab has the lock: it is waited for a while, and no longer.
    await world.passUntil(other.outbox.relay())
    await order(other.outbox, 'c')
    await world.passUntil(other.outbox.relay())
    wake()
    await sleeper.outbox.relay()
    await order(sleeper.outbox, 'd')
    await sleeper.outbox.relay()
    expect((await collect(other.orders.messages())).map(({ body }) => body)).toEqual(['a', 'b', 'c', 'd'])
    expect(await entries()).toEqual([])
  })
})

test.each([
  ['no queue', () => openOutboxOn(platform(), {} as never, { database: 'x' })],
  ['no database', () => openOutboxOn(platform(), world.open(), {} as never)],
  ['an empty name', () => openOutboxOn(platform(), world.open(), { database: '' })],
  ['an unknown option', () => openOutboxOn(platform(), world.open(), { database: 'x', databse: 'y' } as never)],
])('%s is refused', (_, wrong) => {
  expect(wrong).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})
