import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { MiniBrowser } from '../browser/mini-browser.ts'
import { ShopServer } from '../browser/shop-server.ts'

/** A page that enqueues numbers, one after the other, as long as it can. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>shop</title>
<script type="importmap">{ "imports": { "holdfast": "/dist/index.js", "comlink": "/comlink.js" } }</script>
<script type="module">
  import { openQueue } from 'holdfast'
  const orders = openQueue('orders', { endpoint: '/orders' })
  for (let n = 0; n < 1_000; n++) {
    await orders.enqueue({ n })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
</script>`

const root = fileURLToPath(new URL('../../', import.meta.url))

let site: string
let shop: ShopServer
let browser: MiniBrowser
beforeEach(async () => {
  site = await mkdtemp(path.join(tmpdir(), 'holdfast-site-'))
  await cp(path.join(root, 'dist'), path.join(site, 'dist'), { recursive: true })
  await cp(path.join(root, 'node_modules/comlink/dist/esm/comlink.mjs'), path.join(site, 'comlink.js'))
  await writeFile(path.join(site, 'index.html'), PAGE)
  shop = await ShopServer.start(site)
  browser = await MiniBrowser.open(inject('driven').executablePath, {}, shop.url)
})
afterEach(async () => {
  await browser.close()
  await shop.close()
  await rm(site, { recursive: true })
})

test('it heals itself: when WebKit’s network process has died, the page goes on without being loaded again, and nothing is lost or out of order', async () => {
  await shop.took(5)
  browser.killNetworkProcess()
  const before = shop.taken.length
  await shop.took(before + 20)
  browser.killNetworkProcess()
  const then = shop.taken.length
  await shop.took(then + 20)
  expect(shop.taken).toEqual(Array.from(shop.taken, (_, n) => n))
})
