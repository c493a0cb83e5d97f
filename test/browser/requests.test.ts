import { expect, test } from 'vitest'
import { createReceiver } from '../../src/receiver.ts'
import { idle, openOrders } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

const BYTES = [137, 80, 78, 71, 13, 10, 26, 10, 0, 255]

test('a form with a file, given as it is, is on the disk while the server is away, and arrives byte for byte after the browser was killed', async () => {
  const taken: unknown[] = []
  let isAway = true
  shop.others.set('/photos', async (request) => {
    if (isAway) return new Response(null, { status: 503 })
    const data = await request.formData()
    const photo = data.get('photo') as File
    taken.push([request.method, data.get('caption'), photo.name, photo.type, [...new Uint8Array(await photo.arrayBuffer())]])
    return new Response(null, { status: 204 })
  })
  const page = await browser.openShop(shop.url)
  await page.evaluate(async (bytes) => {
    const body = new FormData()
    body.set('caption', 'Straße "so"')
    body.set('photo', new File([new Uint8Array(bytes)], 'a ü.png', { type: 'image/png' }))
    await globalThis.orders.enqueueRequest({ url: '/photos', body })
  }, BYTES)
  await browser.killAndRestart()
  isAway = false
  await idle(await browser.openShop(shop.url))
  expect(taken).toEqual([['POST', 'Straße "so"', 'a ü.png', 'image/png', BYTES]])
})

test('the bytes of a request that no worker has stored yet when its page is left arrive from the next page, after what was enqueued before it', async () => {
  const taken: unknown[] = []
  shop.others.set('/photos', async (request) => {
    taken.push([request.headers.get('content-type'), shop.taken.length, [...new Uint8Array(await request.arrayBuffer())]])
    return new Response(null, { status: 204 })
  })
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate((bytes) => {
    // A worker that never says a word.
    const worker = (): Worker => new Worker(URL.createObjectURL(new Blob([''])))
    const orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders', worker })
    void orders.enqueue({ n: 1 }).catch(() => {})
    const body = new Blob([new Uint8Array(bytes)], { type: 'image/png' })
    void orders.enqueueRequest({ url: '/photos', body }).catch(() => {})
    // From here on, what comes is written down at once: the request, when the browser has read its body.
    dispatchEvent(new PageTransitionEvent('pagehide'))
  }, BYTES)
  await until(page, () => Object.keys(localStorage).filter((key) => key.startsWith('holdfast/orders/left')).length === 2)
  await page.goto(shop.url)
  await openOrders(page)
  await idle(page)
  expect(taken).toEqual([['image/png', 1, BYTES]])
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
})

test('a long body is compressed in the worker, and what the schema makes of the answer is given in the page', async () => {
  const taken: unknown[] = []
  const receive = createReceiver<string>({ handle: ({ body }) => ({ characters: body.length }) })
  shop.others.set('/notes', (request) => {
    taken.push(request.headers.get('content-encoding'))
    return receive(request)
  })
  const page = await browser.openShop(shop.url)
  const answer = await page.evaluate(async () => {
    const validate = (value: unknown): { readonly value: number } => ({ value: (value as { characters: number }).characters })
    const schema = { '~standard': { version: 1, vendor: 'none', validate } } as const
    const notes = globalThis.holdfast.openQueue<string, number>('notes', { endpoint: '/notes', compress: 'gzip', answer: { schema } })
    const { delivered } = await notes.enqueue('a'.repeat(100_000))
    return delivered
  })
  expect(answer).toMatchObject({ status: 200, body: 100_000, headers: { 'content-type': 'application/json' } })
  expect(taken).toEqual(['gzip'])
})
