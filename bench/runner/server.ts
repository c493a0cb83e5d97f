import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Body } from '../page/bodies.ts'
import type { Cell, Result } from '../page/protocol.ts'

const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<script type="module" src="/main.js"></script>`

const EVENTS = 'application/cloudevents-batch+json'

/** Only a page that shares its process with nobody may measure its memory. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
}

/** As `Promise.withResolvers()`, which Node has from 22 on. */
function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** What arrived during a cell. */
export interface Arrivals {
  /** Texts as they arrived; those of one request together. */
  readonly texts: readonly string[]
  /** From the first to the last, in milliseconds. */
  readonly took: number
}

/**
 * Serves the bench's pages, and takes in their messages: it keeps them and says yes, or says nothing. What was sent is looked at when
 * the clock has stopped.
 */
export class BenchServer {
  /** Takes messages in and never answers, as a server that hangs. */
  isHanging = false
  readonly #site: string
  #cell: Cell | undefined
  #texts: string[] = []
  #first = 0
  #last = 0
  #reached = deferred<number>()
  #result = deferred<Result>()
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  private constructor(site: string) {
    this.#site = site
  }

  /** @param site the folder with the built pages. */
  static async start(site: string): Promise<BenchServer> {
    const server = new BenchServer(site)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** The same for a whole run: a profile that was filled belongs to this origin. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Makes ready for a cell. */
  begin(cell: Cell): void {
    this.#cell = cell
    this.#texts = []
    this.#reached = deferred()
    this.#result = deferred()
  }

  /** What the cell's page says came of it. */
  get result(): Promise<Result> {
    return this.#result.promise
  }

  get arrivals(): Arrivals {
    return { texts: this.#texts, took: this.#last - this.#first }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (request.url) {
      case '/messages':
      case '/batch':
        return this.#take(request, response)
      case '/cell':
        return void response.end(JSON.stringify(this.#cell))
      case '/reached':
        return void response.end(String(await this.#reached.promise))
      case '/result':
        this.#result.resolve(JSON.parse(await textOf(request)) as Result)
        return void response.end()
      default:
        return this.#sendFile(request.url ?? '/', response)
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request)
    this.#last = performance.now()
    if (this.#texts.length === 0) {
      this.#first = this.#last
      this.#reached.resolve(Date.now())
    }
    this.#texts.push(text)
    const isEvents = request.headers['content-type']?.startsWith(EVENTS) === true
    if (!this.isHanging) response.writeHead(200, { 'content-type': 'application/json' }).end(isEvents ? acceptanceOf(text) : '{}')
  }

  async #sendFile(url: string, response: ServerResponse): Promise<void> {
    if (url === '/') return void response.writeHead(200, { ...ISOLATED, 'content-type': 'text/html' }).end(PAGE)
    const file = path.join(this.#site, path.normalize(decodeURI(url)))
    const content = await readFile(file).catch(() => undefined)
    if (content === undefined) return void response.writeHead(404, ISOLATED).end()
    response.writeHead(200, { ...ISOLATED, 'content-type': 'text/javascript' }).end(content)
  }
}

/** The messages of what arrived, in order: alone, in a list, or as events. */
export function bodiesOf({ texts }: Arrivals): Body[] {
  const messages = texts.flatMap((text) => JSON.parse(text) as Message | readonly Message[])
  return messages.map((message) => ('data' in message ? message.data : message))
}

type Message = Body | { readonly data: Body }

/** Events are accepted one by one, as any server must that takes them: it has to read them for that. */
function acceptanceOf(text: string): string {
  const results = (JSON.parse(text) as { id: string }[]).map(({ id }) => ({ id, outcome: 'accepted' }))
  return JSON.stringify({ results })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
