import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a page is told to do: a function as text, and what it is called with. */
interface Order {
  readonly number: number
  readonly code: string
  readonly given: unknown
}

interface Settled {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** One tab, as its server knows it. */
interface Tab {
  /** Of the document that is in there now. */
  load: string
  poll: ServerResponse | undefined
  readonly orders: Order[]
  readonly underWay: Map<number, Settled>
  readonly loaded: (() => void)[]
  /** Called when it asks, and is told nothing yet. */
  readonly asking: (() => void)[]
  /** Called when its document has gone. */
  gone: () => void
}

/**
 * Tells pages what to do, in a browser that has no driver which leaves its storage alone: each page asks this server what comes next. Its script has to be in
 * every page, and the number of its tab in the page's fragment.
 */
export class ToldPages {
  readonly #tabs = new Map<string, Tab>()
  readonly #exposed = new Map<string, (given: never) => unknown>()
  #orders = 0
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<ToldPages> {
    const pages = new ToldPages()
    await new Promise<void>((resolve) => pages.#server.listen(0, '127.0.0.1', resolve))
    return pages
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** What each page has to have in it. */
  get script(): string {
    return `<script>(${obey.toString()})(${JSON.stringify(this.url)})</script>`
  }

  /** Functions of the test that pages may call. */
  expose(name: string, run: (given: never) => unknown): void {
    this.#exposed.set(name, run)
  }

  /** Has a tab call a function; settles with what comes of it, and rejects when the page goes. */
  run(id: string, code: string, given: unknown): Promise<unknown> {
    const tab = this.#tab(id)
    const number = ++this.#orders
    return new Promise((resolve, reject) => {
      tab.underWay.set(number, { resolve, reject })
      tab.orders.push({ number, code, given })
      this.#send(tab)
    })
  }

  /** Resolves when another document asks in a tab. */
  loaded(id: string): Promise<void> {
    return new Promise((resolve) => this.#tab(id).loaded.push(resolve))
  }

  /**
   * Has a tab close itself; resolves when its document has gone. It cannot say so: but it is asking what comes next as it closes, and that is cut off. Not before it
   * asks: nothing would be left that tells.
   */
  async closeTab(id: string): Promise<void> {
    const tab = this.#tab(id)
    const gone = new Promise<void>((resolve) => (tab.gone = resolve))
    this.run(id, '(asking) => void fetch(asking).then(() => window.close())', `${this.url}asking?tab=${id}`).catch(() => {})
    await gone
    forget(tab)
    this.#tabs.delete(id)
  }

  /** All documents have gone. */
  forgetAll(): void {
    for (const tab of this.#tabs.values()) forget(tab)
    this.#tabs.clear()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #tab(id: string): Tab {
    const known = this.#tabs.get(id)
    if (known) return known
    const tab: Tab = { load: '', poll: undefined, orders: [], underWay: new Map(), loaded: [], asking: [], gone: () => {} }
    this.#tabs.set(id, tab)
    return tab
  }

  #send(tab: Tab): void {
    if (!tab.poll || tab.orders.length === 0) return
    tab.poll.end(JSON.stringify(tab.orders.splice(0)))
    tab.poll = undefined
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    if (pathname === '/') return void response.setHeader('content-type', 'text/html').end(`<!doctype html>${this.script}`)
    response.setHeader('access-control-allow-origin', '*')
    if (pathname === '/next') return this.#next(this.#tab(searchParams.get('tab')!), searchParams.get('load')!, response)
    if (pathname === '/asking') return whenAsking(this.#tab(searchParams.get('tab')!), () => response.end())
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const said = JSON.parse(Buffer.concat(chunks).toString()) as {
      number: number
      name: string
      given: never
      error?: string
      value?: unknown
    }
    if (pathname === '/call') return void response.end(JSON.stringify((await this.#exposed.get(said.name)?.(said.given)) ?? null))
    const { underWay } = this.#tab(searchParams.get('tab')!)
    const settled = underWay.get(said.number)
    underWay.delete(said.number)
    if (said.error === undefined) settled?.resolve(said.value)
    else settled?.reject(new Error(said.error))
    response.end()
  }

  #next(tab: Tab, load: string, response: ServerResponse): void {
    if (tab.load !== load) {
      if (tab.load !== '') forget(tab)
      tab.load = load
      for (const tell of tab.loaded.splice(0)) tell()
    }
    tab.poll = response
    response.once('close', () => {
      if (tab.poll !== response) return
      tab.poll = undefined
      tab.gone()
    })
    this.#send(tab)
    if (tab.poll) for (const tell of tab.asking.splice(0)) tell()
  }
}

function whenAsking(tab: Tab, tell: () => void): void {
  if (tab.poll) tell()
  else tab.asking.push(tell)
}

/** Nobody will answer what the document before was told. */
function forget(tab: Tab): void {
  for (const { reject } of tab.underWay.values()) reject(new Error('The page has gone'))
  tab.underWay.clear()
  tab.orders.length = 0
}

/** In the page: does what it is told, several things at once, and says what came of each. */
function obey(base: string): void {
  const tab = /tab=(\w+)/.exec(location.hash)?.[1]
  const load = String(Math.random())
  const tell = (path: string, what: unknown): Promise<Response> =>
    fetch(`${base}${path}?tab=${tab}`, { method: 'POST', body: JSON.stringify(what) })
  Object.assign(globalThis, {
    callTest: async (name: string, given: unknown): Promise<unknown> => (await tell('call', { name, given })).json(),
  })
  const run = async ({ number, code, given }: Order): Promise<void> => {
    try {
      // As a driver does it: functions come as text.
      // oxlint-disable-next-line eslint/no-eval
      const called = (0, eval)(`(${code})`) as (given: unknown) => unknown
      const value = await called(given)
      await tell('done', { number, value })
    } catch (error) {
      await tell('done', { number, error: String(error) })
    }
  }
  const next = async (): Promise<void> => {
    const response = await fetch(`${base}next?tab=${tab}&load=${load}`)
    for (const order of (await response.json()) as Order[]) void run(order)
    return next()
  }
  void next()
}
