import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Page } from 'playwright'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Queue, QueueEvent } from '../../src/index.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

declare global {
  // What happened in the queue, as this page has heard it.
  var happened: QueueEvent[]
}

useShop()

const SIZE = 6 * 1024 * 1024

/** What arrived, by path. */
let arrived: { url: string; hash: string; type: string | undefined }[]
beforeEach(() => void (arrived = []))

async function readAll(request: IncomingMessage): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk as Buffer)
  arrived.push({ url: request.url!, hash: hash.digest('hex'), type: request.headers['content-type'] })
}

const answering = (answer: (response: ServerResponse) => void) => async (request: IncomingMessage, response: ServerResponse) => {
  await readAll(request)
  answer(response)
}

async function open(): Promise<Page> {
  const page = await browser.openShop(shop.url, { endpoint: '/files#of-no-matter', uploadProgress: true })
  await page.evaluate(() => {
    globalThis.happened = []
    globalThis.orders.subscribe((event) => globalThis.happened.push(event))
  })
  return page
}

/** Enqueues a file; returns its message's id, and what its bytes are. */
async function enqueueFile(page: Page): Promise<{ id: string; hash: string }> {
  return page.evaluate(async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 13)) & 255)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const { id } = await (globalThis.orders as unknown as Queue<unknown>).enqueue(new Blob([bytes], { type: 'image/x-raw' }))
    return { id, hash: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') }
  }, SIZE)
}

/** Resolves when a page has heard an event, with all it has heard. */
async function heard(page: Page, type: QueueEvent['type']): Promise<QueueEvent[]> {
  await vi.waitFor(async () => expect(await happened(page)).toContainEqual(expect.objectContaining({ type })), 30_000)
  return happened(page)
}

const happened = (page: Page): Promise<QueueEvent[]> => page.evaluate(() => globalThis.happened)

const progressOf = (events: readonly QueueEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'progressed' ? [event.progress] : []))

describe('with `uploadProgress`', () => {
  test('each tab hears how much of a file has left; it arrives byte for byte, and its answer is read', async () => {
    shop.raws.set('/files', async (request, response) => {
      // Slowly, so that there is something to be told.
      request.pause()
      setTimeout(() => request.resume(), 300)
      await readAll(request)
      response.writeHead(200, { 'content-type': 'application/json', 'x-more': 'ä' }).end('{"number":7}')
    })
    const [page, other] = [await open(), await open()]
    const { id, hash } = await enqueueFile(page)
    for (const events of [await heard(page, 'accepted'), await heard(other, 'accepted')]) {
      const progress = progressOf(events)
      expect(progress.at(-1)).toBe(1)
      // However often the engine tells.
      expect(progress.length).toBeLessThan(50)
      expect(progress).toEqual(progress.toSorted((a, b) => a - b))
      expect(events.find(({ type }) => type === 'progressed')).toMatchObject({ id })
      expect(events.find(({ type }) => type === 'accepted')).toMatchObject({ id, answer: { status: 200, body: { number: 7 } } })
    }
    expect(arrived).toEqual([{ url: '/files', hash, type: 'image/x-raw' }])
  })

  test('an answer accepts, or refuses, as to `fetch`: without a body, cut off after its status, without an end, with a 422', async () => {
    const page = await open()
    const answers: [(response: ServerResponse) => void, object][] = [
      [(response) => void response.writeHead(204).end(), { type: 'accepted', answer: { status: 204 } }],
      [
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
          response.write('"so far', () => setTimeout(() => response.destroy(), 200))
        },
        { type: 'accepted', answer: { status: 200 } },
      ],
      [
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json' })
          const timer = setInterval(() => response.write('"'.repeat(100_000)), 5)
          response.on('close', () => clearInterval(timer))
        },
        { type: 'accepted', answer: { status: 200 } },
      ],
      [(response) => void response.writeHead(422).end('no photograph'), { type: 'dead-lettered', reason: 'rejected' }],
    ]
    for (const [answer, expected] of answers) {
      await page.evaluate(() => void (globalThis.happened = []))
      shop.raws.set('/files', answering(answer))
      const { id } = await enqueueFile(page)
      await until(page, () => globalThis.happened.some(({ type }) => type === 'accepted' || type === 'dead-lettered'))
      const end = (await happened(page)).find(({ type }) => type === 'accepted' || type === 'dead-lettered')
      expect(end).toMatchObject({ id, ...expected })
    }
  })

  test('a redirect that was followed is no acceptance, a cut connection no answer, and what is aborted is cut off', async () => {
    shop.raws.set(
      '/files',
      answering((response) => void response.writeHead(303, { location: '/login' }).end()),
    )
    shop.raws.set('/login', (_, response) => void response.end('<h1>Log in</h1>'))
    const page = await open()
    const { id } = await enqueueFile(page)
    expect(await heard(page, 'retry-scheduled')).toContainEqual(expect.objectContaining({ id, reason: 'redirected' }))
    await page.evaluate(() => void (globalThis.happened = []))
    shop.raws.set('/files', (request) => void request.socket.destroy())
    await page.evaluate(() => globalThis.orders.retryNow())
    expect(await heard(page, 'retry-scheduled')).toContainEqual(expect.objectContaining({ id, reason: 'unreachable' }))
    const cut = new Promise<void>((isCut) => {
      shop.raws.set('/files', (request, response) => {
        request.resume()
        response.on('close', isCut)
        void page.evaluate((of) => globalThis.orders.cancel(of, { abort: true }), id)
      })
    })
    await page.evaluate(() => globalThis.orders.retryNow())
    await cut
    await page.evaluate(() => globalThis.orders.idle())
    expect(await happened(page)).toContainEqual(expect.objectContaining({ type: 'cancelled', id }))
  })
})
