import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { defineQueue } from '../../src/message/definition.ts'
import type { FakeHost } from '../world/fake-host.ts'

const endpoint = 'https://shop.example/orders'

/** What the service worker was asked: tags to be called for, and messages. */
let tags: string[]
let posted: unknown[]
let leave: () => void
// A page of its own for each test: it remembers what the service worker is called for.
let Page: typeof FakeHost
beforeEach(async () => {
  vi.resetModules()
  ;[tags, posted] = [[], []]
  Page = (await import('../world/fake-host.ts')).FakeHost
  const listeners: ((event: object) => void)[] = []
  leave = () => listeners.forEach((listener) => listener({ persisted: false }))
  vi.stubGlobal(
    'addEventListener',
    (type: string, listener: (event: object) => void) => void (type === 'pagehide' && listeners.push(listener)),
  )
})
afterEach(() => vi.unstubAllGlobals())

function giveServiceWorker(register: (tag: string) => Promise<void> = async (tag) => void tags.push(tag)): void {
  const controller = { postMessage: (message: unknown) => posted.push(message) }
  vi.stubGlobal('navigator', { onLine: true, serviceWorker: { ready: Promise.resolve({ sync: { register } }), controller } })
}

/** As Chromium has it in a frame with `sandbox`. */
const deniedServiceWorkers = {
  get serviceWorker(): never {
    throw new DOMException('Service worker is disabled because the context is sandboxed', 'SecurityError')
  },
}

/** Lets promises that wait for nothing settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the service worker is to be called as the page begins, as it leads, and when the queue is empty no more; not for each message', async () => {
  giveServiceWorker()
  const page = new Page()
  const orders = page.open({ backgroundSync: true })
  await orders.depth()
  expect(tags).toEqual(['holdfast/orders'])
  page.tell({ type: 'leadership-gained' })
  await settle()
  expect(tags).toHaveLength(2)
  // Those calls may have found nothing.
  for (const id of ['a', 'b']) page.tell({ type: 'enqueued', id })
  await settle()
  expect(tags).toHaveLength(3)
  page.tell({ type: 'emptied' })
  for (const id of ['a', 'b', 'c']) page.tell({ type: 'enqueued', id })
  await settle()
  expect(tags).toHaveLength(4)
  page.tell({ type: 'emptied' }, { type: 'redriven', id: 'a' })
  await settle()
  expect(tags).toHaveLength(5)
  await orders.close()
})

test('a page that is left tells the service worker to go on, also with a queue that it has closed', async () => {
  giveServiceWorker()
  const orders = new Page().open({ backgroundSync: true })
  await orders.close()
  leave()
  expect(posted).toEqual([{ holdfast: 'drain', queue: 'orders' }])
})

test('an enqueue does not wait for any of it', async () => {
  giveServiceWorker(() => new Promise(() => {}))
  const orders = new Page().open<number>({ backgroundSync: true })
  await orders.enqueue(1)
  await orders.close()
})

test.each([
  ['it is refused', { serviceWorker: { ready: Promise.resolve({ sync: { register: () => Promise.reject(new Error('no')) } }) } }],
  ['there is no Background Sync', { serviceWorker: { ready: Promise.resolve({}) } }],
  ['there is no service worker', { serviceWorker: { ready: new Promise(() => {}) } }],
  ['there are no service workers', {}],
  ['a frame without an origin is denied them', deniedServiceWorkers],
])('where %s, nothing changes', async (_, navigator) => {
  vi.stubGlobal('navigator', Object.defineProperties({ onLine: true }, Object.getOwnPropertyDescriptors(navigator)))
  const page = new Page()
  const orders = page.open<number>({ backgroundSync: true })
  await orders.enqueue(1)
  page.tell({ type: 'emptied' }, { type: 'enqueued', id: 'a' })
  await settle()
  leave()
  await orders.close()
})

test('nobody is called who was not asked for', async () => {
  giveServiceWorker()
  const page = new Page()
  const orders = page.open<number>()
  await orders.enqueue(1)
  page.tell({ type: 'leadership-gained' }, { type: 'enqueued', id: 'a' })
  await settle()
  leave()
  expect([...tags, ...posted]).toEqual([])
  await orders.close()
})

test.each(['headers', 'classify'] as const)('`%s` that only the page has is refused: a service worker has no page to ask', (name) => {
  const own = { [name]: () => ({}) }
  const message = `Expected \`${name}\` in the definition, with \`backgroundSync\`: a service worker has no page to ask`
  expect(() => new Page().open({ backgroundSync: true, ...own })).toThrow(expect.objectContaining({ code: 'invalid-option', message }))
  const orders = defineQueue('orders', { endpoint, backgroundSync: true })
  expect(() => new Page().open(own, orders)).toThrow(expect.objectContaining({ code: 'invalid-option', message }))
})

test('a schema that only the page has is refused where bodies may be of an earlier version', async () => {
  giveServiceWorker()
  const message = 'Expected `schema` in the definition, with `backgroundSync`: a service worker has no page to ask'
  const orders = defineQueue<string>('orders', { endpoint, backgroundSync: true })
  const schema = z.string()
  expect(() => new Page().open({ version: 2, schema }, orders)).toThrow(expect.objectContaining({ code: 'invalid-option', message }))
  await new Page().open({ schema }, orders).close()
})

test('a function of the page beside one of the definition is taken', async () => {
  giveServiceWorker()
  const definition = defineQueue('orders', { endpoint, backgroundSync: true, headers: () => ({ from: 'definition' }) })
  await new Page().open({ headers: () => ({ from: 'page' }) }, definition).close()
})
