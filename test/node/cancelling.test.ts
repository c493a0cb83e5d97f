import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status } from '../world/fake-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

describe('a message that is cancelled', () => {
  test('while it waits is never sent, in another tab and after a reload too, and its receipt says so', async () => {
    const orders = world.open({ keepReceipts: { age: 60_000, number: 10 } })
    await orders.pause()
    const [first, second, third] = await Promise.all(['1', '2', '3'].map((body) => orders.enqueue(body)))
    const other = world.open({ keepReceipts: { age: 60_000, number: 10 } })
    const told = heard(orders, 'cancelled')
    expect(await other.cancel(second!.id)).toBe('cancelled')
    expect(await told).toEqual({ type: 'cancelled', id: second!.id, maybeDelivered: false })
    await expect(second!.delivered).rejects.toMatchObject({ code: 'cancelled' })
    expect(await other.cancel(second!.id)).toBe('unknown')
    await Promise.all([orders.close(), other.close()])
    const again = world.open({ keepReceipts: { age: 60_000, number: 10 } })
    expect((await collect(again.messages())).map(({ id }) => id)).toEqual([first!.id, third!.id])
    await again.resume()
    await again.idle()
    expect(world.server.bodies).toEqual(['1', '3'])
    expect(await again.receipt(second!.id).status()).toBe('cancelled')
    expect(await again.depth()).toMatchObject({ ready: 0, bytes: 0 })
  })

  test('while it waits for a retry holds up its group no longer', async () => {
    world.server.next(status(500))
    const orders = world.open()
    const failed = heard(orders, 'retry-scheduled')
    const { id } = await orders.enqueue('1')
    const next = await orders.enqueue('2')
    await failed
    expect(await orders.cancel(id)).toBe('cancelled')
    await next.delivered
    expect(world.server.bodies).toEqual(['1', '2'])
  })

  test('while its group is behind lets that go on', async () => {
    world.server.next(status(500))
    const orders = world.open<string>({ group: () => 'a' })
    const failed = heard(orders, 'retry-scheduled')
    const { id } = await orders.enqueue('1')
    const next = await orders.enqueue('2')
    await failed
    expect(await orders.cancel(id)).toBe('cancelled')
    await next.delivered
    expect(await orders.depth()).toMatchObject({ ready: 0, bytes: 0 })
  })

  test('while it is under way is answered so, and nothing changes, unless it is to be aborted', async () => {
    world.server.react = silence
    const orders = world.open()
    const { id, delivered } = await orders.enqueue('1')
    await world.server.arrived(1)
    expect(await orders.cancel(id)).toBe('leased')
    const told = heard(orders, 'cancelled')
    const other = world.open()
    expect(await other.cancel(id, { abort: true })).toBe('aborted')
    expect(await told).toMatchObject({ id, maybeDelivered: true })
    await expect(delivered).rejects.toMatchObject({ code: 'cancelled' })
    world.server.react = () => Response.json({})
    await (
      await orders.enqueue('2')
    ).delivered
    expect(world.server.bodies).toEqual(['1', '2'])
    expect(await orders.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
  })

  test('300 at once leave nothing behind, and the drain passes them without a request', async () => {
    const orders = world.open<number>()
    await orders.pause()
    const receipts = await Promise.all(Array.from({ length: 300 }, (_, n) => orders.enqueue(n)))
    await Promise.all(receipts.slice(1, -1).map(({ id }) => orders.cancel(id)))
    expect(await orders.depth()).toMatchObject({ ready: 2 })
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([0, 299])
  })
})

describe('a delayed message', () => {
  test('is sent when it is due and not before, though the page was closed meanwhile', async () => {
    const orders = world.open<string>()
    await orders.enqueue('later', { delay: 3_600_000 })
    await (
      await orders.enqueue('now')
    ).delivered
    await orders.close()
    world.clock.advance(1_800_000)
    const again = world.open<string>()
    await world.clock.armedWithin(60_000)
    expect(world.server.bodies).toEqual(['now'])
    expect(await again.depth()).toMatchObject({ ready: 0, delayed: 1 })
    await again.close()
    world.clock.advance(1_800_000)
    const last = world.open<string>()
    await last.idle()
    expect(world.server.bodies).toEqual(['now', 'later'])
  })

  test('is due to the millisecond while the page is open, and stands behind what was enqueued before that', async () => {
    const orders = world.open<string>()
    await orders.pause()
    await orders.enqueue('later', { delay: 5_000 })
    await orders.enqueue('before')
    await world.clock.armedWithin(5_000)
    world.clock.advance(4_999)
    expect(await orders.depth()).toMatchObject({ delayed: 1 })
    const joined = heard(orders, 'joined')
    world.clock.advance(1)
    await joined
    await orders.enqueue('after')
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual(['before', 'later', 'after'])
  })

  test('waits no longer and no shorter where the clock is set back a day', async () => {
    const orders = world.open<string>()
    await orders.enqueue('first')
    await orders.idle()
    await orders.enqueue('later', { delay: 10_000 })
    await world.clock.armedWithin(10_000)
    world.clock.jump(-86_400_000)
    world.clock.advance(9_999)
    expect(await orders.depth()).toMatchObject({ delayed: 1 })
    const accepted = heard(orders, 'accepted')
    world.clock.advance(1)
    await accepted
    expect(world.server.bodies).toEqual(['first', 'later'])
  })

  test('that is cancelled is never sent', async () => {
    const orders = world.open<string>()
    const { id } = await orders.enqueue('later', { delay: 1_000 })
    expect(await orders.cancel(id)).toBe('cancelled')
    await orders.idle()
    world.clock.advance(60_000)
    await (
      await orders.enqueue('now')
    ).delivered
    expect(world.server.bodies).toEqual(['now'])
  })
})

describe('autosave while offline', () => {
  test('sends the newest body once, and while one is under way keeps one waiting with the newest', async () => {
    const drafts = world.open<string>({ dedupKey: () => 'draft', onDuplicate: 'latest' })
    await drafts.pause()
    const receipts = await Promise.all(Array.from({ length: 50 }, (_, n) => drafts.enqueue(`v${n}`)))
    expect(await drafts.depth()).toMatchObject({ ready: 1 })
    const answer = world.server.holdNext()
    await drafts.resume()
    await world.server.arrived(1)
    for (let n = 50; n < 60; n++) await drafts.enqueue(`v${n}`)
    expect(await drafts.depth()).toMatchObject({ ready: 1, leased: 1 })
    answer()
    await drafts.idle()
    expect(world.server.bodies).toEqual(['v49', 'v59'])
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(1)
    await Promise.all(receipts.map(({ delivered }) => delivered))
  })
})

describe('a message that was redriven', () => {
  test('goes out as it was sent, though the next release of the app would write it otherwise', async () => {
    world.server.next(status(422))
    const before = world.open<string>()
    const dead = heard(before, 'dead-lettered')
    await before.enqueue('a')
    await dead
    await before.close()
    const after = world.open<string>({ version: 2, upcast: (body) => `${String(body)}2` })
    await after.redrive()
    await after.idle()
    expect(world.server.bodies).toEqual(['a', 'a'])
  })

  test('has its dedup key again', async () => {
    world.server.next(status(422))
    const orders = world.open<string>({ dedupKey: () => 'k' })
    const dead = heard(orders, 'dead-lettered')
    const first = await orders.enqueue('a')
    await dead
    await orders.pause()
    await orders.redrive()
    expect((await orders.enqueue('b')).id).toBe(first.id)
  })
})

test('a delayed message that was cancelled leaves a receipt', async () => {
  const orders = world.open<string>({ keepReceipts: { age: 60_000, number: 1 } })
  const { id } = await orders.enqueue('later', { delay: 1_000 })
  await orders.cancel(id)
  expect(await orders.receipt(id).status()).toBe('cancelled')
  expect(await collect(orders.receipts())).toEqual([{ id, settledAt: world.clock.now() }])
  world.clock.advance(60_000)
  expect(await collect(orders.receipts())).toEqual([])
  expect(await orders.receipt(id).status()).toBe('unknown')
})

test('a delayed message that another updates is due when that is', async () => {
  const orders = world.open<string>({ dedupKey: () => 'k', onDuplicate: 'latest' })
  await orders.enqueue('a', { delay: 500_000 })
  const updated = heard(orders, 'updated')
  await orders.enqueue('b', { delay: 1_000 })
  await updated
  await world.clock.armedWithin(1_000)
  const accepted = heard(orders, 'accepted')
  world.clock.advance(1_000)
  await accepted
  expect(world.server.bodies).toEqual(['b'])
})

test('when the connection returns, groups that wait for a retry are tried at once, but for those that the server has asked to wait', async () => {
  world.server.next(status(500), () => new Response('', { status: 409, headers: { 'retry-after': '60' } }))
  const tab = world.openTab()
  const orders = tab.open<string>({ order: 'group', concurrency: 2 })
  const scheduled: string[] = []
  const bothWait = new Promise<void>((resolve) => {
    orders.subscribe((event) => {
      if (event.type === 'retry-scheduled' && scheduled.push(event.id) === 2) resolve()
    })
  })
  await Promise.all(['a', 'b'].map((group) => orders.enqueue(group, { group })))
  await bothWait
  const accepted = heard(orders, 'accepted')
  await tab.signal('online')
  await accepted
  await world.clock.armedWithin(60_000)
  expect(world.server.bodies).toEqual(['a', 'b', 'a'])
})

describe('whoever waits for the queue to be idle', () => {
  test('hears of it when the last message is cancelled while the queue is paused', async () => {
    const orders = world.open<string>()
    await orders.pause()
    const { id } = await orders.enqueue('1')
    const idle = orders.idle()
    await turns()
    await orders.cancel(id)
    await idle
  })

  test('hears of it when the last message is cancelled that is delayed', async () => {
    const orders = world.open<string>()
    const { id } = await orders.enqueue('1', { delay: 3_600_000 })
    const idle = orders.idle()
    await turns()
    await orders.cancel(id)
    await idle
  })
})
