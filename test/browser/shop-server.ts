import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createReceiver, problem } from '../../src/receiver.ts'

/** What the server does with orders. */
export type Mood =
  | 'accepting'
  /** The connection is cut before anything is done. */
  | 'away'
  /** The order is taken in, and the connection cut before the answer. */
  | 'losing-answers'
  /** Answers with a status of its own. */
  | { readonly status: number; readonly headers?: Record<string, string> }

interface Arrival {
  readonly key: string
  readonly n: number
  readonly at: number
}

const root = new URL('../../', import.meta.url)
const modules: Record<string, string> = {
  '/modules/comlink.js': 'node_modules/comlink/dist/esm/comlink.mjs',
  '/modules/idb.js': 'node_modules/idb/build/index.js',
}

/** A page with the built package on it, and a shop that takes orders: numbers, so that order is easy to see. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>shop</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/modules/comlink.js", "idb": "/modules/idb.js" } }</script>
<script type="module">
  import * as holdfast from 'holdfast'
  globalThis.holdfast = holdfast
</script>`

/** The server of one test. It outlives browsers, since its port is part of the storage's key. */
export class ShopServer {
  mood: Mood = 'accepting'
  /** Rejects these orders for good. */
  unwanted: ReadonlySet<number> = new Set()
  /** Every request for an order that arrived, whatever became of it. */
  readonly arrivals: Arrival[] = []
  /** Orders that took effect, in order. */
  readonly taken: number[] = []
  readonly #receive = createReceiver<{ n: number }>({
    handle: ({ body }) => {
      if (this.unwanted.has(body.n)) return problem(422, `Nobody wants ${body.n}`)
      this.taken.push(body.n)
      return { number: body.n }
    },
  })
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<ShopServer> {
    const shop = new ShopServer()
    await new Promise<void>((resolve) => shop.#server.listen(0, '127.0.0.1', resolve))
    return shop
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** The orders that arrived, the first time each. */
  get firstArrivals(): number[] {
    return [...new Map(this.arrivals.map(({ key, n }) => [key, n])).values()]
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/orders') return this.#takeOrder(request, response)
    const file = request.url?.startsWith('/dist/') ? request.url.slice(1) : modules[request.url ?? '']
    const type = file === undefined ? 'text/html' : 'text/javascript'
    response.setHeader('content-type', `${type}; charset=utf-8`).end(file === undefined ? PAGE : await readFile(new URL(file, root)))
  }

  async #takeOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    this.arrivals.push({ key: String(request.headers['idempotency-key']), n: (JSON.parse(body) as { n: number }).n, at: Date.now() })
    const { mood } = this
    if (mood === 'away') return void request.socket.destroy()
    if (typeof mood === 'object') return void response.writeHead(mood.status, mood.headers).end()
    const answer = await this.#receive(new Request(this.url, { method: 'POST', headers: request.headers as Record<string, string>, body }))
    if (this.mood === 'losing-answers') return void request.socket.destroy()
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  }
}
