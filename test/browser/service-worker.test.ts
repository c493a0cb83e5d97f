import type { Page } from 'playwright'
import { beforeEach, describe, expect, test } from 'vitest'
import type { QueueDefinition } from '../../src/index.ts'
import { enqueue, numbers } from './browser.ts'
import { devTools } from './chromium.ts'
import { lacks, testWith } from './lacks.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What the page that has it puts there.
  var definition: QueueDefinition<{ n: number }>
}

const SERVE = `
import { defineQueue, serve } from './dist/service-worker.js'
serve(defineQueue('orders', { endpoint: '/orders', backgroundSync: true, headers: () => ({ authorization: 'from the definition' }) }))`

/** The same, which hears no page: what calls it can be Background Sync alone. */
const SERVE_DEAF = `
const { addEventListener: listen } = globalThis
globalThis.addEventListener = (type, ...rest) => type === 'message' || listen.call(globalThis, type, ...rest)
${SERVE}`

/** As an app would be: its pages come from the cache, and it is there for those that are open. */
const APP = `
const serves = ['/', '/form.html', '/saved.html']
addEventListener('install', (event) => event.waitUntil(caches.open('app').then((cache) => cache.addAll(serves)).then(() => skipWaiting())))
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (event.request.method === 'GET') event.respondWith(caches.match(new URL(event.request.url).pathname).then((found) => found ?? fetch(event.request)))
})`

const FORM = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<form method="post" enctype="multipart/form-data" action="/photos">
<input name="caption"><input type="file" name="photo"><button>Send</button></form>`

const SAVED = '<!doctype html><link rel="icon" href="data:,"><h1>Saved</h1>'

const html = (content: string) => (): Response => new Response(content, { headers: { 'content-type': 'text/html; charset=utf-8' } })

useShop()

/** What was sent to `/photos`, and arrived. */
let photos: Request[]
beforeEach(() => {
  photos = []
  shop.others.set('/form.html', html(FORM))
  shop.others.set('/saved.html', html(SAVED))
  shop.others.set('/photos', (request) => {
    if (shop.mood === 'away') throw new Error('the connection is cut')
    photos.push(request)
    // Classic: a form is answered with the page to show.
    return new Response(null, { status: 303, headers: { location: '/saved.html' } })
  })
})

/** A tab that a service worker is in charge of; with a queue that it serves as well. */
async function open(source: string): Promise<Page> {
  shop.serviceWorker = source
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' })
    await navigator.serviceWorker.ready
    while (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
    }
  })
  return page
}

async function openOrders(page: Page): Promise<void> {
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate(() => {
    const headers = (): Record<string, string> => ({ authorization: 'from the definition' })
    const definition = globalThis.holdfast.defineQueue<{ n: number }>('orders', { endpoint: '/orders', backgroundSync: true, headers })
    globalThis.orders = globalThis.holdfast.openQueue(definition)
  })
}

/** Has what was captured be drained: by the service worker, which Background Sync calls after a while; where there is none, by a page that opens the queue. */
async function drainUploads(page: Page): Promise<void> {
  if (!lacks('background-sync')) return callAgain(page, 'holdfast/uploads')
  const other = await browser.context.newPage()
  await other.goto(shop.url)
  await until(other, () => 'holdfast' in globalThis)
  await other.evaluate(() => void globalThis.holdfast.openQueue('uploads', { endpoint: '/photos', redirects: 'accept' }))
}

/** Has the browser call the service worker, as it does after a while; settles when that is over. */
async function callAgain(page: Page, tag: string): Promise<void> {
  const session = await devTools(browser.context, page)
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL, isDeleted }) => scopeURL === shop.url && !isDeleted)
      if (own) resolve(own.registrationId)
    })
  })
  await session.send('ServiceWorker.enable')
  const origin = new URL(shop.url).origin
  await session.send('ServiceWorker.dispatchSyncEvent', { origin, registrationId: await registered, tag, lastChance: false })
}

/** Waits until this is what the service worker is to be called for, or is being called for. */
async function called(page: Page, tags: readonly string[]): Promise<void> {
  const now = (): Promise<string[]> =>
    page.evaluate(async () => {
      const { sync } = (await navigator.serviceWorker.ready) as unknown as { sync: { getTags(): Promise<string[]> } }
      return sync.getTags()
    })
  await expect.poll(now).toEqual(tags)
}

/** Once the file of its worker is loaded, which a page that is offline cannot do. */
async function goOffline(page: Page): Promise<void> {
  await page.evaluate(() => globalThis.orders.depth())
  await browser.context.setOffline(true)
}

describe('with no page open', () => {
  testWith(
    'background-sync',
    'what was enqueued offline is drained by the service worker when Background Sync calls it, as the connection returns',
    async () => {
      const page = await open(SERVE_DEAF + APP)
      await browser.context.newPage()
      await openOrders(page)
      await page.evaluate(() => globalThis.orders.idle())
      await called(page, [])
      await goOffline(page)
      await enqueue(page, 0, 5)
      await called(page, ['holdfast/orders'])
      await page.close()
      expect(shop.taken).toEqual([])
      await browser.context.setOffline(false)
      await shop.took(5)
      expect(shop.taken).toEqual(numbers(0, 5))
      expect(new Set(shop.arrivals.map(({ authorization }) => authorization))).toEqual(new Set(['from the definition']))
    },
  )

  testWith('background-sync', 'the service worker whose connection goes while it drains is called as soon as it returns', async () => {
    const page = await open(SERVE_DEAF + APP)
    await browser.context.newPage()
    await openOrders(page)
    // Those who ask while it is called have it called again.
    await page.evaluate(() => globalThis.orders.idle())
    await called(page, [])
    shop.mood = 'away'
    await enqueue(page, 0, 3)
    await shop.arrived(1)
    await page.close()
    await shop.arrived(3)
    await browser.context.setOffline(true)
    const other = await browser.context.newPage()
    await other.goto(shop.url)
    await until(other, async () => (await navigator.locks.query()).held?.length === 0)
    shop.mood = 'accepting'
    await browser.context.setOffline(false)
    await shop.took(3)
    expect(shop.taken).toEqual(numbers(0, 3))
  })

  testWith('worker-without-page', 'what was enqueued just before the page was closed is drained by the service worker', async () => {
    const page = await open(SERVE + APP)
    await browser.context.newPage()
    await openOrders(page)
    shop.mood = 'hanging'
    await enqueue(page, 0, 3)
    await page.close({ runBeforeUnload: false })
    shop.mood = 'accepting'
    await shop.took(3)
    expect(shop.taken).toEqual(numbers(0, 3))
  })

  testWith('offline-switch', 'a server that is away by then is tried again, in order', async () => {
    const page = await open(SERVE + APP)
    await browser.context.newPage()
    await openOrders(page)
    // Not every engine's service worker can be taken offline by its driver.
    shop.mood = 'away'
    await goOffline(page)
    await enqueue(page, 0, 2)
    await page.close()
    await browser.context.setOffline(false)
    await shop.arrived(2)
    expect(new Set(shop.arrivals.map(({ n }) => n))).toEqual(new Set([0]))
    shop.mood = 'accepting'
    await shop.took(2)
    expect(shop.taken).toEqual([0, 1])
  })
})

testWith('background-sync', 'a page asks to be replaced by the service worker: as it begins, and with what it enqueues', async () => {
  const page = await open(SERVE + APP)
  await browser.context.setOffline(true)
  await openOrders(page)
  await called(page, ['holdfast/orders'])
})

test('a page with a service worker that hangs in registering a tag enqueues all the same', async () => {
  const page = await open(SERVE + APP)
  await page.evaluate(() => {
    Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { value: { register: () => new Promise(() => {}) } })
  })
  await openOrders(page)
  await enqueue(page, 0, 3)
  await shop.took(3)
})

describe('captured', () => {
  const CAPTURE = (options: string): string => `
import { captureFailedRequests, defineQueue } from './dist/service-worker.js'
${options}`

  testWith('typing', 'a form with a file, without a line of script in the page, arrives as the browser would have sent it', async () => {
    const page = await open(
      CAPTURE(`captureFailedRequests({
        queue: defineQueue('uploads', { endpoint: '/photos' }),
        match: (request) => new URL(request.url).pathname === '/photos',
        redirects: 'accept',
        page: (id) => '/saved.html?id=' + id,
      })`) + APP,
    )
    await page.goto(`${shop.url}form.html`)
    const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 0, 128])
    await page.fill('[name=caption]', 'Straße – "1"')
    await page.setInputFiles('[name=photo]', { name: 'a b.png', mimeType: 'image/png', buffer: bytes })
    shop.mood = 'away'
    await page.click('button')
    await page.waitForURL('**/saved.html?id=*')
    expect(await page.textContent('h1')).toBe('Saved')
    expect(photos).toEqual([])

    shop.mood = 'accepting'
    await drainUploads(page)
    await expect.poll(() => photos.length).toBe(1)
    const { method, headers } = photos[0]!
    expect(method).toBe('POST')
    expect(headers.get('idempotency-key')).toBe(`"${new URL(page.url()).searchParams.get('id')}"`)
    const form = await photos[0]!.formData()
    const photo = form.get('photo') as File
    expect(form.get('caption')).toBe('Straße – "1"')
    expect({ name: photo.name, type: photo.type }).toEqual({ name: 'a b.png', type: 'image/png' })
    expect(Buffer.from(await photo.arrayBuffer())).toEqual(bytes)
  })

  test('a request that a page has sent itself is answered with its receipt, and sent once though capture and drain have one endpoint', async () => {
    const page = await open(
      CAPTURE(`captureFailedRequests({
        queue: defineQueue('orders', { endpoint: '/orders', backgroundSync: true }),
        match: () => true,
        redirects: 'retry',
      })`) + APP,
    )
    await until(page, () => 'holdfast' in globalThis)
    // The page drains as well: its worker's requests pass the service worker.
    await page.evaluate(() => {
      globalThis.orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders' })
    })
    shop.mood = 'away'
    const answer = await page.evaluate(async () => {
      const response = await fetch('/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ n: 7 }),
      })
      return { status: response.status, ...((await response.json()) as { id: string; queue: string }) }
    })
    expect(answer).toEqual({ status: 202, id: expect.any(String) as string, queue: 'orders' })
    await enqueue(page, 8, 1)
    // Its first attempt fails as well, and the second.
    await shop.arrived(3)
    const { ready, leased, dead } = await page.evaluate(() => globalThis.orders.depth())
    expect({ waiting: ready + leased, dead }).toEqual({ waiting: 2, dead: 0 })
    shop.mood = 'accepting'
    const delivered = page.evaluate((id) => globalThis.orders.receipt(id).delivered, answer.id)
    await page.evaluate(() => globalThis.orders.retryNow())
    await shop.took(2)
    expect(shop.taken).toEqual([7, 8])
    expect((await delivered).body).toEqual({ number: 7 })
    await page.evaluate(() => globalThis.orders.idle())
  })

  test('a full disk is said with a 503, and nothing is lost in silence', async () => {
    const page = await open(
      CAPTURE(`captureFailedRequests({
        queue: defineQueue('uploads', { endpoint: '/photos', capacity: { bytes: 10 } }),
        match: (request) => new URL(request.url).pathname === '/photos',
        redirects: 'retry',
      })`) + APP,
    )
    shop.mood = 'away'
    const answer = await page.evaluate(async () => {
      const response = await fetch('/photos', { method: 'POST', body: 'more than ten bytes' })
      return { status: response.status, ...((await response.json()) as { code: string }) }
    })
    expect(answer).toMatchObject({ status: 503, code: 'queue-full' })
  })
})
