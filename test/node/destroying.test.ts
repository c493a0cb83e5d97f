import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHost } from '../../src/host/host.ts'
import type { HostPage } from '../../src/host/host.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { Setup } from '../../src/protocol/host.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { STORES } from '../../src/queue/schema.ts'
import { breakStorage } from '../world/break-storage.ts'
import { FakeLocks } from '../world/fake-locks.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
let mend = (): void => {}
beforeEach(() => void (world = new World()))
afterEach(async () => {
  mend()
  mend = () => {}
  await world.end()
})

/** All that is in the stores, but for what says that there was a queue. */
async function left(name = world.name): Promise<unknown[]> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(databaseName(name))
    request.addEventListener('success', () => resolve(request.result))
  })
  const tx = database.transaction([...STORES])
  const stores = STORES.filter((store) => store !== 'meta')
  const all = await Promise.all(stores.map((store) => valueOf(tx.objectStore(store).getAll())))
  database.close()
  return all.flat()
}

function valueOf(request: IDBRequest<unknown[]>): Promise<unknown[]> {
  return new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
}

/** Something in each store: what waits, in any way, dead letters, receipts. */
async function fill(queue: Queue<string>): Promise<void> {
  world.server.next(status(422), status(200))
  const dead = heard(queue, 'dead-lettered')
  await queue.enqueue('dead', { group: 'd' })
  await dead
  const accepted = heard(queue, 'accepted')
  await queue.enqueue('accepted', { group: 'a' })
  await accepted
  world.server.react = unreachable
  await queue.pause({ group: 'p' })
  await Promise.all(Array.from({ length: 5 }, (_, n) => queue.enqueue(`waits ${n}`, { group: `${n % 2}`, dedupKey: `k${n}` })))
  await queue.enqueue('paused', { group: 'p' })
  await queue.enqueue('delayed', { delay: 100_000 })
}

const options = { order: 'group', keepReceipts: { age: 1_000_000, number: 10 } } as const

describe('destroy()', () => {
  test('deletes all that is in the queue: what waits, dead letters, receipts, keys and pauses', async () => {
    const orders = world.open<string>(options)
    await fill(orders)
    expect(await left()).not.toEqual([])
    await orders.destroy()
    expect(await left()).toEqual([])
    world.server.react = status(200)
    const before = world.server.arrivals.length
    const afresh = world.open<string>(options)
    expect(await afresh.depth()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0, bytes: 0, paused: false, stopped: 0 })
    expect(await collect(afresh.receipts())).toEqual([])
    await afresh.enqueue('new', { group: 'p', dedupKey: 'k1' })
    await afresh.idle()
    expect(world.server.bodies.slice(before)).toEqual(['new'])
  })

  test('closes the queue: what is asked of it after that rejects with `destroyed`, and so does a receipt that waits', async () => {
    world.server.react = unreachable
    const orders = world.open<string>()
    const { delivered } = await orders.enqueue('x')
    const told = expect(delivered).rejects.toMatchObject({ code: 'destroyed' })
    const idle = expect(orders.idle()).rejects.toMatchObject({ code: 'destroyed' })
    await orders.destroy()
    await told
    await idle
    await expect(orders.enqueue('y')).rejects.toMatchObject({ code: 'destroyed' })
    await expect(orders.depth()).rejects.toMatchObject({ code: 'destroyed' })
    await expect(orders.destroy()).rejects.toMatchObject({ code: 'destroyed' })
    await orders.close()
    expect({ locks: world.locks.size, channels: world.channels.size }).toEqual({ locks: 0, channels: 0 })
  })

  test('is heard in every tab, which closes the queue there: receipts reject, and nothing more is stored', async () => {
    world.server.react = unreachable
    const leader = world.open<string>()
    await leader.enqueue('x')
    const other = world.open<string>()
    const { delivered } = await other.enqueue('y')
    const told = expect(delivered).rejects.toMatchObject({ code: 'destroyed' })
    const third = world.open<string>()
    await third.depth()
    const gone = [heard(leader, 'destroyed'), heard(other, 'destroyed'), heard(third, 'destroyed')]
    await third.destroy()
    await Promise.all(gone)
    await told
    await expect(leader.enqueue('z')).rejects.toMatchObject({ code: 'destroyed' })
    await expect(other.enqueue('z')).rejects.toMatchObject({ code: 'destroyed' })
    expect(await left()).toEqual([])
  })

  test('is for one identity: what others have stays', async () => {
    world.server.react = unreachable
    const [ofAnn, ofBob, ofNobody] = [
      world.open<string>({ identity: 'ann' }),
      world.open<string>({ identity: 'bob' }),
      world.open<string>(),
    ]
    await Promise.all([ofAnn, ofBob, ofNobody].map((queue) => queue.enqueue('x')))
    await ofAnn.destroy()
    const { ready, leased } = await ofBob.depth()
    expect([ready + leased, await left(`${world.name}@ann`)]).toEqual([1, []])
    expect(await left(`${world.name}@bob`)).toHaveLength(1)
    expect(await left()).toHaveLength(1)
  })

  test('cuts short what is under way, which may still arrive', async () => {
    world.server.next(() => new Promise(() => {}))
    const orders = world.open<string>()
    await orders.enqueue('x')
    await world.server.arrived(1)
    await orders.destroy()
    expect(world.clock.armed).toBe(0)
    const afresh = world.open<string>()
    await afresh.enqueue('y')
    await afresh.idle()
    expect(world.server.bodies).toEqual(['x', 'y'])
  })

  test('what is enqueued beside it is either deleted with all else, or refused', async () => {
    world.server.react = unreachable
    const [mine, others] = [world.open<number>(), world.open<number>()]
    await Promise.all([mine.depth(), others.depth()])
    const enqueued = Promise.allSettled(
      Array.from({ length: 40 }, async (_, n) => {
        for (let turn = 0; turn < n; turn++) await Promise.resolve()
        if (n % 10 === 0) await turns()
        return (n % 2 ? mine : others).enqueue(n)
      }),
    )
    const destroyed = mine.destroy()
    for (const settled of await enqueued) if (settled.status === 'rejected') expect(settled.reason).toMatchObject({ code: 'destroyed' })
    await destroyed
    expect(await left()).toEqual([])
  })

  test('the queue is opened afresh while it is being destroyed: it is a new one', async () => {
    world.server.react = unreachable
    const tab = world.openTab()
    const orders = tab.open<string>()
    await orders.enqueue('x')
    const destroyed = orders.destroy()
    const afresh = tab.open<string>()
    const events: QueueEvent[] = []
    afresh.subscribe((event) => events.push(event))
    await destroyed
    await afresh.enqueue('y')
    expect(await afresh.depth()).toMatchObject({ ready: expect.any(Number), bytes: 3 })
    expect(events).not.toContainEqual({ type: 'destroyed' })
  })

  test('a word of it that comes late closes nobody who has opened the queue since', async () => {
    const orders = world.open<string>()
    await orders.destroy()
    const afresh = world.open<string>()
    await afresh.depth()
    const channel = world.channels.open(databaseName(world.name))
    channel.postMessage({ holdfast: 1, events: [{ type: 'destroyed' }] })
    channel.close()
    await turns()
    await afresh.enqueue('x')
    await afresh.idle()
    expect(world.server.bodies).toEqual(['x'])
  })

  test('in two tabs at once is done in both', async () => {
    const [mine, others] = [world.open<string>(), world.open<string>()]
    await Promise.all([mine.enqueue('x'), others.enqueue('y')])
    await Promise.all([mine.destroy(), others.destroy()])
    expect(await left()).toEqual([])
  })

  test('whose commit nobody has heard of has happened all the same, and what came after it stays', async () => {
    const orders = world.open<string>()
    await orders.enqueue('x')
    await orders.idle()
    let isFirst = true
    mend = breakStorage(({ mode, stores }) => {
      const fault = isFirst && mode === 'readwrite' && stores.includes('receipts') && stores.includes('delayed') ? 'unheard' : undefined
      if (fault) isFirst = false
      return fault
    })
    await orders.destroy()
    expect(isFirst).toBe(false)
    const afresh = world.open<string>()
    await afresh.enqueue('y')
    await afresh.idle()
    expect(world.server.bodies).toEqual(['x', 'y'])
  })
})

describe('who slept through it', () => {
  /** A tab that hears nothing, and believes that it leads. */
  async function asleep(): Promise<Queue<string>> {
    const sleeper = world
      .openTab({ locks: new FakeLocks().manager, openChannel: () => ({ postMessage() {}, addEventListener() {}, close() {} }) })
      .open<string>(options)
    await sleeper.depth()
    return sleeper
  }

  test.each<[string, (queue: Queue<string>, id: string) => Promise<unknown>]>([
    ['enqueues', (queue) => queue.enqueue('stale')],
    ['enqueues with a delay', (queue) => queue.enqueue('stale', { delay: 1_000 })],
    ['cancels', (queue, id) => queue.cancel(id)],
    ['redrives', async (queue) => void (await queue.redrive())],
    ['purges', async (queue) => void (await queue.purge())],
    ['pauses', (queue) => queue.pause()],
    ['pauses a group', (queue) => queue.pause({ group: 'g' })],
    ['resumes', (queue) => queue.resume()],
    ['looks at the depth', (queue) => queue.depth()],
    ['looks at messages', (queue) => collect(queue.messages())],
    ['looks for a receipt', (queue, id) => queue.receipt(id).status()],
    ['destroys', (queue) => queue.destroy()],
  ])('and %s changes nothing in the queue that was opened afresh, and hears of it', async (verb, ask) => {
    world.server.react = unreachable
    const sleeper = await asleep()
    const orders = world.open<string>(options)
    await orders.destroy()
    world.server.react = status(422)
    const afresh = world.open<string>(options)
    const dead = heard(afresh, 'dead-lettered')
    await afresh.enqueue('dead', { group: 'd' })
    await dead
    world.server.react = unreachable
    const { id } = await afresh.enqueue('fresh', { delay: 1_000_000 })
    const gone = heard(sleeper, 'destroyed')
    await (verb === 'destroys' ? ask(sleeper, id) : expect(ask(sleeper, id)).rejects.toMatchObject({ code: 'destroyed' }))
    await gone
    expect(await afresh.depth()).toMatchObject({ ready: 0, delayed: 1, dead: 1, paused: false, stopped: 0 })
    await expect(sleeper.enqueue('later')).rejects.toMatchObject({ code: 'destroyed' })
  })

  test('as it was leading settles nothing and sends nothing more', async () => {
    let answer!: (response: Response) => void
    world.server.next(() => new Promise((resolve) => (answer = resolve)))
    const sleeper = await asleep()
    await Promise.all(Array.from({ length: 100 }, (_, n) => sleeper.enqueue(`old ${n}`)))
    await world.server.arrived(1)
    await world.open<string>(options).destroy()
    world.server.react = unreachable
    const afresh = world.open<string>(options)
    await afresh.enqueue('fresh')
    const gone = heard(sleeper, 'destroyed')
    const events: string[] = []
    sleeper.subscribe(({ type }) => events.push(type))
    const before = world.server.arrivals.length
    world.server.react = status(200)
    answer(new Response())
    await gone
    await afresh.retryNow()
    await afresh.idle()
    expect(events).not.toContain('storage-failed')
    // What it had reserved it may send before it looks: promise 4.
    expect(world.server.bodies.slice(before).filter((body) => body !== 'fresh').length).toBeLessThanOrEqual(16)
    expect(world.server.bodies.at(-1)).toBe('fresh')
    expect(await afresh.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0, bytes: 0 })
  })

  test('in a page whose host is another since: what the first had not confirmed is not stored by the second', async () => {
    const events: QueueEvent[] = []
    const page = { events: (_: string, heard: readonly QueueEvent[]) => void events.push(...heard) } as unknown as HostPage
    const orders = world.open<string>()
    const { setup } = orders as unknown as { setup: Setup }
    const first = createHost({ platform: world.platform, page })
    await first.open(world.name, setup)
    const batch = { producer: 'p', number: 0, messages: [{ id: 'p.0.0', body: '"stale"' }] }
    expect(await first.enqueue(world.name, { ...batch, messages: [] })).toMatchObject({ ok: true })
    const { generation } = events.find(({ type }) => type === 'storage-opened') as QueueEvent & { type: 'storage-opened' }
    await first.close(world.name)
    await orders.destroy()
    const afresh = world.open<string>()
    const second = createHost({ platform: world.platform, page })
    await second.open(world.name, { ...setup, generation })
    expect(await second.enqueue(world.name, { ...batch, number: 1 })).toMatchObject({ ok: false, error: { code: 'destroyed' } })
    expect(events.at(-1)).toEqual({ type: 'destroyed' })
    await second.open(world.name, setup)
    expect(await second.enqueue(world.name, batch)).toMatchObject({ ok: true })
    await second.close(world.name)
    await afresh.idle()
    expect(world.server.bodies).toEqual(['stale'])
  })

  test('a page tells a host that takes the place of another what it knows', async () => {
    const orders = world.open<string>()
    const opened = heard(orders, 'storage-opened')
    await orders.depth()
    const { generation } = await opened
    expect((orders as unknown as { setup: Setup }).setup).toMatchObject({ generation })
  })

  const generationOf = (queue: Queue<string>): string | undefined => (queue as unknown as { setup: Setup }).setup.generation

  test('a page that has the queue open twice tells so also once the first is closed', async () => {
    const tab = world.openTab()
    const first = tab.open<string>()
    await first.depth()
    const second = tab.open<string>()
    await second.depth()
    expect(generationOf(second)).toBe(generationOf(first))
    await first.close()
    expect(generationOf(second)).toMatch(/:0$/)
  })

  test('a page whose storage was cleared knows the queue that it has since', async () => {
    const orders = world.open<string>()
    await orders.depth()
    const before = generationOf(orders)
    const cleared = heard(orders, 'storage-cleared')
    let isFirst = true
    mend = breakStorage(({ database }) => {
      if (!isFirst) return undefined
      isFirst = false
      database.close()
      return 'connection-closed'
    })
    await new Promise((resolve) => {
      const request = indexedDB.deleteDatabase(databaseName(world.name))
      request.addEventListener('success', resolve)
    })
    await orders.depth()
    const { generation } = await cleared
    expect(generation).not.toBe(before)
    expect(generationOf(orders)).toBe(generation)
  })

  test('and whose connection was lost as well finds out as it opens another', async () => {
    const sleeper = await asleep()
    await world.open<string>(options).destroy()
    const afresh = world.open<string>(options)
    world.server.react = unreachable
    await afresh.enqueue('fresh')
    let isFirst = true
    mend = breakStorage(({ mode }) => {
      const fault = isFirst && mode === 'readwrite' ? 'connection-closed' : undefined
      isFirst = false
      return fault
    })
    await expect(sleeper.enqueue('stale')).rejects.toMatchObject({ code: 'destroyed' })
    mend()
    expect(await left()).toHaveLength(1)
  })
})
