import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { numbers } from './browser.ts'
import { ShopServer } from './shop-server.ts'

/** Within which another tab must have delivered what it enqueued, in milliseconds. What it takes is printed. */
const LONGEST = 10_000

/** What the pages have in common. */
const head = (script: string): string => `<!doctype html><meta charset="utf-8"><title>shop</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/comlink.js" } }</script>
<script type="module">
  import { openQueue } from 'holdfast'
  const say = (what, more) => fetch('/said', { method: 'POST', body: JSON.stringify({ what, ...more }) })
  const told = (what) => fetch('/told?' + what)
  const open = () => openQueue('orders', { endpoint: '/orders', keepReceipts: { age: 600_000, number: 100 } })
  ${script}
</script>`

/** Leads, leaves in the midst of it, and comes back; where it does not, but is loaded anew, it says so. */
const LEAVING = head(`
  const orders = open()
  const receipts = []
  let heard = []
  const place = async (n) => void receipts.push(await orders.enqueue({ n }))
  /** What the server has answered, and what was heard since the last time. */
  const delivered = async (what) => {
    const answers = await Promise.all(receipts.map((receipt) => receipt.delivered))
    await say(what, { numbers: answers.map(({ body }) => body.number).sort((a, b) => a - b), heard })
    heard = []
  }
  orders.subscribe(({ type }) => heard.push(type))
  addEventListener('pagehide', ({ persisted }) => sessionStorage.setItem('persisted', persisted))
  addEventListener('pageshow', async ({ persisted }) => {
    if (!persisted) return
    heard = []
    await say('returned')
    await waiting
    for (const n of [13, 14]) await place(n)
    await delivered('delivered')
    await told('lead')
    await place(15)
    await delivered('delivered alone')
  })
  const [navigation] = performance.getEntriesByType('navigation')
  let waiting
  if (navigation.type === 'back_forward') await say('loaded anew', { wasToldToStay: sessionStorage.getItem('persisted'), why: navigation.notRestoredReasons })
  else {
    await place(0)
    await delivered('leads')
    await told('enqueue')
    for (let n = 1; n <= 10; n++) await place(n)
    await told('leave')
    if (location.search !== '?at-rest') waiting = Promise.all([11, 12].map(place))
    location.href = '/away.html'
  }`)

/** Where it is meanwhile. */
const AWAY = head(`
  await say('away')
  await told('return')
  history.back()`)

/** The tab that stays. */
const OTHER = head(`
  await told('open')
  const orders = open()
  await orders.depth()
  await say('open')
  await told('place')
  const all = await Promise.all([100, 101, 102].map((n) => orders.enqueue({ n })))
  await Promise.all(all.map((receipt) => receipt.delivered))
  await say('placed')
  await told('close')
  await orders.close()
  await say('closed')`)

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a page says. */
interface Said {
  readonly what: string
  readonly numbers?: readonly number[]
  readonly heard?: readonly string[]
}

/** How the page is left. */
export const KEPT = {
  /** What it has enqueued is stored. */
  'at rest': '?at-rest',
  /** Two messages are enqueued in the task in which it leaves. */
  'in the midst of enqueueing': '',
} as const

export type Kept = keyof typeof KEPT

/** Two tabs that are told by their server alone what to do: a page that comes back is not the one that a driver knew. */
export class KeptPage {
  readonly #shop: ShopServer
  readonly #site: string
  readonly #said: Said[] = []
  readonly #told = new Map<string, () => void>()
  #hear = (): void => {}

  private constructor(site: string, shop: ShopServer) {
    this.#site = site
    this.#shop = shop
    shop.others.set('/said', async (request) => {
      this.#said.push((await request.json()) as Said)
      this.#hear()
      return new Response()
    })
    for (const what of ['open', 'enqueue', 'leave', 'place', 'return', 'close', 'lead']) {
      const isTold = new Promise<void>((resolve) => this.#told.set(what, resolve))
      shop.others.set(`/told?${what}`, () => isTold.then(() => new Response()))
    }
  }

  static async start(): Promise<KeptPage> {
    const site = await mkdtemp(path.join(tmpdir(), 'holdfast-site-'))
    await cp(path.join(root, 'dist'), path.join(site, 'dist'), { recursive: true })
    await cp(path.join(root, 'node_modules/comlink/dist/esm/comlink.mjs'), path.join(site, 'comlink.js'))
    for (const [name, page] of [
      ['leaving', LEAVING],
      ['away', AWAY],
      ['other', OTHER],
    ] as const)
      await writeFile(path.join(site, `${name}.html`), page)
    return new KeptPage(site, await ShopServer.start(site))
  }

  /** The addresses of the two. */
  urls(kept: Kept): [string, string] {
    return [`${this.#shop.url}leaving.html${KEPT[kept]}`, `${this.#shop.url}other.html`]
  }

  /** Has the page that leads leave while the server does not answer, the other take over, and the first come back. */
  async play(engine: string, kept: Kept): Promise<void> {
    await this.#leave()
    const took = await this.#takeOver()
    console.log(`takeover, ${engine}, page kept ${kept}: ${took} ms`)
    expect(took).toBeLessThan(LONGEST)
    this.#tell('return')
    expect(await this.#says('returned', 'loaded anew')).toEqual({ what: 'returned' })
    await this.#worksAgain(kept)
  }

  async #leave(): Promise<void> {
    await this.#says('leads')
    this.#tell('open')
    await this.#says('open')
    this.#shop.mood = 'hanging'
    this.#tell('enqueue')
    await this.#shop.arrived(2)
    // To whoever sends it again: the request that is under way as the page leaves is not answered.
    this.#shop.mood = 'accepting'
    this.#tell('leave')
    await this.#says('away')
  }

  /** @returns how long it takes from when the page has gone until what the other enqueues is delivered, in milliseconds. */
  async #takeOver(): Promise<number> {
    const { arrivals } = this.#shop
    const leftAt = Date.now()
    this.#tell('place')
    await this.#says('placed')
    expect(arrivals.at(-1)!.epoch).toBeGreaterThan(arrivals[0]!.epoch)
    return Date.now() - leftAt
  }

  /** What it had enqueued is answered; it enqueues, while the other leads and when that has closed; and its listeners hear of it. */
  async #worksAgain(kept: Kept): Promise<void> {
    const own = numbers(0, 15).filter((n) => kept !== 'at rest' || ![11, 12].includes(n))
    const { numbers: answered, heard } = await this.#says('delivered')
    expect(answered).toEqual(own)
    expect(heard).toEqual(expect.arrayContaining(['host-started', 'enqueued', 'accepted']))
    this.#tell('close')
    await this.#says('closed')
    this.#tell('lead')
    const { numbers: all, heard: alone } = await this.#says('delivered alone')
    expect(all).toEqual([...own, 15])
    expect(alone).toEqual(expect.arrayContaining(['leadership-gained', 'accepted']))
    expect(this.#shop.taken.filter((n) => n < 100)).toEqual([...own, 15])
    expect(this.#shop.firstArrivals).toEqual(this.#shop.taken)
  }

  async close(): Promise<void> {
    await this.#shop.close()
    await rm(this.#site, { recursive: true })
  }

  #tell(what: string): void {
    this.#told.get(what)!()
  }

  /** Resolves with the first of these that a page says, when it does. */
  async #says(...whats: string[]): Promise<Said> {
    for (;;) {
      const said = this.#said.find(({ what }) => whats.includes(what))
      if (said) return said
      await new Promise<void>((resolve) => (this.#hear = resolve))
    }
  }
}
