import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueueEvent } from '../../src/index.ts'
import { breakStorage } from '../world/break-storage.ts'
import { silence, status } from '../world/fake-server.ts'
import { Life } from '../world/life.ts'
import { MortalPage, moment } from '../world/mortal-page.ts'
import { collect, heard, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'

describe('a worker that dies', () => {
  test('is started again at once, and asked again what it has not answered, in its order and before anything new', async () => {
    const page = new MortalPage()
    await heard(page.queue, 'host-started')
    const stored = await page.enqueue(1, 2, 3)
    page.answers = true
    page.host.die()
    stored.push(page.queue.enqueue(4))
    await Promise.all(stored)
    expect(page.hosts.map(({ asked }) => asked)).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3],
    ])
    expect(page.hosts[0]!.batches).toEqual(page.hosts[1]!.batches.slice(0, 3))
    await page.queue.close()
  })

  test('is told of, and so is that another has started; that one hears that its predecessor has died', async () => {
    const page = new MortalPage()
    const events: QueueEvent['type'][] = []
    page.queue.subscribe(({ type }) => void events.push(type))
    await moment()
    page.host.die()
    await moment()
    expect(events).toEqual(['host-started', 'host-lost', 'host-started'])
    expect(page.hosts.map(({ opened }) => opened.map(([name, , isAfterDeath]) => [name, isAfterDeath]))).toEqual([
      [['orders', undefined]],
      [['orders', true]],
    ])
    await page.queue.close()
  })

  test('again and again is started after pauses that grow; one that has lived for a minute, at once', async () => {
    const page = new MortalPage()
    await moment()
    for (const pause of [0, 1_000, 4_000, 15_000, 30_000, 30_000]) {
      const { tries } = page
      page.host.die()
      await moment()
      if (pause > 0) {
        expect(page.tries).toBe(tries)
        page.clock.advance(pause - 1)
        await moment()
        expect(page.tries).toBe(tries)
        page.clock.advance(1)
        await moment()
      }
      expect(page.tries).toBe(tries + 1)
    }
    page.clock.advance(60_000)
    page.host.die()
    await moment()
    expect(page.hosts).toHaveLength(8)
    await page.queue.close()
    expect(page.clock.armed).toBe(0)
  })

  test('and does not start again, three times, is given up, and who waits is told; whoever asks later has it tried again', async () => {
    const page = new MortalPage()
    const [stored] = await page.enqueue(1)
    const { delivered } = page.queue.receipt('some.0.0')
    const told = Promise.allSettled([stored, delivered])
    page.starts = false
    page.host.die()
    await moment()
    for (const pause of [1_000, 4_000]) {
      page.clock.advance(pause)
      await moment()
    }
    for (const result of await told) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'host-lost' } })
    expect(page.tries).toBe(4)
    page.starts = page.answers = true
    await page.queue.enqueue(2)
    expect(page.host.asked).toEqual([1])
    await page.queue.close()
  })

  test('of what it is asked, as four did before, is not asked that any more', async () => {
    const page = new MortalPage()
    const [poison] = await page.enqueue(1)
    const told = expect(poison).rejects.toMatchObject({ code: 'host-lost' })
    for (let deaths = 0; deaths < 5; deaths++) {
      page.host.die()
      await moment()
      page.clock.advance(page.clock.next ?? 0)
      await moment()
    }
    await told
    expect(page.hosts.map(({ asked }) => asked)).toEqual([[0], [0], [0], [0], [0], []])
    await page.queue.close()
  })

  test('as its queue closes is not started again', async () => {
    const page = new MortalPage()
    await moment()
    page.host.closes = false
    const closed = page.queue.close()
    await moment()
    page.host.die()
    await closed
    await moment()
    expect(page.tries).toBe(1)
  })

  test('a queue that is closed while the next one is made ready is open at none: nobody would ever close it there', async () => {
    const page = new MortalPage()
    const ofAnn = page.open({ identity: 'ann' })
    await moment()
    const { opening, release } = gate()
    page.started = (host) => (host.opening = opening)
    page.host.die()
    await moment()
    const closed = ofAnn.close()
    await moment()
    release()
    await closed
    await moment()
    expect(page.hosts).toHaveLength(2)
    expect(page.host.lives).toEqual(['open orders', 'open orders@ann', 'close orders@ann'])
    await page.queue.close()
  })

  test('in the midst of `destroy()`: the next one finds that it was done, and so it is', async () => {
    const page = new MortalPage()
    await moment()
    const destroyed = page.queue.destroy()
    await moment()
    page.started = (host) => (host.isEmpty = true)
    page.host.die()
    await destroyed
    await expect(page.queue.destroy()).rejects.toMatchObject({ code: 'destroyed' })
  })

  test('a queue that was being closed is not opened at the next one', async () => {
    const page = new MortalPage()
    const ofAnn = page.open({ identity: 'ann' })
    await moment()
    page.host.closes = false
    const closed = ofAnn.close()
    await moment()
    page.host.die()
    await closed
    expect(page.host.lives).not.toContain('open orders@ann')
    await page.queue.close()
  })
})

function gate(): { opening: Promise<void>; release: () => void } {
  let release = (): void => {}
  const opening = new Promise<void>((resolve) => (release = resolve))
  return { opening, release }
}

describe('with a whole host', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  const mends: (() => void)[] = []
  afterEach(() =>
    mends
      .splice(0)
      .reverse()
      .forEach((mend) => mend()),
  )

  const openTab = (): Tab => world.openTab({}, undefined, undefined, new Life(() => {}))

  test('a receipt and idle that wait while the worker dies resolve: the next one delivers', async () => {
    const tab = openTab()
    const orders = tab.open<string>()
    world.server.next(silence)
    const { delivered } = await orders.enqueue('x')
    const idle = orders.idle()
    await world.server.arrived(1)
    tab.crash()
    await world.passUntil(Promise.all([delivered, idle]))
    expect(world.server.bodies).toEqual(['x', 'x'])
  })

  test.each([
    ['in a queue that is one group', {}, ['a', 'poison', 'b', 'c']],
    ['among groups', { group: (body: string) => body, concurrency: 4 }, ['a', 'b', 'c', 'poison', 'd', 'e']],
  ])('a message that its worker dies of each time ends as a dead letter, and no other is blamed: %s', async (_, options, bodies) => {
    const tab = openTab()
    world.server.react = async (request) => {
      if ((await request.text()) !== '"poison"') return Response.json({})
      tab.crash()
      return silence(request)
    }
    const orders = tab.open<string>({ maxAttempts: 3, ...options })
    await world.passUntil(Promise.all(bodies.map((body) => orders.enqueue(body))))
    await world.passUntil(orders.idle())
    const [letter, ...others] = await collect(orders.deadLetters())
    expect(others).toEqual([])
    expect(letter).toMatchObject({ body: 'poison', reason: 'attempts-exhausted', attempts: 0, maybeDelivered: true })
    expect(letter?.trail?.map(({ result }) => result)).toEqual(['crashed', 'crashed', 'crashed'])
    expect(new Set(world.server.bodies)).toEqual(new Set(bodies))
  })

  test('a message that was being sent when a worker died is blamed for no more than that: the storage fails under the next one, time and again', async () => {
    const tab = openTab()
    const orders = tab.open<string>({ maxAttempts: 2 })
    world.server.next(silence)
    await orders.enqueue('x')
    await world.server.arrived(1)
    let failures = 0
    // What the message was answered is not written.
    world.server.react = () => {
      let isFirst = true
      const mended = breakStorage(({ mode, stores }) => {
        if (!isFirst || mode !== 'readwrite' || !stores.includes('receipts')) return undefined
        isFirst = false
        return 'refused'
      })
      if (failures++ === 3) mended()
      else mends.push(mended)
      return new Response()
    }
    tab.crash()
    await world.passUntil(orders.idle())
    expect(failures).toBeGreaterThan(3)
    expect(await collect(orders.deadLetters())).toEqual([])
  })

  test('nor is one that has been answered since', async () => {
    const tab = openTab()
    const orders = tab.open<string>({ maxAttempts: 1 })
    world.server.next(silence, status(503))
    const { delivered } = await orders.enqueue('x')
    await world.server.arrived(1)
    const waits = heard(orders, 'retry-scheduled')
    tab.crash()
    await world.passUntil(waits)
    tab.crash()
    await world.passUntil(delivered)
    expect(await collect(orders.deadLetters())).toEqual([])
  })
})
