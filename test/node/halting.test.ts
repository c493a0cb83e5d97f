import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { status } from '../world/fake-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'

interface Order {
  readonly customer: string
  readonly n: number
}

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const sent = (): number[] => (world.server.bodies as Order[]).map(({ n }) => n)

/** The server never takes order 1, and all others. */
function refuseOne(): void {
  world.server.react = async (request) => (((await request.clone().json()) as Order).n === 1 ? status(422)(request) : Response.json({}))
}

function open(options: Partial<OpenOptions<Order>> = {}): Queue<Order> {
  return world.open<Order>({ onDead: 'halt', group: ({ customer }: Order) => customer, ...options })
}

/** Orders 1 and 2 of Ann, of which 1 has halted her group; 3 of Bob, which has arrived. */
async function halted(): Promise<Queue<Order>> {
  refuseOne()
  const orders = open()
  const isHalted = heard(orders, 'halted')
  const ofBob = (async () => {
    await Promise.all([orders.enqueue({ customer: 'ann', n: 1 }), orders.enqueue({ customer: 'ann', n: 2 })])
    return (await orders.enqueue({ customer: 'bob', n: 3 })).delivered
  })()
  expect(await isHalted).toMatchObject({ group: 'ann' })
  await ofBob
  expect(sent().toSorted((a, b) => a - b)).toEqual([1, 3])
  return orders
}

describe("where a message of a group is dead-lettered, and `onDead` is 'halt'", () => {
  test('the group sends nothing more and says so, others go on, and after a reload it is the same', async () => {
    const orders = await halted()
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 1, stopped: 1 })
    expect(await orders.depth({ group: 'ann' })).toMatchObject({ ready: 1, dead: 1, halted: true })
    expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'rejected', halts: true, body: { n: 1 } }])
    await orders.close()
    const again = open()
    await again.retryNow()
    await (
      await again.enqueue({ customer: 'bob', n: 4 })
    ).delivered
    await again.enqueue({ customer: 'ann', n: 5 })
    await (
      await again.enqueue({ customer: 'bob', n: 6 })
    ).delivered
    expect(sent()).not.toContain(2)
    expect(sent()).not.toContain(5)
    expect((await collect(again.messages({ group: 'ann' }))).map(({ body }) => body.n)).toEqual([2, 5])
  })

  test('a redrive tries it again in its old place, and the group goes on in its order', async () => {
    const orders = await halted()
    world.server.react = () => Response.json({})
    expect(await orders.redrive()).toBe(1)
    await orders.idle()
    expect(sent().filter((n) => n !== 3)).toEqual([1, 1, 2])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })

  test('a redrive of what is refused again halts it again', async () => {
    const orders = await halted()
    const again = heard(orders, 'halted')
    await orders.redrive()
    await again
    expect(await collect(orders.deadLetters())).toMatchObject([{ attempts: 1, halts: true }])
    expect(sent().filter((n) => n !== 3)).toEqual([1, 1])
    expect(await orders.depth()).toMatchObject({ ready: 1, dead: 1, stopped: 1 })
  })

  test('a purge deletes it, and the group goes on without it', async () => {
    const orders = await halted()
    expect(await orders.purge()).toBe(1)
    await orders.idle()
    expect(sent().filter((n) => n !== 3)).toEqual([1, 2])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })

  test('resume lets the group go on without it, and keeps the dead letter, to be redriven to the tail', async () => {
    const orders = await halted()
    await orders.resume({ group: 'ann' })
    await orders.idle()
    expect(await collect(orders.deadLetters())).toMatchObject([{ body: { n: 1 } }])
    expect((await collect(orders.deadLetters()))[0]).not.toHaveProperty('halts')
    world.server.react = () => Response.json({})
    await orders.redrive()
    await orders.idle()
    expect(sent().filter((n) => n !== 3)).toEqual([1, 2, 1])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })

  test('one that is redriven after all went on without it is found by its id, though nobody has passed where it was', async () => {
    refuseOne()
    const tab = world.openTab()
    const orders = tab.open<Order>({ onDead: 'halt' })
    const isHalted = heard(orders, 'halted')
    const { id } = await orders.enqueue({ customer: 'ann', n: 1 })
    await isHalted
    await tab.signal('offline')
    await orders.resume()
    await orders.redrive()
    expect(await orders.receipt(id).status()).toBe('ready')
    expect(await orders.cancel(id)).toBe('cancelled')
    await tab.signal('online')
    await orders.idle()
    expect(sent()).toEqual([1])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })

  test('a queue that is one group halts as a whole, also after a reload, until resume', async () => {
    refuseOne()
    const options = { onDead: 'halt' } as const
    const orders = world.open<Order>(options)
    const isHalted = heard(orders, 'halted')
    await Promise.all([1, 2].map((n) => orders.enqueue({ customer: 'ann', n })))
    await isHalted
    await orders.close()
    const again = world.open<Order>(options)
    await again.enqueue({ customer: 'ann', n: 3 })
    await again.retryNow()
    await world.clock.armedWithin(60_000)
    expect(sent()).toEqual([1])
    expect(await again.depth()).toMatchObject({ ready: 2, dead: 1, stopped: 1 })
    await again.resume()
    await again.idle()
    expect(sent()).toEqual([1, 2, 3])
    expect(await again.depth()).toMatchObject({ ready: 0, dead: 1, bytes: 0, stopped: 0 })
  })

  test('in such a queue a redrive tries it again before all others', async () => {
    refuseOne()
    const orders = world.open<Order>({ onDead: 'halt' })
    const isHalted = heard(orders, 'halted')
    await Promise.all([1, 2].map((n) => orders.enqueue({ customer: 'ann', n })))
    await isHalted
    world.server.react = () => Response.json({})
    await orders.redrive()
    await orders.idle()
    expect(sent()).toEqual([1, 1, 2])
    expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
  })
})

describe('a group that is paused', () => {
  test('sends nothing, also after a reload, while others go on; resumed, it goes on in its order', async () => {
    const orders = open()
    await orders.pause({ group: 'ann' })
    await Promise.all([1, 2].map((n) => orders.enqueue({ customer: 'ann', n })))
    await (
      await orders.enqueue({ customer: 'bob', n: 3 })
    ).delivered
    await orders.close()
    const again = open()
    await again.retryNow()
    await (
      await again.enqueue({ customer: 'bob', n: 4 })
    ).delivered
    expect(sent()).toEqual([3, 4])
    expect(await again.depth({ group: 'ann' })).toMatchObject({ ready: 2, paused: true })
    await again.resume({ group: 'ann' })
    await again.idle()
    expect(sent()).toEqual([3, 4, 1, 2])
    expect(await again.depth()).toMatchObject({ ready: 0, bytes: 0, stopped: 0 })
  })

  test('sends nothing that was still to get its headers, though others have gone on meanwhile', async () => {
    let give!: () => void
    const asked = new Promise<void>((resolve) => (give = resolve))
    const orders = open({ concurrency: 5, headers: async () => asked.then(() => ({})) })
    const [, , ofBob] = await Promise.all(['ann', 'cy', 'bob'].map((customer, n) => orders.enqueue({ customer, n })))
    await vi.waitFor(async () => expect(await orders.depth()).toMatchObject({ leased: 3 }), 20_000)
    await orders.pause({ group: 'ann' })
    await (await orders.enqueue({ customer: 'dee', n: 3 })).status()
    give()
    await ofBob!.delivered
    await orders.idle({ group: 'dee' })
    expect(sent()).not.toContain(0)
    await orders.resume({ group: 'ann' })
    await orders.idle()
    expect(sent()).toContain(0)
  })

  test('while it waits for a retry is resumed in time for that, and can be tried at once', async () => {
    const orders = open()
    world.server.next(status(500))
    const failed = heard(orders, 'retry-scheduled')
    await orders.enqueue({ customer: 'ann', n: 1 })
    await failed
    await orders.pause({ group: 'ann' })
    await orders.retryNow({ group: 'ann' })
    world.clock.advance(60_000)
    await world.clock.armedWithin(60_000)
    expect(sent()).toEqual([1])
    await orders.resume({ group: 'ann' })
    await orders.idle()
    expect(sent()).toEqual([1, 1])
  })

  test('and one that waits for a retry is tried at once when that is asked for, and no other', async () => {
    const orders = open()
    world.server.next(status(500), status(500))
    let scheduled = 0
    const bothFailed = new Promise<void>((resolve) => {
      orders.subscribe(({ type }) => void (type === 'retry-scheduled' && ++scheduled === 2 && resolve()))
    })
    await Promise.all([orders.enqueue({ customer: 'ann', n: 1 }), orders.enqueue({ customer: 'bob', n: 2 })])
    await bothFailed
    const accepted = heard(orders, 'accepted')
    await orders.retryNow({ group: 'bob' })
    await accepted
    expect(sent().slice(2)).toEqual([2])
  })
})

test('a dead letter that halts a queue which is one group, redriven while that is paused, waits again, and can be cancelled', async () => {
  world.server.next(status(422))
  const orders = world.open<string>({ onDead: 'halt' })
  const isHalted = heard(orders, 'halted')
  const { id } = await orders.enqueue('1')
  await isHalted
  await orders.pause()
  await orders.redrive()
  await turns()
  expect(await orders.receipt(id).status()).toBe('ready')
  expect((await collect(orders.messages())).map((message) => message.id)).toEqual([id])
  expect(await orders.cancel(id)).toBe('cancelled')
  await orders.resume()
  await turns()
  expect(world.server.bodies).toEqual(['1'])
  expect(await orders.depth()).toMatchObject({ ready: 0, dead: 0, bytes: 0, stopped: 0 })
})
