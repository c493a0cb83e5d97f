import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Answer, Death } from '../../src/message/message.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { FakeHost } from '../world/fake-host.ts'
import { collect } from '../world/world.ts'

const id = 'earlier.0.0'
const answer: Answer = { status: 200, headers: {}, body: { number: 7 } }
const death: Death = { reason: 'expired', deadAt: 1, attempts: 0, status: 0, excerpt: '' }

let host: FakeHost
let orders: Queue<string>
/** What the page is told by the browser. */
let page: EventTarget

beforeEach(() => {
  page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  host = new FakeHost()
  orders = host.open<string>()
})

afterEach(async () => {
  await orders.close()
  vi.unstubAllGlobals()
})

/** The browser shows the page again, out of its back/forward cache or not. */
function show(persisted: boolean): void {
  page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))
}

const looks = (): number => host.calls.flatMap(([verb, ids]) => (verb === 'standings' ? (ids as string[]) : [])).length

describe('the receipt of a message that was enqueued before', () => {
  test('gives the answer that was kept', async () => {
    host.standings.set(id, { state: 'accepted', answer })
    expect(await orders.receipt(id).delivered).toEqual(answer)
  })

  test('of one that waits gives the answer when it comes', async () => {
    host.standings.set(id, { state: 'delayed' })
    const { delivered } = orders.receipt(id)
    await orders.depth()
    host.tell({ type: 'accepted', id, answer })
    expect(await delivered).toEqual(answer)
  })

  test('heeds what is told while it asks, and not the answer that was on its way', async () => {
    let answered!: () => void
    host.held = new Promise((resolve) => (answered = resolve))
    const { delivered } = orders.receipt(id)
    await orders.depth()
    host.tell({ type: 'accepted', id, answer })
    answered()
    expect(await delivered).toEqual(answer)
  })

  test.each([
    [{ state: 'dead', death } as const, { code: 'dead-lettered', cause: death }],
    [{ state: 'cancelled', maybeDelivered: false } as const, { code: 'cancelled', message: `Message ${id} was cancelled` }],
    [
      { state: 'cancelled', maybeDelivered: true } as const,
      { code: 'cancelled', message: `Message ${id} was cancelled; perhaps it was delivered before, perhaps not` },
    ],
    [{ state: 'unknown' } as const, { code: 'answer-unknown' }],
  ])('tells of %j', async (standing, error) => {
    host.standings.set(id, standing)
    await expect(orders.receipt(id).delivered).rejects.toMatchObject(error)
  })

  test('asks nothing before its answer is wanted, and then once', async () => {
    host.standings.set(id, { state: 'ready' })
    const receipt = orders.receipt(id)
    await orders.depth()
    expect(looks()).toBe(0)
    expect(receipt.delivered).toBe(receipt.delivered)
    await orders.depth()
    expect(looks()).toBe(1)
    host.tell({ type: 'accepted', id, answer })
    await receipt.delivered
  })

  test('is shared by all who want it', async () => {
    host.standings.set(id, { state: 'ready' })
    const all = Promise.all([orders.receipt(id).delivered, orders.receipt(id).delivered])
    await orders.depth()
    host.tell({ type: 'accepted', id, answer })
    expect(await all).toEqual([answer, answer])
  })

  test('that was rejected stays so after a redrive, and a new one hears the answer', async () => {
    host.standings.set(id, { state: 'dead', death })
    const before = orders.receipt(id)
    await expect(before.delivered).rejects.toMatchObject({ code: 'dead-lettered' })
    host.standings.set(id, { state: 'ready' })
    host.tell({ type: 'redriven', id })
    const after = orders.receipt(id)
    const { delivered } = after
    await orders.depth()
    host.tell({ type: 'accepted', id, answer })
    expect(await delivered).toEqual(answer)
    await expect(before.delivered).rejects.toMatchObject({ code: 'dead-lettered' })
  })

  test('is told when the site’s data was cleared, and when the queue is closed', async () => {
    host.standings.set(id, { state: 'ready' })
    host.standings.set('another', { state: 'ready' })
    const cleared = expect(orders.receipt(id).delivered).rejects.toMatchObject({ code: 'storage-cleared' })
    await orders.depth()
    host.tell({ type: 'storage-cleared', generation: 'b:0', waiting: 1, dead: 0 })
    await cleared
    const closed = expect(orders.receipt('another').delivered).rejects.toMatchObject({ code: 'closed' })
    await orders.depth()
    await orders.close()
    await closed
    expect(() => orders.receipt(id)).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  test.each([[''], [7], [undefined]])('is not to be had for %j', (wrong) => {
    expect(() => orders.receipt(wrong as string)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('Expected `id`') as string }),
    )
  })
})

test('a receipt says where its message stands', async () => {
  const receipt = await orders.enqueue('a')
  host.standings.set(receipt.id, { state: 'leased' })
  expect(await receipt.status()).toBe('leased')
  host.standings.set(receipt.id, { state: 'accepted', answer })
  expect(await receipt.status()).toBe('accepted')
  expect(await orders.receipt('never').status()).toBe('unknown')
})

test('a message that is cancelled, or replaced by another, rejects its receipt', async () => {
  const [first, second] = await Promise.all([orders.enqueue('a'), orders.enqueue('b')])
  host.tell({ type: 'cancelled', id: first.id, maybeDelivered: false }, { type: 'replaced', id: second.id, by: 'x.1.0' })
  await expect(first.delivered).rejects.toMatchObject({ code: 'cancelled' })
  await expect(second.delivered).rejects.toMatchObject({ code: 'cancelled', message: `Message ${second.id} was replaced by x.1.0` })
})

test('a message that only got another body keeps its receipt', async () => {
  const { id, delivered } = await orders.enqueue('a')
  host.tell({ type: 'updated', id }, { type: 'joined', id }, { type: 'accepted', id, answer })
  expect(await delivered).toEqual(answer)
})

describe('a page that comes back out of the back/forward cache', () => {
  test('asks what became of the messages whose answers are wanted', async () => {
    const [wanted, other, gone] = await Promise.all([orders.enqueue('a'), orders.enqueue('b'), orders.enqueue('c')])
    const { delivered } = wanted
    const lost = expect(gone.delivered).rejects.toMatchObject({ code: 'answer-unknown' })
    expect(looks()).toBe(0)
    host.standings.set(wanted.id, { state: 'accepted', answer })
    show(true)
    expect(await delivered).toEqual(answer)
    await lost
    expect(looks()).toBe(2)
    // What nobody had asked for is asked for when somebody does.
    host.standings.set(other.id, { state: 'dead', death })
    await expect(other.delivered).rejects.toMatchObject({ code: 'dead-lettered' })
  })

  test('goes on listening for those that still wait', async () => {
    const { id, delivered } = await orders.enqueue('a')
    void delivered
    host.standings.set(id, { state: 'leased' })
    show(true)
    await orders.depth()
    host.tell({ type: 'accepted', id, answer })
    expect(await delivered).toEqual(answer)
  })

  test('looks again whether the queue is idle', async () => {
    host.waiting = [{ id, body: '1', bytes: 1, state: 'ready', enqueuedAt: 1 }]
    const idle = orders.idle()
    await orders.depth()
    host.waiting = []
    show(true)
    await idle
  })

  test('does not ask where it was only loaded, or when its queue is closed', async () => {
    const { delivered } = await orders.enqueue('a')
    const told = expect(delivered).rejects.toMatchObject({ code: 'closed' })
    show(false)
    await orders.close()
    show(true)
    await told
    expect(looks()).toBe(0)
  })
})

describe('what was kept', () => {
  test('is listed from the oldest, page by page', async () => {
    expect((await collect(orders.receipts())).map((kept) => kept.id)).toEqual(['old.0', 'old.1', 'old.2', 'old.3'])
  })

  test('may be asked for since a time', async () => {
    expect((await collect(orders.receipts({ since: 1_000 }))).map((kept) => kept.id)).toEqual(['old.2', 'old.3'])
  })

  test.each([[{ since: 'yesterday' }], [{ since: NaN }], [{ sinse: 1 }], [null]])('is not to be had for %j', async (filter) => {
    await expect(collect(orders.receipts(filter as { since: number }))).rejects.toMatchObject({ code: 'invalid-option' })
  })
})
