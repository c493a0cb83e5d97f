import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { idle } from './browser.ts'
import { countBodies } from './count-bodies.ts'
import { enqueueRandom } from './random-bodies.ts'
import type { Page } from 'playwright'
import type { Queue } from '../../src/index.ts'
import type { Described } from './random-bodies.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

/** How many random bodies go in and out, and where they begin: `FUZZ_BODIES=10000 FUZZ_SEED=7`. */
const BODIES = Number(process.env['FUZZ_BODIES'] ?? 200)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)

/** As many as are enqueued before the browser is killed. */
const ROUND = 500

const sha = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What a server makes of a request with its own parser. */
async function describe(request: Request): Promise<Described> {
  const key = request.headers.get('idempotency-key')!.slice(1, -1)
  const type = request.headers.get('content-type')!
  if (!type.startsWith('multipart/')) return { key, type, hash: sha(new Uint8Array(await request.arrayBuffer())) }
  const entries: unknown[] = []
  for (const [name, value] of await request.formData()) {
    entries.push([name, typeof value === 'string' ? value : [value.name, value.type, sha(new Uint8Array(await value.arrayBuffer()))]])
  }
  return { key, type: 'multipart/form-data', hash: sha(JSON.stringify(entries)) }
}

test(
  `${BODIES} random bodies of all kinds (FUZZ_SEED=${SEED}) arrive as they were enqueued, byte for byte and once, after the browser was killed`,
  { timeout: 60_000 + BODIES * 100 },
  async () => {
    const taken = new Map<string, Described>()
    shop.others.set('/bodies', async (request) => {
      const described = await describe(request)
      if (taken.has(described.key)) expect(described).toEqual(taken.get(described.key))
      taken.set(described.key, described)
      return new Response(null, { status: 204 })
    })
    const options = { endpoint: '/bodies' }
    for (let first = 0; first < BODIES; first += ROUND) {
      const page = await browser.openShop(shop.url, options)
      await page.evaluate(() => globalThis.orders.pause())
      const count = Math.min(ROUND, BODIES - first)
      const made = await page.evaluate(enqueueRandom, { seed: SEED + first, count, first })
      await browser.killAndRestart()
      const after = await browser.openShop(shop.url, options)
      await after.evaluate(() => globalThis.orders.resume())
      await idle(after)
      expect(made.map(({ key }) => taken.get(key))).toEqual(made)
      await after.close()
    }
    expect(taken.size).toBe(BODIES)
  },
)

const MB = 1024 * 1024

test('a file of 20 MB whose browser is killed while it is being sent arrives whole from the next one, and nothing of it stays', async () => {
  const hashes: string[] = []
  let arrived!: () => void
  const underWay = new Promise<void>((resolve) => (arrived = resolve))
  shop.others.set('/files', async (request) => {
    const bytes = new Uint8Array(await request.arrayBuffer())
    hashes.push(sha(bytes))
    arrived()
    // The first is never answered.
    return hashes.length === 1 ? new Promise<Response>(() => {}) : new Response(null, { status: 204 })
  })
  const options = { endpoint: '/files' }
  const page = await browser.openShop(shop.url, options)
  await page.evaluate(async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 13)) & 255)
    const orders = globalThis.orders as unknown as Queue<Blob>
    await orders.enqueue(new File([bytes], 'film.bin', { type: 'video/x-own' }))
  }, 20 * MB)
  await underWay
  await browser.killAndRestart()
  const after = await browser.openShop(shop.url, options)
  await idle(after)
  const expected = sha(Uint8Array.from({ length: 20 * MB }, (_, at) => (at * 31 + (at >> 13)) & 255))
  expect(hashes).toEqual([expected, expected])
  expect(await countBodies(after)).toBe(0)
})

declare global {
  var files: Queue<File>
}

async function openFiles(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate(() => {
    globalThis.files = globalThis.holdfast.openQueue<File>('files', { consumers: true })
  })
  return page
}

test('a consumer in another tab gets the file that was enqueued: its name, its type, its bytes', async () => {
  const [page, other] = [await openFiles(), await openFiles()]
  const got = other.evaluate(
    () =>
      new Promise((resolve) => {
        globalThis.files.consume(async ({ body }) => {
          const bytes = new Uint8Array(await body.arrayBuffer())
          resolve([body.constructor.name, body.name, body.type, bytes.length, bytes.every((byte, at) => byte === at % 251)])
        })
      }),
  )
  await page.evaluate(async (size) => {
    await globalThis.files.enqueue(new File([Uint8Array.from({ length: size }, (_, at) => at % 251)], 'a ü.bin', { type: 'image/x-raw' }))
  }, 3 * MB)
  expect(await got).toEqual(['File', 'a ü.bin', 'image/x-raw', 3 * MB, true])
})

test('a consumer gets the form that was enqueued: its fields in order, its file', async () => {
  const page = await openFiles()
  const got = await page.evaluate(async () => {
    const forms = globalThis.files as unknown as Queue<FormData>
    const form = new FormData()
    form.append('tag', 'Straße')
    form.append('tag', 'b')
    form.append('photo', new File([new Uint8Array([0, 13, 10, 255])], 'a ü.png', { type: 'image/png' }))
    const seen = new Promise((resolve) => {
      forms.consume(async ({ body }) => {
        const photo = body.get('photo') as File
        resolve([body.getAll('tag'), photo.name, photo.type, [...new Uint8Array(await photo.arrayBuffer())]])
      })
    })
    await forms.enqueue(form)
    return seen
  })
  expect(got).toEqual([['Straße', 'b'], 'a ü.png', 'image/png', [0, 13, 10, 255]])
})

test('what a page was storing as it was closed is dropped by the next one', async () => {
  const page = await browser.openShop(shop.url, { endpoint: '/bodies' })
  await page.evaluate(async (size) => {
    const orders = globalThis.orders as unknown as Queue<ReadableStream>
    await orders.pause()
    let given = 0
    const stalling = new ReadableStream({
      pull: (controller) => (given++ === 0 ? controller.enqueue(new Uint8Array(size)) : new Promise(() => {})),
    })
    void orders.enqueue(stalling).catch(() => {})
  }, 3 * MB)
  const chunks = (): Promise<number> => countBodies(page)
  await expect.poll(chunks).toBeGreaterThan(0)
  const other = await browser.openShop(shop.url, { endpoint: '/bodies' })
  await page.close()
  await expect.poll(() => countBodies(other), { timeout: 20_000 }).toBe(0)
})
