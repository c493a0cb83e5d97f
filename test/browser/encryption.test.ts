import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import type { Queue } from '../../src/index.ts'
import { idle } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

const SECRET = 'the patient is called Ada'
const MB = 1024 * 1024

/** Opens the queue in a page, with the key that the app keeps in a database of its own, or makes. */
async function openEncrypted(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate(() => {
    const answered = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
      })
    const loadKey = async (): Promise<CryptoKey> => {
      const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
      const opening = indexedDB.open('app', 1)
      opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keys'))
      const database = await answered(opening)
      const tx = database.transaction('keys', 'readwrite')
      const keys = tx.objectStore('keys')
      const kept = (await answered(keys.get('key-1'))) as CryptoKey | undefined
      if (!kept) keys.put(made, 'key-1')
      await new Promise((resolve) => tx.addEventListener('complete', resolve))
      database.close()
      return kept ?? made
    }
    globalThis.orders = globalThis.holdfast.openQueue('orders', {
      endpoint: '/encrypted',
      encryption: async () => ({ keys: { 'key-1': await loadKey() }, current: 'key-1' }),
    })
    globalThis.started = new Promise((resolve) => {
      globalThis.orders.subscribe((event) => event.type === 'host-started' && resolve(event))
    })
  })
  return page
}

/** How many values there are in the queue's database, and in which stores a text is found in clear. */
function look(page: Page, text: string): Promise<{ values: number; found: string[] }> {
  return page.evaluate(async (sought) => {
    const holds = (value: unknown): boolean => {
      if (typeof value === 'string') return value.includes(sought)
      if (value instanceof Uint8Array) return new TextDecoder('latin1').decode(value).includes(sought)
      return typeof value === 'object' && value !== null && Object.values(value).some(holds)
    }
    const answered = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
    const database = await answered(indexedDB.open('holdfast/orders'))
    const found: string[] = []
    let values = 0
    for (const store of database.objectStoreNames) {
      const all = (await answered(database.transaction(store).objectStore(store).getAll())) as unknown[]
      values += all.length
      if (all.some(holds)) found.push(store)
    }
    database.close()
    return { values, found }
  }, text)
}

test('what was encrypted when the browser was killed, the next page delivers, with the key that it has kept; nothing of it is on the disk in clear', async () => {
  const bodies: Buffer[] = []
  shop.others.set('/encrypted', async (request) => {
    bodies.push(Buffer.from(await request.arrayBuffer()))
    return new Response(null, { status: 204 })
  })
  const page = await openEncrypted()
  await page.evaluate(
    async ([text, size]) => {
      const orders = globalThis.orders as unknown as Queue
      await orders.pause()
      await orders.enqueue({ note: text })
      await orders.enqueue(new File([text.repeat(Math.ceil(size / text.length))], `${text}.txt`, { type: 'text/x-own' }))
      await orders.enqueue(new Blob([text]).stream())
    },
    [SECRET, 17 * MB] as const,
  )
  expect(await page.evaluate(async () => globalThis.started)).toMatchObject({ host: 'worker' })
  const { values, found } = await look(page, SECRET)
  expect(values).toBeGreaterThan(17)
  expect(found).toEqual([])
  await browser.killAndRestart()
  const after = await openEncrypted()
  expect(
    await after.evaluate(async () => {
      const shown: unknown[] = []
      for await (const { body, contentType } of globalThis.orders.messages())
        shown.push(body instanceof Blob ? await body.text() : (body ?? null), contentType ?? null)
      return shown
    }),
  ).toEqual([{ note: SECRET }, null, null, 'text/x-own', SECRET, 'application/octet-stream'])
  await after.evaluate(async () => globalThis.orders.resume())
  await idle(after)
  const file = Buffer.from(SECRET.repeat(Math.ceil((17 * MB) / SECRET.length)))
  expect(bodies.map((body) => body.length)).toEqual([JSON.stringify({ note: SECRET }).length, file.length, SECRET.length])
  expect(bodies[0]!.toString()).toBe(JSON.stringify({ note: SECRET }))
  expect(bodies[1]!.equals(file)).toBe(true)
  // Where it lay for a file to be sent from, nothing lies.
  expect(await look(after, SECRET)).toMatchObject({ found: [] })
})

test('a page that has lost its keys sends nothing of what they have encrypted, and the next one with them does', async () => {
  const arrived: string[] = []
  shop.others.set('/encrypted', async (request) => {
    arrived.push(await request.text())
    return new Response(null, { status: 204 })
  })
  const page = await openEncrypted()
  await page.evaluate(async () => {
    await globalThis.orders.pause()
    await globalThis.orders.enqueue({ n: 1 })
  })
  await page.close()
  const without = await browser.openShop(shop.url, { endpoint: '/encrypted' })
  const reasons = await without.evaluate(async () => {
    await globalThis.orders.resume()
    await globalThis.orders.idle()
    const all: string[] = []
    for await (const { reason } of globalThis.orders.deadLetters()) all.push(reason)
    return all
  })
  expect([reasons, arrived]).toEqual([['undecryptable'], []])
  await without.close()
  const after = await openEncrypted()
  await after.evaluate(async () => globalThis.orders.redrive())
  await idle(after)
  expect(arrived).toEqual(['{"n":1}'])
})
