import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Queue } from '../../src/producer/queue.ts'
import { FakeWindow } from '../world/fake-window.ts'
import { MortalPage, moment } from '../world/mortal-page.ts'
import { heard } from '../world/world.ts'

let view: FakeWindow
beforeEach(() => {
  view = new FakeWindow()
  view.install()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const bodiesOf = ({ host }: MortalPage): string[] => host.batches.flatMap(({ messages }) => messages.map(({ body }) => body as string))

/** A page that was left while nothing of what it had enqueued was confirmed. */
async function leftPage(...bodies: number[]): Promise<MortalPage> {
  const page = new MortalPage()
  void (await page.enqueue(...bodies))
  view.tell('pagehide', false)
  return page
}

test('what is not known to be stored when a page leaves, the next page has stored, in the same batches and before anything of its own', async () => {
  const page = await leftPage(1, 2)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(3)
  expect(bodiesOf(next)).toEqual(['1', '2', '3'])
  expect(next.host.batches.slice(0, 2)).toMatchObject(page.host.batches)
  expect(view.left).toEqual([])
})

test('nothing is written down of a queue that is encrypted', async () => {
  const page = new MortalPage({ encryption: () => ({ keys: {}, current: null }) })
  void (await page.enqueue(1))
  view.tell('pagehide', false)
  void page.queue.enqueue(2)
  expect(view.left).toEqual([])
})

test('so is what is enqueued while the page leaves, or when it has no host yet; what is stored is not kept', async () => {
  let now = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => ++now)
  const page = new MortalPage()
  page.answers = true
  await Promise.all(await page.enqueue(1))
  page.answers = false
  void page.queue.enqueue(2)
  view.tell('pagehide', false)
  void page.queue.enqueue(3)
  const early = new MortalPage()
  void early.queue.enqueue(4)
  view.tell('pagehide', false)
  void early.queue.enqueue(5)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(6)
  expect(bodiesOf(next)).toEqual(['2', '3', '4', '5', '6'])
})

test('a page that comes back has its host started again and asks it again; what it had written down is gone when it is stored', async () => {
  const page = new MortalPage()
  const stored = await page.enqueue(1, 2)
  view.tell('pagehide', true)
  expect(page.host.isStopped).toBe(true)
  expect(view.left).toHaveLength(2)
  stored.push(page.queue.enqueue(3))
  await moment()
  expect(page.hosts).toHaveLength(1)
  page.answers = true
  view.tell('pageshow', true)
  await Promise.all(stored)
  expect(page.hosts).toHaveLength(2)
  expect(bodiesOf(page)).toEqual(['1', '2', '3'])
  expect(page.host.opened).toEqual([['orders', expect.anything(), false]])
  expect(view.left).toEqual([])
  await page.queue.close()
})

test('a host that keeps its messages in memory is not ended as its page leaves: they would be gone when that comes back', async () => {
  const page = new MortalPage({ blockedStorage: 'memory' })
  page.isInMemory = true
  page.answers = true
  await page.queue.enqueue(1)
  view.tell('pagehide', true)
  expect(page.host.isStopped).toBe(false)
  view.tell('pageshow', true)
  await page.queue.enqueue(2)
  expect(page.hosts).toHaveLength(1)
  expect(bodiesOf(page)).toEqual(['1', '2'])
  await page.queue.close()
})

test('a queue that may not be kept in memory is refused by a host that keeps others there', async () => {
  const page = new MortalPage({ blockedStorage: 'memory' })
  page.isInMemory = true
  page.answers = true
  await page.queue.enqueue(1)
  const other = page.open()
  await expect(other.enqueue(2)).rejects.toMatchObject({ code: 'unsupported' })
  await page.queue.enqueue(3)
  expect(bodiesOf(page)).toEqual(['1', '3'])
  await Promise.all([page.queue.close(), other.close()])
})

test('a page that the browser freezes is a page that leaves; one that is only out of sight keeps its host, and has written down what is not stored', async () => {
  const page = new MortalPage()
  void (await page.enqueue(1))
  view.hide()
  expect(page.host.isStopped).toBe(false)
  expect(view.left).toHaveLength(1)
  view.tellDocument('freeze')
  expect(page.host.isStopped).toBe(true)
  page.answers = true
  const started = heard(page.queue, 'host-started')
  view.tellDocument('resume')
  await started
  await page.queue.enqueue(2)
  expect(bodiesOf(page)).toEqual(['1', '2'])
  await page.queue.close()
})

test('a page that has the queue open takes over at once what another leaves behind', async () => {
  const next = new MortalPage()
  next.answers = true
  await moment()
  await leftPage(1)
  view.tellStored(view.left[0]!)
  await moment()
  expect(bodiesOf(next)).toEqual(['1'])
  expect(view.left).toEqual([])
})

test('where not all can be written down, nothing is that comes after the first that cannot: it would pass for stored', async () => {
  const page = new MortalPage()
  void (await page.enqueue(1))
  view.room = 400
  void page.queue.enqueue('x'.repeat(500) as unknown as number)
  await moment()
  void (await page.enqueue(2))
  view.tell('pagehide', false)
  expect(view.left).toHaveLength(1)
})

test('no capacity refuses what was left: there is nobody who could be told', async () => {
  await leftPage(1)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(2)
  expect(next.host.batches.map(({ isRelayed }) => isRelayed)).toEqual([true, undefined])
})

test('what cannot be stored now stays where it is, for the next page; what nobody can read does not', async () => {
  await leftPage(1)
  view.storage['holdfast/orders/left/x/0'] = 'nonsense'
  view.storage['holdfast/orders/left/x/1'] = JSON.stringify({ at: 1, batch: { producer: 'x', number: 1, messages: [{ id: 1 }] } })
  view.storage['holdfast/others/left/x/1'] = 'not ours'
  const next = new MortalPage()
  await moment()
  expect(view.left).toHaveLength(2)
  expect(bodiesOf(next)).toEqual(['1'])
})

test('a delay and a time to live go on while nobody is there', async () => {
  const page = new MortalPage()
  void page.queue.enqueue(1, { delay: 5_000, ttl: 6_000 })
  await moment()
  view.tell('pagehide', false)
  const then = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(then + 4_000)
  const next = new MortalPage()
  await moment()
  const [message] = next.host.batches[0]!.messages
  expect(message).toMatchObject({ delay: expect.closeTo(1_000, -2), ttl: expect.closeTo(2_000, -2) })
})

test('the batches of one page are stored in their order, though the clock was set back between them', async () => {
  const page = new MortalPage()
  void (await page.enqueue(1))
  view.hide()
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000)
  void (await page.enqueue(2))
  view.tell('pagehide', false)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(3)
  expect(bodiesOf(next)).toEqual(['1', '2', '3'])
})

test('until a page has loaded, what it enqueues is written down as it is sent: WebKit may tell it nothing of its end', async () => {
  view.readyState = 'interactive'
  const page = new MortalPage()
  void (await page.enqueue(1))
  expect(view.left).toHaveLength(1)
  view.readyState = 'complete'
  void (await page.enqueue(2))
  expect(view.left).toHaveLength(1)
  page.answers = true
  page.host.die()
  await page.queue.enqueue(3)
  expect(view.left).toEqual([])
})

test('what a page that has not loaded has written down it has stored once, as its own, so that a capacity counts and others hear of it once', async () => {
  view.readyState = 'loading'
  const page = new MortalPage()
  page.answers = true
  const again = page.open()
  await Promise.all([page.queue.enqueue(1), again.enqueue(2)])
  expect(page.host.batches.map(({ isRelayed }) => isRelayed)).toEqual([undefined, undefined])
  expect(view.left).toEqual([])
})

test('a page that is told of its end by nothing but beforeunload writes down as well, and listens no longer than it matters', async () => {
  const page = new MortalPage()
  void (await page.enqueue(1))
  view.tellUnload()
  expect(view.left).toHaveLength(1)
  page.answers = true
  page.host.die()
  await page.queue.enqueue(2)
  page.answers = false
  expect(view.left).toEqual([])
  view.tellUnload()
  expect(view.left).toEqual([])
})

test('what one has left is for no other who signs in', async () => {
  const ofAnn = new MortalPage({ identity: 'ann' })
  void (await ofAnn.enqueue(1))
  view.tell('pagehide', false)
  for (const identity of ['bob', undefined]) {
    const other = new MortalPage(identity === undefined ? {} : { identity })
    other.answers = true
    await other.queue.enqueue(2)
    expect(bodiesOf(other)).toEqual(['2'])
  }
  const back = new MortalPage({ identity: 'ann' })
  back.answers = true
  await back.queue.enqueue(3)
  expect(bodiesOf(back)).toEqual(['1', '3'])
})

test.each([
  ['was destroyed since is dropped', 'a:1', ['2']],
  ['is the same is stored', 'a:0', ['1', '2']],
  ['has lost its storage since is stored', 'b:0', ['1', '2']],
])('what was left for a queue that %s', async (_, generation, stored) => {
  const page = new MortalPage({}, 'a:0')
  page.answers = true
  await page.queue.enqueue(0)
  page.answers = false
  void (await page.enqueue(1))
  view.tell('pagehide', false)
  const next = new MortalPage({}, generation)
  next.answers = true
  await next.queue.enqueue(2)
  expect(bodiesOf(next)).toEqual(stored)
  expect(view.left).toEqual([])
})

test('what was left goes with the queue that is destroyed, and what is for the next stays', async () => {
  const page = new MortalPage({}, 'a:0')
  page.answers = true
  await page.queue.enqueue(0)
  const left = (number: number, generation: string): void => {
    const batch = { producer: 'p', number, messages: [{ id: `p.${number}.0`, body: '7' }] }
    view.storage[`holdfast/orders/left/p/${number}`] = JSON.stringify({ at: Date.now(), generation, batch })
  }
  left(1, 'a:0')
  left(2, 'a:1')
  page.host.page.events('orders', [{ type: 'destroyed' }])
  expect(view.left).toEqual(['holdfast/orders/left/p/2'])
})

test('what cannot be written down is not made text of either: a large file of a form would hold up the page as it leaves', async () => {
  const page = new MortalPage()
  const file = new Uint8Array(800_000)
  void page.queue.enqueueRequest(new Request('https://shop.example/orders', { method: 'POST', body: file }))
  await moment()
  const stringify = vi.spyOn(JSON, 'stringify')
  view.tell('pagehide', false)
  expect(stringify).not.toHaveBeenCalled()
  expect(view.left).toEqual([])
})

test('the bytes of a request are left too, and taken over as they were, in their order', async () => {
  const page = new MortalPage()
  const bytes = Uint8Array.from({ length: 20_000 }, (_, place) => (place * 7) % 256)
  void page.queue.enqueue(1)
  void page.queue.enqueueRequest(
    new Request('https://shop.example/photos', { method: 'PUT', body: bytes, headers: { 'content-type': 'image/png' } }),
  )
  await moment()
  void page.queue.enqueue(2)
  view.tell('pagehide', false)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(3)
  const messages = next.host.batches.flatMap((batch) => batch.messages)
  expect(messages.map(({ body }) => (typeof body === 'string' ? body : 'bytes'))).toEqual(['1', 'bytes', '2', '3'])
  expect(messages[1]).toMatchObject({ body: bytes, request: { method: 'PUT', url: 'https://shop.example/photos' } })
  expect(view.left).toEqual([])
})

test('what stands behind a file that is being read does not wait for it when its page leaves, and what comes then does not either', async () => {
  const page = new MortalPage()
  const queue = page.queue as unknown as Queue<unknown>
  const unread = (): Blob => Object.assign(new Blob(['x']), { arrayBuffer: () => new Promise(() => {}) })
  void queue.enqueue(1)
  void queue.enqueue(unread())
  void queue.enqueue(2)
  void queue.enqueue(unread())
  void queue.enqueue(3)
  await moment()
  expect(bodiesOf(page)).toEqual(['1'])
  view.tell('pagehide', true)
  void queue.enqueue(4)
  await moment()
  expect(view.left).toHaveLength(3)
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(5)
  expect(bodiesOf(next)).toEqual(['1', '2', '3', '4', '5'])
  // It comes back after all: whoever comes now waits as before.
  view.tell('pageshow', true)
  void queue.enqueue(6)
  await moment()
  expect(page.hosts.flatMap(({ batches }) => batches.flatMap(({ messages }) => messages.map(({ body }) => body)))).not.toContain('6')
})

test('what was left whose bytes are none is in nobody’s way', async () => {
  const batch = { producer: 'p', number: 0, messages: [{ id: 'p.0.0', body: { base64: '§' } }] }
  view.storage['holdfast/orders/left/p/0'] = JSON.stringify({ at: 0, batch })
  const next = new MortalPage()
  next.answers = true
  await next.queue.enqueue(2)
  expect(bodiesOf(next)).toEqual(['2'])
  expect(view.left).toEqual([])
})

test('what was left that says nothing sensible of its generation is in nobody’s way', async () => {
  const batch = { producer: 'p', number: 0, messages: [{ id: 'p.0.0', body: '7' }] }
  view.storage['holdfast/orders/left/p/0'] = JSON.stringify({ at: 0, generation: 7, batch })
  await leftPage(1)
  const next = new MortalPage({}, 'a:0')
  next.answers = true
  await next.queue.enqueue(2)
  expect(bodiesOf(next)).toEqual(['1', '2'])
})
