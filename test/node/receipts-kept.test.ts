import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silence, status } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

const keepReceipts = { age: 24 * 60 * 60 * 1_000, number: 100 }

let world: World
beforeEach(() => {
  world = new World()
  world.server.react = () => Response.json({ number: 7 }, { status: 201 })
})
afterEach(() => world.end())

describe('the receipt of a message that an earlier visit enqueued', () => {
  test('gives the answer that was kept, after a reload', async () => {
    const before = world.openTab()
    const { id, delivered } = await before.open<string>({ keepReceipts }).enqueue('a')
    await delivered
    await before.close()
    const receipt = world.open({ keepReceipts }).receipt(id)
    expect(await receipt.status()).toBe('accepted')
    expect(await receipt.delivered).toMatchObject({ status: 201, body: { number: 7 } })
  })

  test('gives the answer when it comes, where the message still waits', async () => {
    world.server.react = silence
    const before = world.openTab()
    const { id } = await before.open<string>().enqueue('a')
    await world.server.arrived(1)
    const closed = before.close()
    world.server.hangUp()
    await closed
    world.server.react = () => Response.json({ number: 8 })
    const orders = world.open()
    const { delivered } = orders.receipt(id)
    await orders.retryNow()
    expect(await delivered).toMatchObject({ body: { number: 8 } })
  })

  test('says that nobody knows, where nothing was to be kept', async () => {
    const orders = world.open<string>()
    const { id, delivered } = await orders.enqueue('a')
    await delivered
    const other = world.open()
    await expect(other.receipt(id).delivered).rejects.toMatchObject({ code: 'answer-unknown' })
    expect(await other.receipt(id).status()).toBe('unknown')
  })

  test('says how it died, and after a redrive a new one gives the answer', async () => {
    world.server.next(status(422))
    const orders = world.open<string>()
    const { id, delivered } = await orders.enqueue('a')
    await expect(delivered).rejects.toMatchObject({ code: 'dead-lettered' })
    const other = world.open()
    const before = other.receipt(id)
    await expect(before.delivered).rejects.toMatchObject({ code: 'dead-lettered', cause: { reason: 'rejected', status: 422 } })
    expect(await before.status()).toBe('dead')
    await orders.pause()
    await other.redrive([id])
    const after = other.receipt(id)
    const answer = after.delivered
    expect(await after.status()).toBe('ready')
    await orders.resume()
    expect(await answer).toMatchObject({ status: 201 })
    await expect(before.delivered).rejects.toMatchObject({ code: 'dead-lettered' })
  })

  test('says that it was cancelled, in the tab that holds it and in others', async () => {
    const orders = world.open<string>({ keepReceipts })
    await orders.pause()
    const { id, delivered } = await orders.enqueue('a')
    expect(await world.open({ keepReceipts }).cancel(id)).toBe('cancelled')
    await expect(delivered).rejects.toMatchObject({ code: 'cancelled' })
    await expect(world.open({ keepReceipts }).receipt(id).delivered).rejects.toMatchObject({ code: 'cancelled' })
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([])
  })
})

test('what was delivered while no page was open is found by the time it was last looked', async () => {
  const orders = world.open<string>({ keepReceipts })
  const first = await orders.enqueue('a')
  await first.delivered
  const since = world.clock.now()
  world.clock.advance(1_000)
  const second = await orders.enqueue('b')
  await second.delivered
  await orders.idle()
  const kept = await collect(world.open({ keepReceipts }).receipts({ since }))
  expect(kept).toMatchObject([{ id: second.id, settledAt: since + 1_000, answer: { status: 201, body: { number: 7 } } }])
  expect((await collect(orders.receipts())).map(({ id }) => id)).toEqual([first.id, second.id])
})

describe('a message that is the same as one in the queue', () => {
  const dedupKey = (body: string): string => body.slice(0, 1)

  test('has the receipt of the other, and is not sent', async () => {
    const orders = world.open<string>({ dedupKey })
    await orders.pause()
    const first = await orders.enqueue('a1')
    const second = await world.open<string>({ dedupKey }).enqueue('a2')
    expect(second.id).toBe(first.id)
    await orders.resume()
    expect(await Promise.all([first.delivered, second.delivered])).toMatchObject([{ body: { number: 7 } }, { body: { number: 7 } }])
    expect(world.server.bodies).toEqual(['a1'])
  })

  test('gives it its body where the latest is wanted', async () => {
    const orders = world.open<string>({ dedupKey, onDuplicate: 'latest' })
    await orders.pause()
    const [first, second] = [await orders.enqueue('a1'), await orders.enqueue('a2')]
    expect(second.id).toBe(first.id)
    await orders.resume()
    await Promise.all([first.delivered, second.delivered])
    expect(world.server.bodies).toEqual(['a2'])
  })

  test('takes its place where it replaces it, and the receipt of the other says so', async () => {
    const orders = world.open<string>({ dedupKey, onDuplicate: 'replace' })
    await orders.pause()
    const [first, between, second] = [await orders.enqueue('a1'), await orders.enqueue('b'), await orders.enqueue('a2')]
    await expect(first.delivered).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining(second.id) as string })
    await orders.resume()
    await Promise.all([between.delivered, second.delivered])
    expect(world.server.bodies).toEqual(['a2', 'b'])
  })
})

test('a queue that is full refuses what would be too much, message by message, and takes it when there is room', async () => {
  const orders = world.open<string>({ capacity: { messages: 2 } })
  await orders.pause()
  const results = await Promise.allSettled(['a', 'b', 'c'].map((body) => orders.enqueue(body)))
  expect(results).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }, { status: 'rejected', reason: { code: 'queue-full' } }])
  await orders.resume()
  await orders.idle()
  await (
    await orders.enqueue('d')
  ).delivered
  expect(world.server.bodies).toEqual(['a', 'b', 'd'])
})

describe('a group', () => {
  test('is idle when its own messages have left, delayed ones too, whatever others do', async () => {
    const orders = world.open<string>({ group: (body) => body.slice(0, 1) })
    await orders.pause({ group: 'b' })
    const accepted = heard(orders, 'accepted')
    await Promise.all([orders.enqueue('a1'), orders.enqueue('a2', { delay: 1_000 }), orders.enqueue('b')])
    let isIdle = false
    const idle = orders.idle({ group: 'a' }).then(() => (isIdle = true))
    await accepted
    expect(await orders.depth({ group: 'a' })).toMatchObject({ delayed: 1, ready: 0 })
    expect(isIdle).toBe(false)
    world.clock.advance(1_000)
    await idle
    expect(world.server.bodies).toEqual(['a1', 'a2'])
    await orders.idle({ group: 'nobody' })
  })
})
