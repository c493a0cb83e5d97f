// What the small benches share: a page and its workers on a server, in Chromium on a profile that is on the disk.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * Has `work` done in a page, and writes what it gives into `results/`.
 *
 * @param {{
 *   name: string,
 *   page: string,
 *   others?: Record<string, string>,
 *   take?: (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void,
 *   work: (page: import('playwright').Page, folder: string) => Promise<unknown[]>,
 * }} bench the page's file, those that it loads beside the ready-made worker, and what is done with messages that it sends.
 */
export async function run({ name, page: file, others = {}, take, work }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-bench-'))
  const entryPoints = { page: path.join(here, file), 'auto-worker': path.join(here, '../../dist/auto-worker.js'), ...inHere(others) }
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', outdir: folder, write: false })
  const site = new Map(outputFiles.map(({ path: at, contents }) => [`/${path.basename(at)}`, contents]))
  const server = createServer((request, response) => {
    if (request.method === 'POST' && take) return take(request, response)
    const script = site.get(request.url ?? '')
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(script ?? '<!doctype html><input type="file"><script type="module" src="/page.js"></script>')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const executablePath = process.env['CHROMIUM_PATH']
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    ...(executablePath && { executablePath }),
    args: ['--no-sandbox'],
  })
  try {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.waitForFunction(() => 'isReady' in globalThis)
    const rows = await work(page, folder)
    const results = { date: new Date().toISOString().slice(0, 10), chromium: context.browser()?.version(), load: loadavg()[1], rows }
    await writeFile(path.join(here, `../results/${name}.json`), `${JSON.stringify(results, undefined, 2)}\n`)
    console.log(results)
  } finally {
    await context.close()
    server.close()
    await rm(folder, { recursive: true })
  }
}

/** @type {(files: Record<string, string>) => Record<string, string>} */
function inHere(files) {
  return Object.fromEntries(Object.entries(files).map(([entry, file]) => [entry, path.join(here, file)]))
}
