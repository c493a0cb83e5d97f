import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as esbuild from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { build as viteBuild, createServer as createViteServer } from 'vite'
import { createServer as createVite5Server } from 'vite5'
import type { DepOptimizationOptions } from 'vite5'
import { webpack } from 'webpack'
import type { QueueEvent } from '../../src/index.ts'
import { Browser } from '../browser/browser.ts'
import { ShopServer } from '../browser/shop-server.ts'
import { until } from '../browser/until.ts'

/** As a user would write it: nothing here knows of workers. */
const MAIN = `
import { openQueue } from 'holdfast'
const orders = openQueue('orders', { endpoint: '/orders' })
const host = new Promise((resolve) => orders.subscribe((event) => event.type === 'host-started' && resolve(event)))
globalThis.placeOrder = async () => {
  const receipt = await orders.enqueue({ n: 7 })
  return { host: await host, body: (await receipt.delivered).body }
}`

const PAGE = (script: string): string => `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
let app: string
let browser: Browser
const closers: (() => Promise<unknown>)[] = []

// An app that has installed the packed package, and nothing else.
beforeAll(async () => {
  app = await mkdtemp(path.join(tmpdir(), 'holdfast-app-'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', app], { cwd: root })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await writeFile(path.join(app, 'package.json'), JSON.stringify({ name: 'app', type: 'module' }))
  await writeFile(path.join(app, 'main.js'), MAIN)
  await writeFile(path.join(app, 'index.html'), PAGE('/main.js'))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(app, filename)], { cwd: app })
  browser = await Browser.launch()
}, 120_000)

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

afterAll(async () => {
  await browser.close()
  await rm(app, { recursive: true, force: true })
})

interface Placed {
  readonly host: QueueEvent
  readonly body: unknown
}

/** Places an order on a page, and gives what the page knows of it. */
async function placeOrder(url: string): Promise<Placed> {
  const page = await browser.context.newPage()
  closers.push(() => page.close())
  await page.goto(url)
  await until(page, () => 'placeOrder' in globalThis)
  return page.evaluate(() => (globalThis as unknown as { placeOrder: () => Promise<Placed> }).placeOrder())
}

async function startShop(site?: string): Promise<ShopServer> {
  const shop = await ShopServer.start(site)
  closers.push(() => shop.close())
  return shop
}

async function site(name: string, script: string): Promise<string> {
  const folder = path.join(app, name)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'index.html'), PAGE(script))
  return folder
}

/** What Vite 5 and the current one are both told. */
const development = (shop: ShopServer) =>
  ({
    root: app,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, proxy: { '/orders': shop.url } },
  }) as const

const inWorker: Placed = { host: { type: 'host-started', host: 'worker' }, body: { number: 7 } }
const fromText: Placed = {
  host: { type: 'host-started', host: 'inline', reason: 'The worker did not start: its file could not be loaded' },
  body: { number: 7 },
}

test('Vite, in development', async () => {
  const shop = await startShop()
  const vite = await createViteServer(development(shop))
  closers.push(() => vite.close())
  await vite.listen()
  expect(await placeOrder(vite.resolvedUrls!.local[0]!)).toEqual(inWorker)
})

/** Each with a cache of its own: what one has pre-bundled, the other would serve. */
async function startVite5(shop: ShopServer, optimizeDeps: DepOptimizationOptions): Promise<string> {
  const cacheDir = await mkdtemp(path.join(app, 'vite5-'))
  const vite = await createVite5Server({ ...development(shop), cacheDir, optimizeDeps })
  closers.push(() => vite.close())
  await vite.listen()
  return vite.resolvedUrls!.local[0]!
}

test('Vite 5, in development, which bundles the package without the worker’s file: the worker is made from its text, and says why', async () => {
  expect(await placeOrder(await startVite5(await startShop(), {}))).toEqual(fromText)
})

test('Vite 5, in development, told to leave the package as it is', async () => {
  expect(await placeOrder(await startVite5(await startShop(), { exclude: ['holdfast'] }))).toEqual(inWorker)
})

test('Vite, built', async () => {
  const outDir = path.join(app, 'vite')
  await viteBuild({ root: app, configFile: false, logLevel: 'error', build: { outDir } })
  expect(await placeOrder((await startShop(outDir)).url)).toEqual(inWorker)
})

test('webpack', async () => {
  const folder = await site('webpack', '/main.js')
  await new Promise<void>((resolve, reject) => {
    webpack({ mode: 'production', context: app, entry: './main.js', output: { path: folder, filename: 'main.js' } }, (error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()))
      else resolve()
    })
  })
  expect(await placeOrder((await startShop(folder)).url)).toEqual(inWorker)
})

test('esbuild, with the worker as an entry of its own', async () => {
  const outdir = await site('esbuild', '/main.js')
  const entryPoints = { main: path.join(app, 'main.js'), 'auto-worker': 'holdfast/auto-worker' }
  await esbuild.build({ entryPoints, outdir, bundle: true, format: 'esm', absWorkingDir: app })
  expect(await placeOrder((await startShop(outdir)).url)).toEqual(inWorker)
})

test('esbuild, that does not ship the worker’s file: the worker is made from its text, and says why', async () => {
  const outdir = await site('esbuild-alone', '/main.js')
  await esbuild.build({ entryPoints: [path.join(app, 'main.js')], outdir, bundle: true, format: 'esm', absWorkingDir: app })
  expect(await placeOrder((await startShop(outdir)).url)).toEqual(fromText)
})

test('a server that renders the page can import it', async () => {
  const script = `import { openQueue } from 'holdfast'; openQueue('orders', { endpoint: '/orders' }); console.log('rendered')`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: app })
  expect(stdout).toBe('rendered\n')
})

test('the package holds what its exports name, and no sources or tests', async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--dry-run'], { cwd: root })
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  const paths = files.map((file) => file.path)
  const exports = createRequire(import.meta.url)('../../package.json') as { exports: Record<string, string> }
  for (const target of Object.values(exports.exports)) expect(paths).toContain(target.slice('./'.length))
  expect(paths.filter((file) => !/^(dist\/|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(file))).toEqual([])
})
