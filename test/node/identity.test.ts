import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { HeadersRequest } from '../../src/message/headers.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { databaseName, leaderLock, ofKey, queueKey, tabChannel } from '../../src/protocol/names.ts'
import { createReceiver } from '../../src/receiver.ts'
import { status } from '../world/fake-server.ts'
import type { Arrival } from '../world/fake-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** A queue of somebody who is signed in as long as the page lives. */
function openFor(tab: Tab, identity: string): Queue<string> {
  return tab.open<string>({ identity, headers: () => ({ authorization: identity }) })
}

const whose = ({ body, headers }: Arrival): string => `${String(body)} by ${headers.get('authorization')}`

/** Each body says whose it is. */
const strays = (): string[] =>
  world.server.arrivals.map(whose).filter((line) => line.split(' ')[0]!.split(':')[0] !== line.split(' ').at(-1))

describe('two people, one device', () => {
  test('what waits when somebody signs out is nobody else’s, and goes on when they are back', async () => {
    world.server.react = status(503)
    const ofAnn = openFor(world.openTab(), 'ann')
    const { id } = await ofAnn.enqueue('ann:1')
    await world.server.arrived(1)
    await ofAnn.close()
    world.server.react = status(200)
    const ofBob = openFor(world.openTab(), 'bob')
    await ofBob.enqueue('bob:1')
    await ofBob.idle()
    expect(await ofBob.depth()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0 })
    expect(await ofBob.receipt(id).status()).toBe('unknown')
    expect(await ofBob.cancel(id)).toBe('unknown')
    expect(await collect(ofBob.messages())).toEqual([])
    expect(world.server.arrivals.map(whose)).toEqual(['ann:1 by ann', 'bob:1 by bob'])
    await ofBob.close()
    const back = openFor(world.openTab(), 'ann')
    await back.retryNow()
    await back.idle()
    expect(world.server.arrivals.map(whose)).toEqual(['ann:1 by ann', 'bob:1 by bob', 'ann:1 by ann'])
  })

  test('without an identity it is the queue that it always was, and neither Ann’s nor Bob’s', async () => {
    await openFor(world.openTab(), 'ann').enqueue('ann:1')
    const nobodys = world.open()
    expect(await nobodys.depth()).toMatchObject({ ready: 0 })
    expect([databaseName('orders'), leaderLock('orders'), tabChannel('orders')]).toEqual([
      'holdfast/orders',
      'holdfast/orders/leader',
      'holdfast/orders',
    ])
  })

  test('both are open in one page: two queues, that share a host and nothing else', async () => {
    const tab = world.openTab()
    const [ofAnn, ofBob] = [openFor(tab, 'ann'), openFor(tab, 'bob')]
    const events: Record<string, QueueEvent[]> = { ann: [], bob: [] }
    ofAnn.subscribe((event) => events.ann!.push(event))
    ofBob.subscribe((event) => events.bob!.push(event))
    const of = { ann: await ofAnn.enqueue('ann:1'), bob: await ofBob.enqueue('bob:1') }
    await Promise.all([ofAnn.idle(), ofBob.idle()])
    for (const [name, other] of [['ann', of.bob] as const, ['bob', of.ann] as const]) {
      expect(events[name]).toContainEqual(expect.objectContaining({ type: 'accepted', id: of[name].id }))
      expect(events[name]).not.toContainEqual(expect.objectContaining({ id: other.id }))
    }
    await ofAnn.pause()
    await ofBob.enqueue('bob:2')
    await ofBob.idle()
    await ofAnn.close()
    await ofBob.enqueue('bob:3')
    await ofBob.idle()
    expect(strays()).toEqual([])
  })

  test('a headers function is told whose messages it is asked for, in the page and in a worker that serves a definition', async () => {
    const headers = ({ identity }: HeadersRequest) => ({ authorization: identity ?? 'nobody' })
    const orders = defineQueue<string>(world.name, { endpoint: 'https://shop.example/orders', headers })
    const served = world.openTab({}, [orders])
    const queues = [served.open({ identity: 'ann' }, orders), served.open({ identity: 'bob' }, orders), served.open({}, orders)]
    await Promise.all(queues.map((queue, index) => queue.enqueue(['ann:1', 'bob:1', 'nobody:1'][index]!)))
    await Promise.all(queues.map((queue) => queue.idle()))
    const inPage = world.openTab().open<string>({ identity: 'cleo', headers })
    await inPage.enqueue('cleo:1')
    await inPage.idle()
    expect(world.server.arrivals).toHaveLength(4)
    expect(strays()).toEqual([])
  })

  test('a worker that does not serve the queue says so of its name', async () => {
    const tab = world.openTab({}, [defineQueue('others', { endpoint: 'https://shop.example/' })])
    await expect(openFor(tab, 'ann').depth()).rejects.toMatchObject({
      code: 'not-served',
      message: expect.stringContaining(`"${world.name}"`),
    })
  })
})

describe('a message never leaves with the headers of another', () => {
  /** An app that asks for the token of whoever is signed in now, and does not look whose messages they are for. */
  class CarelessApp {
    user = 'ann'
    /** Holds the next token back. */
    gate: Promise<void> | undefined
    readonly asked = vi.fn()
    readonly headers = async (): Promise<Record<string, string>> => {
      this.asked()
      await this.gate
      return { authorization: this.user }
    }
  }

  /** Where the app's function runs: in the page, or in a worker of its own that serves both. */
  const places = {
    'in the page': (app: CarelessApp) => {
      const tab = world.openTab()
      return (identity: string) => tab.open<string>({ identity, headers: app.headers })
    },
    'in a worker': (app: CarelessApp) => {
      const orders = defineQueue<string>(world.name, { endpoint: 'https://shop.example/orders', headers: app.headers })
      const tab = world.openTab({}, [orders])
      return (identity: string) => tab.open<string>({ identity }, orders)
    },
  }
  const eachPlace = Object.entries(places)

  test.each(eachPlace)(
    'though somebody signs out while a request waits for its headers, and another signs in before they come: %s',
    async (_, place) => {
      const app = new CarelessApp()
      const open = place(app)
      let give!: () => void
      app.gate = new Promise((resolve) => (give = resolve))
      const ofAnn = open('ann')
      await ofAnn.enqueue('ann:1')
      await vi.waitFor(() => expect(app.asked).toHaveBeenCalled(), 20_000)
      const closing = ofAnn.close()
      app.user = 'bob'
      const ofBob = open('bob')
      await ofBob.enqueue('bob:1')
      give()
      await closing
      await ofBob.idle()
      expect(world.server.arrivals.map(whose)).toEqual(['bob:1 by bob'])
    },
  )

  test('though they come before the host hears that the queue is being closed, while something is still being stored', async () => {
    const app = new CarelessApp()
    let give!: () => void
    app.gate = new Promise((resolve) => (give = resolve))
    const ofAnn = world.openTab().open<string>({ identity: 'ann', headers: app.headers })
    await ofAnn.enqueue('ann:1')
    await vi.waitFor(() => expect(app.asked).toHaveBeenCalled(), 20_000)
    const stored = ofAnn.enqueue('ann:2')
    const closing = ofAnn.close()
    app.user = 'bob'
    give()
    await Promise.all([stored, closing])
    expect(world.server.arrivals).toEqual([])
  })

  test.each(eachPlace)('though a 401 comes while the queue is being closed: no other headers are asked for, %s', async (_, place) => {
    const app = new CarelessApp()
    const answer = world.server.holdNext()
    const ofAnn = place(app)('ann')
    await ofAnn.enqueue('ann:1')
    await world.server.arrived(1)
    const closing = ofAnn.close()
    app.user = 'bob'
    await world.clock.armedWithin(2_000)
    answer(new Response(null, { status: 401 }))
    await closing
    expect(app.asked).toHaveBeenCalledTimes(1)
    expect(strays()).toEqual([])
    app.user = 'ann'
    const back = world.openTab().open<string>({ identity: 'ann', headers: app.headers })
    await back.idle()
    expect(strays()).toEqual([])
  })

  test.each(eachPlace)('though many wait behind the one that is under way when the queue is closed, %s', async (_, place) => {
    const app = new CarelessApp()
    const answer = world.server.holdNext()
    const ofAnn = place(app)('ann')
    await Promise.all(Array.from({ length: 30 }, (_, n) => ofAnn.enqueue(`ann:${n}`)))
    await world.server.arrived(1)
    const closing = ofAnn.close()
    app.user = 'bob'
    answer(new Response())
    await closing
    expect(world.server.arrivals.map(whose)).toEqual(['ann:0 by ann'])
  })

  test('though both are open at once, in one page and in several, opened and closed at any time', async () => {
    const users = ['ann', 'bob', 'cleo']
    const tabs = [world.openTab(), world.openTab(), world.openTab()]
    let turn = 0
    world.server.react = () => new Response(null, { status: [200, 200, 503, 200, 401, 200, 500][turn++ % 7]! })
    for (let round = 0; round < 6; round++) {
      const open = tabs.flatMap((tab, index) =>
        users.slice(0, 1 + ((round + index) % 3)).map((user) => ({ user, queue: openFor(tab, user) })),
      )
      await Promise.all(open.map(({ user, queue }) => queue.enqueue(`${user}:${round}`)))
      await Promise.all(open.filter((_, n) => n % 2).map(({ queue }) => queue.retryNow()))
      const closing = Promise.all(open.map(({ queue }) => queue.close()))
      await turns()
      world.clock.advance(2_000)
      await closing
    }
    world.server.react = status(200)
    for (const user of users) {
      const queue = openFor(tabs[0]!, user)
      await queue.retryNow()
      await queue.resume()
      await queue.idle()
    }
    const keys = new Set(world.server.arrivals.map(({ headers }) => headers.get('idempotency-key')))
    expect(keys.size).toBe(world.server.arrivals.length > 0 ? 6 * 6 : 0)
    expect(strays()).toEqual([])
  })

  test('though an old page of hers is open while another signs in, and the browser’s cookie is his by now: the server is told whose message it is', async () => {
    let cookie = 'ann'
    const handled: string[] = []
    const receive = createReceiver<string>({
      handle: ({ body, principal, place }) => void handled.push(`${body} by ${principal} for ${place?.identity}`),
      principal: (_, identity) => (identity === undefined || identity === cookie ? cookie : undefined),
    })
    world.server.react = (request) => receive(request)
    const old = world.openTab().open<string>({ identity: 'ann' })
    await old.enqueue('ann:1')
    await old.idle()
    cookie = 'bob'
    const unauthorized = heard(old, 'unauthorized')
    await old.enqueue('ann:2')
    await unauthorized
    const ofBob = world.openTab().open<string>({ identity: 'bob' })
    await ofBob.enqueue('bob:1')
    await ofBob.idle()
    cookie = 'ann'
    await old.resume()
    await old.idle()
    expect(handled).toEqual(['ann:1 by ann for ann', 'bob:1 by bob for bob', 'ann:2 by ann for ann'])
  })
})

describe('a key', () => {
  const names = ['orders', 'orders.ann', 'a', 'orders:1', 'leader', 'orders-leader']
  const identities = [
    undefined,
    'ann',
    'ann@shop.example',
    'a/leader',
    '/leader',
    '@',
    '%',
    '%40',
    'é',
    'e\u0301',
    ' ',
    '"',
    '🂡',
    'x'.repeat(256),
  ]

  test('is that of one name and one identity, and of no other pair', () => {
    const pairs = names.flatMap((name) => identities.map((identity) => ({ name, ...(identity !== undefined && { identity }) })))
    const keys = pairs.map(({ name, identity }) => queueKey(name, identity))
    expect(keys.map(ofKey)).toEqual(pairs)
    const locks = keys.flatMap((key) => [leaderLock(key), databaseName(key)])
    expect(new Set(locks).size).toBe(locks.length)
  })

  test('of a queue without an identity is its name', () => {
    expect(queueKey('orders', undefined)).toBe('orders')
  })
})
