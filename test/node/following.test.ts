import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/host/platform.ts'
import { ack } from '../../src/message/ack.ts'
import { defineQueue } from '../../src/message/definition.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import { Reject } from '../../src/message/handling.ts'
import { Connection } from '../../src/queue/connection.ts'
import { lead } from '../../src/queue/lead.ts'
import { batchAfter } from '../../src/protocol/following.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { collect, heard, turns, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'
import { breakStorage } from '../world/break-storage.ts'
import { theDeadWriteNothing } from '../world/killing.ts'
import { Life } from '../world/life.ts'

let world: World
/** Called before something is written, with the name of its database. */
let written: ((database: string) => void) | undefined
theDeadWriteNothing((database) => written?.(database))
beforeEach(() => void (world = new World()))
afterEach(async () => {
  written = undefined
  await world.passUntil(world.end())
})

/** Ends who drains the orders once what follows on one is stored, before that one is settled. */
function betweenTheTwo(end: () => void): void {
  let isStored = false
  written = (database) => {
    if (database.endsWith('-packing')) isStored = true
    else if (isStored) {
      written = undefined
      end()
    }
  }
}

/** The ids of what is accepted, once for each time. */
function counting(queue: Queue<never> | Queue<Parcel>): string[] {
  const accepted: string[] = []
  queue.subscribe((event) => event.type === 'accepted' && accepted.push(event.id))
  return accepted
}

interface Parcel {
  readonly parcel: string
}

const packingOf = (options: Partial<OpenOptions<Parcel>> = {}) =>
  defineQueue<Parcel>(`${world.name}-packing`, { consumers: true, ...options } as { consumers: true })

const openOrders = (tab: Tab): Queue<string> => tab.open<string>({ consumers: true, order: 'none' })

test('what follows on a message is in its queue when the message is accepted, in order, under ids made of its own', async () => {
  const packing = packingOf()
  const tab = world.openTab()
  const orders = openOrders(tab)
  const parcels = tab.open({}, packing)
  orders.consume(({ body }) => ack({ enqueue: [1, 2].map((n) => [parcels, { parcel: `${body}${n}` }] as const), answer: { done: body } }))
  const receipt = await orders.enqueue('a')
  expect((await receipt.delivered).body).toEqual({ done: 'a' })
  expect(await collect(parcels.messages())).toMatchObject([
    { id: `${receipt.id}.0`, body: { parcel: 'a1' }, state: 'ready' },
    { id: `${receipt.id}.1`, body: { parcel: 'a2' } },
  ])
  expect(await parcels.receipt(`${receipt.id}.1`).status()).toBe('ready')
})

test('a queue that is open nowhere takes it, by its definition, and what its definition says counts', async () => {
  const packing = packingOf({ order: 'group', group: ({ parcel }) => parcel, capacity: { messages: 1 } })
  const orders = openOrders(world.openTab())
  orders.consume(() =>
    ack({
      enqueue: [
        [packing, { parcel: 'x' }],
        [packing, { parcel: 'y' }, { delay: 1_000 }],
      ],
    }),
  )
  await (
    await orders.enqueue('a')
  ).delivered
  const parcels = world.openTab().open({}, packing)
  expect(await collect(parcels.messages())).toMatchObject([
    { body: { parcel: 'x' }, options: { group: 'x' }, state: 'ready' },
    { body: { parcel: 'y' }, options: { group: 'y' }, state: 'delayed' },
  ])
})

test('who drains the other queue hears of it, in the same tab and in another', async () => {
  const packing = packingOf()
  const [here, there] = [world.openTab(), world.openTab()]
  const orders = openOrders(here)
  const [ours, theirs] = [here.open({}, packing), there.open({}, packing)]
  const handled: string[] = []
  theirs.consume(({ body }) => void handled.push(body.parcel))
  await turns()
  orders.consume(() => ack({ enqueue: [[ours, { parcel: 'p' }]] }))
  const accepted = [heard(ours, 'accepted'), heard(theirs, 'accepted')]
  await orders.enqueue('a')
  await Promise.all(accepted)
  expect(handled).toEqual(['p'])
})

test('a leader that is gone between what follows and the message: it is stored once, though the next stores it again, and it was handled meanwhile', async () => {
  const packing = packingOf()
  const life = new Life(() => {})
  const dying = world.openTab({}, undefined, undefined, life)
  const first = openOrders(dying)
  await turns()
  const other = world.openTab()
  const parcels = other.open({}, packing)
  const accepted = counting(parcels)
  parcels.consume(() => {})
  await turns()
  const calls: string[] = []
  const consumer = world.consumeIn<string>(({ body, attempt }) => {
    calls.push(`${body}${attempt}`)
    return ack({ enqueue: [[packing, { parcel: body }]] })
  })
  betweenTheTwo(() => dying.kill())
  const receipt = await first.enqueue('a')
  await turns()
  const second = openOrders(other)
  await world.passUntil(second.idle())
  await world.passUntil(parcels.idle())
  expect(accepted).toEqual([`${receipt.id}.0`])
  // The consumer lives: it knows that it has done it.
  expect(calls).toEqual(['a1'])
  consumer.die()
})

test('a message that is handled again, since its consumer and who drains died, has followers once', async () => {
  const packing = packingOf()
  const life = new Life(() => {})
  const dying = world.openTab({}, undefined, undefined, life)
  const first = openOrders(dying)
  await turns()
  const other = world.openTab()
  const parcels = other.open({}, packing)
  const accepted = counting(parcels)
  const handled: string[] = []
  parcels.consume(({ body }) => void handled.push(body.parcel))
  await turns()
  let calls = 0
  const handle = () => ack({ enqueue: [[packing, { parcel: `call ${++calls}` }]] })
  const consumer = world.consumeIn<string>(handle)
  betweenTheTwo(() => {
    dying.kill()
    consumer.die()
  })
  await first.enqueue('a')
  await turns()
  const second = openOrders(other)
  const next = world.consumeIn<string>(handle)
  await world.passUntil(second.idle())
  await world.passUntil(parcels.idle())
  expect(calls).toBe(2)
  expect(handled).toEqual(['call 1'])
  expect(accepted).toHaveLength(1)
  next.die()
})

test('what was followed is remembered for a day, and not for ever', async () => {
  const packing = packingOf()
  const tab = world.openTab()
  const orders = openOrders(tab)
  const parcels = tab.open({}, packing)
  orders.consume(({ body }) => ack({ enqueue: [[packing, { parcel: body }]] }))
  const keys = async (): Promise<number> => {
    const open = indexedDB.open(`holdfast/${packing.name}`)
    await new Promise((resolve) => (open.onsuccess = resolve))
    const count = open.result.transaction('dedup').objectStore('dedup').count()
    await new Promise((resolve) => (count.onsuccess = resolve))
    open.result.close()
    return count.result
  }
  for (const body of ['a', 'b']) await (await orders.enqueue(body)).delivered
  expect(await keys()).toBe(2)
  world.clock.advance(24 * 60 * 60 * 1_000)
  await (
    await orders.enqueue('c')
  ).delivered
  expect(await keys()).toBe(1)
  expect(await parcels.depth()).toMatchObject({ ready: 3 })
})

test('a follower that is none fails the attempt, which says what is wrong, and nothing of the others is stored', async () => {
  const packing = packingOf()
  const tab = world.openTab()
  const orders = tab.open<string>({ consumers: true, maxAttempts: 1, order: 'none' })
  const parcels = tab.open({}, packing)
  const wrong: Record<string, unknown> = {
    queue: [
      [packing, { parcel: 'x' }],
      ['packing', { parcel: 'y' }],
    ],
    option: [
      [packing, { parcel: 'x' }],
      [packing, { parcel: 'y' }, { delay: -1 }],
    ],
    body: [
      [packing, { parcel: 'x' }],
      [packing, 1n],
    ],
    pair: [[packing, { parcel: 'x' }], packing],
    list: packing,
    number: Array.from({ length: 101 }, () => [packing, { parcel: 'x' }]),
  }
  orders.consume(({ body }) => ack({ enqueue: wrong[body] as [] }))
  await Promise.all(Object.keys(wrong).map((name) => orders.enqueue(name)))
  await world.passUntil(orders.idle())
  const letters = await collect(orders.deadLetters())
  const excerpts = new Map(letters.map(({ body, excerpt }) => [body, excerpt]))
  expect(Object.fromEntries(excerpts)).toEqual({
    queue: 'QueueError: Expected `enqueue[1][0]` to be a queue, or its definition, got "packing" (string)',
    option: 'QueueError: Expected `delay` to be a whole number from 0, got -1 (number)',
    body: expect.stringContaining('QueueError: '),
    pair: expect.stringContaining('QueueError: Expected `enqueue[1]` to be [queue, body, options], got '),
    list: expect.stringContaining('QueueError: Expected `enqueue` to be at most 100 of [queue, body, options], got '),
    number: expect.stringContaining('QueueError: Expected `enqueue` to be at most 100 of [queue, body, options], got '),
  })
  expect(await parcels.depth()).toMatchObject({ ready: 0 })
})

test('a handler that returns what only looks like an ack has answered with it', async () => {
  const orders = openOrders(world.openTab())
  orders.consume(() => ({ enqueue: [['packing', {}]] }))
  expect((await (await orders.enqueue('a')).delivered).body).toEqual({ enqueue: [['packing', {}]] })
})

test('a queue that follows on itself goes on for as long as it is told, under ids of bounded length', async () => {
  const orders = openOrders(world.openTab())
  const ids: string[] = []
  orders.consume(({ id, body }) => {
    ids.push(id)
    return body === '' ? undefined : ack({ enqueue: [[orders, body.slice(1)]] })
  })
  await orders.enqueue('x'.repeat(150))
  await world.passUntil(orders.idle())
  expect(new Set(ids).size).toBe(151)
  expect(Math.max(...ids.map(({ length }) => length))).toBeLessThan(140)
  expect(await batchAfter(ids[0]!)).toBe(ids[0])
})

test.each([0, 1, 2, 3, 5, 8])(
  'what follows in the queue itself is not stored in the one that comes after it, once that is destroyed: %i',
  async (later) => {
    const [here, there] = [openOrders(world.openTab()), openOrders(world.openTab())]
    await there.depth()
    const handled = new Promise<void>((resolve) => {
      here.consume(() => {
        resolve()
        return ack({ enqueue: [[here, 'next']] })
      })
    })
    await here.enqueue('a')
    await handled
    for (let turn = 0; turn < later; turn++) await new Promise((resolve) => setImmediate(resolve))
    await there.destroy().catch(() => {})
    await turns()
    expect(await collect(openOrders(world.openTab()).messages())).toEqual([])
  },
)

test('a queue that was destroyed meanwhile takes what follows afresh', async () => {
  const packing = packingOf()
  const [tab, other] = [world.openTab(), world.openTab()]
  const orders = openOrders(tab)
  orders.consume(({ body }) => ack({ enqueue: [[packing, { parcel: body }]] }))
  await (
    await orders.enqueue('a')
  ).delivered
  const parcels = other.open({}, packing)
  await parcels.depth()
  await parcels.destroy()
  await world.passUntil((await orders.enqueue('b')).delivered)
  expect(await collect(other.open({}, packing).messages())).toMatchObject([{ body: { parcel: 'b' } }])
})

test('what follows and cannot be stored keeps the message in its queue, and counts for nothing', async () => {
  const packing = packingOf()
  const orders = world.openTab().open<string>({ consumers: true, maxAttempts: 1 })
  const parcels = world.openTab().open({}, packing)
  await parcels.depth()
  orders.consume(({ body }) => ack({ enqueue: [[packing, { parcel: body }]] }))
  let isFull = true
  const mend = breakStorage(({ database, mode }) =>
    isFull && mode === 'readwrite' && database.name.endsWith('-packing') ? 'full' : undefined,
  )
  const scheduled = heard(orders, 'retry-scheduled')
  const receipt = await orders.enqueue('a')
  expect(await world.passUntil(scheduled)).toMatchObject({ id: receipt.id, reason: 'not-followed' })
  isFull = false
  await world.passUntil(receipt.delivered)
  mend()
  expect(await collect(parcels.messages())).toMatchObject([{ body: { parcel: 'a' } }])
})

test('a leader that another has superseded stores nothing that follows', async () => {
  const packing = packingOf()
  const orders = openOrders(world.openTab())
  const parcels = world.openTab().open({}, packing)
  const store = new Connection({ name: `holdfast/${world.name}`, clock: systemClock, tell: () => {}, makeRoom: async () => {} })
  const consumer = world.consumeIn<string>(async ({ body }) => {
    await lead(store)
    return ack({ enqueue: [[packing, { parcel: body }]] })
  })
  const lost = heard(orders, 'leadership-lost')
  const receipt = await orders.enqueue('a')
  await world.passUntil(lost)
  consumer.die()
  orders.consume(() => {
    throw new Reject('It is not to be')
  })
  await expect(world.passUntil(receipt.delivered)).rejects.toMatchObject({ code: 'dead-lettered' })
  await store.close()
  expect(await parcels.depth()).toMatchObject({ ready: 0 })
})
