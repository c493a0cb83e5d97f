import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ShopServer } from './shop-server.ts'

/** How a page is left, in the very task in which it enqueues. */
export const WAYS = {
  /** Its worker is up. */
  'by location.href': `await orders.depth(); place(); leave()`,
  /** The queue has just been opened: there is no worker yet. */
  'by location.href, before its worker is up': `place(); leave()`,
  /** With many messages, of which most are not even on their way. */
  'by a click on a link, after twenty messages': `await orders.depth(); for (let i = 0; i < 20; i++) place(); document.body.append(Object.assign(document.createElement('a'), { href: next }));
    document.querySelector('a').click()`,
  /** The first thing that is enqueued is enqueued by a listener of the event. */
  'while pagehide is told': `await orders.depth(); addEventListener('pagehide', place); leave()`,
  'by closing the tab': `await orders.depth(); place(); close()`,
  'by closing the tab, before its worker is up': `place(); close()`,
} as const

export type Way = keyof typeof WAYS

/** What each round places. */
const placedBy = (way: Way): number => (way.includes('twenty') ? 20 : 1)

const HEAD = `<!doctype html><meta charset="utf-8"><title>shop</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/comlink.js" } }</script>`

/** A page that places its orders and is gone; the next one does so again. */
const page = (way: Way, rounds: number): string => `${HEAD}<body><script type="module">
  import { openQueue } from 'holdfast'
  const asked = new URLSearchParams(location.search)
  // To see how much is owed to what a page writes down as it leaves.
  if (asked.has('bare')) Storage.prototype.setItem = () => { throw new Error('not for us') }
  const round = Number(asked.get('round'))
  let n = round * ${placedBy(way)}
  asked.set('round', round + 1)
  const next = round + 1 < ${rounds} ? '?' + asked : '/done.html'
  const orders = openQueue('orders', { endpoint: '/orders' })
  const place = () => void orders.enqueue({ n: n++ }).catch(() => {})
  const leave = () => (location.href = next)
  ${WAYS[way]}
</script>`

/** Opens one page after the other, each of which closes itself. */
const opener = (rounds: number): string => `${HEAD}<script type="module">
  for (let round = 0; round < ${rounds}; round++) {
    const opened = open('/leave.html?round=' + round + location.search.replace('?', '&'), '', 'popup,width=300,height=300')
    while (!opened.closed) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  location.href = '/done.html'
</script>`

/** What comes last has everything before it. */
const DONE = `${HEAD}<script type="module">
  import { openQueue } from 'holdfast'
  await openQueue('orders', { endpoint: '/orders' }).enqueue({ n: -1 })
</script>`

const root = fileURLToPath(new URL('../../', import.meta.url))

/** How many rounds are made of each; `LEAVING_ROUNDS=100` for the figures in the documentation. */
export const ROUNDS: number = Number(process.env['LEAVING_ROUNDS'] ?? 10)

export interface Left {
  readonly placed: number
  /** What arrived at the server, in its order. */
  readonly arrived: readonly number[]
}

/** Has a browser leave a page again and again, and counts what arrives. */
export async function leave(way: Way, browse: (url: string) => Promise<() => Promise<void>>, isBare = false): Promise<Left> {
  const site = await mkdtemp(path.join(tmpdir(), 'holdfast-site-'))
  await cp(path.join(root, 'dist'), path.join(site, 'dist'), { recursive: true })
  await cp(path.join(root, 'node_modules/comlink/dist/esm/comlink.mjs'), path.join(site, 'comlink.js'))
  await writeFile(path.join(site, 'leave.html'), page(way, ROUNDS))
  await writeFile(path.join(site, 'opener.html'), opener(ROUNDS))
  await writeFile(path.join(site, 'done.html'), DONE)
  const shop = await ShopServer.start(site)
  const first = way.includes('closing') ? 'opener.html?' : 'leave.html?round=0&'
  const close = await browse(`${shop.url}${first}${isBare ? 'bare' : ''}`)
  try {
    await shop.until(() => shop.taken.includes(-1))
    return { placed: ROUNDS * placedBy(way), arrived: shop.taken.filter((n) => n >= 0) }
  } finally {
    await close()
    await shop.close()
    await rm(site, { recursive: true })
  }
}

/** What should have arrived. */
export const placedInOrder = ({ placed }: Left): number[] => Array.from({ length: placed }, (_, n) => n)

/** Not promises, but what the figures are compared with: measured with `LEAVING_BARE=1`. */
export const BARE_RUNS: readonly Way[] = process.env['LEAVING_BARE'] ? (Object.keys(WAYS) as Way[]) : []

/** Says what was measured. */
export function report(engine: string, way: Way, { placed, arrived }: Left, isBare = false): void {
  console.log(`${engine}, left ${way}${isBare ? ', nothing written down' : ''}: ${new Set(arrived).size} of ${placed} arrived`)
}
