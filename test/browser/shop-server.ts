import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createReceiver, problem } from '../../src/receiver.ts'

/** What the server does with orders. */
export type Mood =
  | 'accepting'
  /** The connection is cut before anything is done. */
  | 'away'
  /** The order is taken in, and the connection cut before the answer. */
  | 'losing-answers'
  /** Never answers. */
  | 'hanging'
  /** Answers with a status of its own. */
  | { readonly status: number; readonly headers?: Record<string, string> }

interface Found {
  readonly type: string
  readonly content: string | Buffer
}

interface Arrival {
  readonly key: string
  readonly n: number
  readonly at: number
  /** Of the leader that has sent it. */
  readonly epoch: number
  readonly authorization: string | undefined
}

const root = new URL('../../', import.meta.url)
const modules: Record<string, string> = {
  '/modules/comlink.js': 'node_modules/comlink/dist/esm/comlink.mjs',
  '/modules/idb.js': 'node_modules/idb/build/index.js',
  '/modules/croner.js': 'node_modules/croner/dist/croner.js',
}

/** A page with the built package on it, and a shop that takes orders: numbers, so that order is easy to see. */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>shop</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/modules/comlink.js", "idb": "/modules/idb.js", "croner": "/modules/croner.js" } }</script>
<script type="module">
  import * as holdfast from 'holdfast'
  globalThis.holdfast = holdfast
</script>`

/** What strangers may send along. */
const ALLOWED_HEADERS = 'content-type, idempotency-key, holdfast-message, holdfast-identity'

/** What is put into each page: that by which pages are told what to do, in an engine that has no driver. */
export const script = { ofPages: '' }

/** A worker of the user's own, with a definition as a module shared with the page would export it. */
const OWN_WORKER = `
import { defineQueue, serve } from './dist/worker.js'
serve(defineQueue('orders', { endpoint: '/orders', headers: () => ({ authorization: 'from the worker' }) }))`

/** One that dies of a message: as it is to be sent, its thread ends. */
const MORTAL_WORKER = `
import { defineQueue, serve } from './dist/worker.js'
const { fetch } = globalThis
globalThis.fetch = (url, init) => {
  if (!String(init?.body).includes('13')) return fetch(url, init)
  close()
  return new Promise(() => {})
}
serve(defineQueue('mortal', { endpoint: '/orders' }), defineQueue('orders', { endpoint: '/orders' }))`

/** The server of one test. It outlives browsers, since its port is part of the storage's key. */
export class ShopServer {
  mood: Mood = 'accepting'
  /** How long it takes to answer, in milliseconds. */
  pace = 0
  /** Rejects these orders for good. */
  unwanted: ReadonlySet<number> = new Set()
  /** Orders with these last digits are answered 500. */
  failing: ReadonlySet<number> = new Set()
  /** The `content-security-policy` of its page. */
  policy = ''
  /** What is at `/service-worker.js`: a script that imports from `./dist/`. */
  serviceWorker = ''
  /** Every request for an order that arrived, whatever became of it. */
  readonly arrivals: Arrival[] = []
  /** Orders that took effect, in order. */
  readonly taken: number[] = []
  /** Scripts of a test's own, by path: they import from `./dist/`, and are bundled. */
  readonly scripts: Map<string, string> = new Map()
  /** What else is there, by path: a test's own. */
  readonly others: Map<string, (request: Request) => Response | Promise<Response>> = new Map()
  /** The same, for those who answer byte by byte. */
  readonly raws: Map<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>> = new Map()
  /** The most requests for orders that were ever under way at once. */
  mostAtOnce = 0
  #underWay = 0
  readonly #watchers: (() => void)[] = []
  readonly #site: string | undefined
  readonly #receive = createReceiver<{ n: number }>({
    handle: ({ body }) => {
      if (this.unwanted.has(body.n)) return problem(422, `Nobody wants ${body.n}`)
      this.taken.push(body.n)
      this.#tell()
      return { number: body.n }
    },
  })
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  /** @param site a folder with a page to serve in place of the usual one. */
  static async start(site?: string): Promise<ShopServer> {
    const shop = new ShopServer(site)
    await new Promise<void>((resolve) => shop.#server.listen(0, '127.0.0.1', resolve))
    return shop
  }

  private constructor(site: string | undefined) {
    this.#site = site
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** The orders that arrived, the first time each. */
  get firstArrivals(): number[] {
    return [...new Map(this.arrivals.map(({ key, n }) => [key, n])).values()]
  }

  /** Resolves when so many requests have arrived. */
  async arrived(count: number): Promise<void> {
    await this.until(() => this.arrivals.length >= count)
  }

  /** Resolves when so many orders have been taken in. */
  async took(count: number): Promise<void> {
    await this.until(() => this.taken.length >= count)
  }

  /** Resolves when what has arrived, or was taken in, is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #tell(): void {
    for (const watcher of this.#watchers.splice(0)) watcher()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A frame without an origin of its own is a stranger to its own server.
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', ALLOWED_HEADERS)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (request.url === '/orders') return this.#takeOrder(request, response)
    const raw = this.raws.get(request.url ?? '')
    if (raw) return raw(request, response)
    const other = this.others.get(request.url ?? '')
    if (other) return send(response, await other(await this.#requestOf(request)))
    const found = await this.#find(new URL(request.url ?? '/', this.url).pathname)
    if (found === undefined) return void response.writeHead(404).end()
    if (this.policy !== '' && found.type === 'text/html') response.setHeader('content-security-policy', this.policy)
    response.setHeader('content-type', `${found.type}; charset=utf-8`).end(found.content)
  }

  async #find(url: string): Promise<Found | undefined> {
    if (this.#site !== undefined) return this.#findOnSite(this.#site, url)
    if (url === '/') return { type: 'text/html', content: PAGE.replace('</title>', `</title>${script.ofPages}`) }
    if (url === '/service-worker.js') return { type: 'text/javascript', content: await bundled(this.serviceWorker) }
    if (url === '/own-worker.js') return { type: 'text/javascript', content: await bundled(OWN_WORKER) }
    if (url === '/mortal-worker.js') return { type: 'text/javascript', content: await bundled(MORTAL_WORKER) }
    const own = this.scripts.get(url)
    if (own !== undefined) return { type: 'text/javascript', content: await bundled(own) }
    const file = url.startsWith('/dist/') ? url.slice(1) : modules[url]
    return file === undefined ? undefined : { type: 'text/javascript', content: await readFile(new URL(file, root)) }
  }

  async #findOnSite(site: string, url: string): Promise<Found | undefined> {
    const { pathname } = new URL(url, this.url)
    const file = path.join(site, pathname === '/' ? 'index.html' : decodeURI(pathname))
    const type = file.endsWith('.html') ? 'text/html' : 'text/javascript'
    return existsSync(file) ? { type, content: await readFile(file) } : undefined
  }

  async #takeOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await bytesOf(request)).toString()
    const { authorization, 'idempotency-key': key, 'holdfast-message': place } = request.headers
    const epoch = Number(/epoch=(\d+)/.exec(String(place))?.[1])
    const { n } = JSON.parse(body) as { n: number }
    this.arrivals.push({ key: String(key), n, at: Date.now(), epoch, authorization })
    this.#tell()
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay)
    response.once('close', () => (this.#underWay -= 1))
    if (this.pace > 0) await new Promise((resolve) => setTimeout(resolve, this.pace))
    const { mood } = this
    if (mood === 'hanging') return
    if (this.failing.has(n % 10)) return void response.writeHead(500).end()
    if (mood === 'away') return void request.socket.destroy()
    if (typeof mood === 'object') return void response.writeHead(mood.status, mood.headers).end()
    const answer = await this.#receive(new Request(this.url, { method: 'POST', headers: request.headers as Record<string, string>, body }))
    this.#watchers.splice(0).forEach((watcher) => watcher())
    if (this.mood === 'losing-answers') return void request.socket.destroy()
    await send(response, answer)
  }

  async #requestOf(request: IncomingMessage): Promise<Request> {
    const { method = 'GET', url, headers } = request
    const body = method === 'GET' ? undefined : new Uint8Array(await bytesOf(request))
    return new Request(new URL(url ?? '/', this.url), { method, headers: headers as Record<string, string>, ...(body && { body }) })
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
}

/** Workers know no import maps: what they import is bundled, as a user's bundler would. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({ stdin: { contents, resolveDir: fileURLToPath(root) }, bundle: true, format: 'esm', write: false })
  return outputFiles[0]!.text
}
