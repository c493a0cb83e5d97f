import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { onlyBusyOf } from './processes.ts'
import { ShopServer } from './shop-server.ts'

/** How many messages each tab enqueues. */
const COUNT = 300
/** Within which another tab must have taken over, in milliseconds. What it takes is printed. */
const LONGEST = 30_000

/**
 * A tab that enqueues numbers, one after the other, each when it is let. The one that has the first of them accepted has its process busy for as long as that is sought, or leaves when it is
 * told to. Busy is another of its workers, and not its main thread: in WebKit nobody gets on with IndexedDB then.
 */
const PAGE = `<!doctype html><meta charset="utf-8"><title>shop</title>
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/comlink.js" } }</script>
<script type="module">
  import { openQueue } from 'holdfast'
  const asked = new URLSearchParams(location.search)
  const from = Number(asked.get('from'))
  const orders = openQueue('orders', { endpoint: '/orders', order: 'group', concurrency: 2 })
  let isLeading = false
  let isFirst = true
  orders.subscribe(({ type }) => {
    if (type === 'leadership-gained') isLeading = true
    if (type !== 'accepted' || !isFirst) return
    isFirst = false
    if (!isLeading) return
    if (asked.has('leaves')) fetch('/is-told-to-leave').then(() => (location.href = '/away.html'))
    else new Worker('/busy.js')
  })
  // Who does not lead tells meanwhile how many wait.
  const isLet = async (waiting) => (await (await fetch('/is-let', { method: 'POST', body: waiting })).text()) === 'true'
  const waiting = async () => {
    const { ready, leased } = await orders.depth()
    return String(ready + leased)
  }
  for (let n = 0; n < ${COUNT}; n++) {
    while (!(await isLet(isLeading || n === 0 ? '' : await waiting())));
    await orders.enqueue({ n: from + n }, { group: 'g' + from })
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
</script>`

const BUSY = `
const isSought = () => {
  const request = new XMLHttpRequest()
  request.open('GET', '/is-sought', false)
  request.send()
  return request.responseText === 'true'
}
while (isSought()) for (const end = performance.now() + 200; performance.now() < end;) Math.random()`

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A shop in two tabs that are told nothing from outside: one leads, and is hurt in the midst of it; the other must take over. */
export class TwoTabs {
  readonly shop: ShopServer
  readonly #site: string
  #isSought = true
  /** How many messages were let. */
  #let = 0
  /** Nobody is let, and this is called when all that was answered is settled. */
  #settled: (() => void) | undefined
  /** Tells the tab that leads to leave its page, where its address lets it. */
  leave: () => void = () => {}

  private constructor(site: string, shop: ShopServer) {
    this.#site = site
    this.shop = shop
    const leaving = new Promise<void>((resolve) => (this.leave = resolve))
    shop.others.set('/is-let', async (request) => new Response(String(this.#isLet(await request.text()))))
    shop.others.set('/is-sought', () => new Response(String(this.#isSought)))
    shop.others.set('/is-told-to-leave', () => leaving.then(() => new Response()))
  }

  static async start(): Promise<TwoTabs> {
    const site = await mkdtemp(path.join(tmpdir(), 'holdfast-site-'))
    await cp(path.join(root, 'dist'), path.join(site, 'dist'), { recursive: true })
    await cp(path.join(root, 'node_modules/comlink/dist/esm/comlink.mjs'), path.join(site, 'comlink.js'))
    await writeFile(path.join(site, 'index.html'), PAGE)
    await writeFile(path.join(site, 'busy.js'), BUSY)
    await writeFile(path.join(site, 'away.html'), '<!doctype html><title>away</title>')
    const shop = await ShopServer.start(site)
    shop.pace = 20
    return new TwoTabs(site, shop)
  }

  /** The addresses of the two. */
  urls(asked = ''): [string, string] {
    return [`${this.shop.url}?from=0${asked}`, `${this.shop.url}?from=10000${asked}`]
  }

  /** The process of the tab that leads, which shows it by being busy. */
  async leaderOf(pids: () => readonly number[]): Promise<number> {
    await this.shop.arrived(1)
    const leader = await onlyBusyOf(pids)
    this.#isSought = false
    return leader
  }

  /**
   * Stops the leader in the midst of its drain, but not of a transaction: that would stay open, and the browser has all others wait for it. So the server does not answer, and
   * nobody enqueues, until what was answered is settled.
   */
  async stopBetweenTransactions(stop: () => void): Promise<void> {
    this.shop.mood = 'hanging'
    // Twice: what the server had taken as it was told to hang is answered by then.
    for (let times = 0; times < 2; times++) await new Promise<void>((resolve) => (this.#settled = resolve))
    stop()
    this.shop.mood = 'accepting'
    this.#settled = undefined
  }

  /** @param waiting how many messages wait, where the tab tells. */
  #isLet(waiting: string): boolean {
    if (!this.#settled) this.#let += 1
    else if (waiting !== '' && Number(waiting) === this.#let - this.shop.taken.length) this.#settled()
    return !this.#settled
  }

  /** Waits until another leads, and prints how long that takes. */
  async takenOver(name: string, hurtAt: number, beforeHurt: number): Promise<void> {
    const { arrivals } = this.shop
    const isNew = ({ epoch }: { epoch: number }): boolean => epoch > arrivals[0]!.epoch
    expect(arrivals.slice(0, beforeHurt).filter(isNew)).toEqual([])
    while (!arrivals.some(isNew)) await this.shop.arrived(arrivals.length + 1)
    const took = arrivals.find(isNew)!.at - hurtAt
    console.log(`takeover, ${name}: ${took} ms`)
    expect(took).toBeLessThan(LONGEST)
  }

  /** How many messages of the old leader arrived after a moment. */
  sentByOldSince(from: number): number {
    const { arrivals } = this.shop
    return arrivals.slice(from).filter(({ epoch }) => epoch === arrivals[0]!.epoch).length
  }

  /**
   * What was enqueued has arrived, in order and once, without a gap: all of it of one tab, at least, and of both where neither ended.
   *
   * @param of how many tabs.
   */
  async allArrived(of: 1 | 2): Promise<void> {
    const { shop } = this
    const ofTab = (from: number, all: readonly number[]): number[] => all.filter((n) => n >= from && n < from + COUNT)
    const whole = (): number => [0, 10_000].filter((from) => ofTab(from, shop.taken).length === COUNT).length
    while (whole() < of) await shop.took(shop.taken.length + 1)
    for (const from of [0, 10_000]) {
      for (const all of [ofTab(from, shop.taken), ofTab(from, shop.firstArrivals)]) expect(all).toEqual(Array.from(all, (_, n) => from + n))
    }
  }

  async close(): Promise<void> {
    await this.shop.close()
    await rm(this.#site, { recursive: true })
  }
}
