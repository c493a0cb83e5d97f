// What large bodies take, in memory and time: a file of 500 MB, and 2,000 messages of 1 MB each, in and out. `npm run bench:memory` after a build, on Linux: it reads /proc. What it
// measures is put into results/large-bodies.json; `npm run bench -- --report` writes the page anew.
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright'

const MB = 1024 * 1024
const here = fileURLToPath(new URL('.', import.meta.url))
const FILE = Number(process.env.FILE_MB ?? 500) * MB
const COUNT = Number(process.env.COUNT ?? 2_000)

const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-memory-'))
const { outputFiles } = await build({
  entryPoints: { page: path.join(here, 'page.ts'), 'auto-worker': path.join(here, '../../dist/auto-worker.js') },
  bundle: true,
  format: 'esm',
  outdir: folder,
  write: false,
})
const site = new Map(outputFiles.map(({ path: name, contents }) => [`/${path.basename(name)}`, contents]))

const hashes = new Map()
const server = createServer((request, response) => {
  if (request.method === 'POST') return take(request, response)
  const script = site.get(request.url ?? '')
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
  response.end(script ?? '<!doctype html><input type="file"><script type="module" src="/page.js"></script>')
})

/** Reads a body as it comes, and keeps its hash alone. */
function take(request, response) {
  const hash = createHash('sha256')
  request.on('data', (chunk) => hash.update(chunk))
  request.on('end', () => {
    hashes.set(request.headers['idempotency-key'], hash.digest('hex'))
    response.end()
  })
}

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address()

const rows = []
const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
  ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
  args: ['--no-sandbox'],
})
try {
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  await page.waitForFunction(() => 'drained' in globalThis)

  const file = path.join(folder, 'file.bin')
  const expected = await writeNoise(file, FILE)
  await page.setInputFiles('input', file)
  await measure(`a file of ${FILE / MB} MB, enqueued`, () => page.evaluate(() => globalThis.enqueueFile()))
  await measure('delivered', () => page.evaluate(() => globalThis.drained()))
  if (![...hashes.values()].includes(expected)) throw new Error('The file did not arrive byte for byte')
  hashes.clear()
  const many = [COUNT, MB]
  await measure(`${COUNT} messages of 1 MB, enqueued one by one`, () =>
    page.evaluate(([count, size]) => globalThis.enqueueMany(count, size), many),
  )
  await measure('delivered', () => page.evaluate(() => globalThis.drained()))
  if (hashes.size !== COUNT) throw new Error(`${hashes.size} of ${COUNT} arrived`)
  const date = new Date().toISOString().slice(0, 10)
  const results = { date, chromium: context.browser()?.version(), load: loadavg()[1], rows }
  await writeFile(path.join(here, '../results/large-bodies.json'), `${JSON.stringify(results, undefined, 2)}\n`)
} finally {
  await context.close()
  server.close()
  await rm(folder, { recursive: true })
}

async function writeNoise(file, size) {
  const hash = createHash('sha256')
  const out = createWriteStream(file)
  for (let written = 0; written < size; written += MB) {
    const bytes = randomBytes(MB)
    hash.update(bytes)
    if (!out.write(bytes)) await new Promise((resolve) => out.once('drain', resolve))
  }
  await new Promise((resolve) => out.end(resolve))
  return hash.digest('hex')
}

/** How much more each kind of process had at the most while something was done, than before it. */
async function measure(what, work) {
  const before = memory()
  const peak = { ...before }
  const timer = setInterval(() => {
    for (const [kind, size] of Object.entries(memory())) peak[kind] = Math.max(peak[kind] ?? 0, size)
  }, 100)
  const { took, longest } = await work()
  clearInterval(timer)
  const more = (kind) => Math.round(((peak[kind] ?? 0) - (before[kind] ?? 0)) / MB)
  const kinds = Object.keys(peak).filter((kind) => kind !== 'renderer' && kind !== 'browser')
  const others = kinds.reduce((sum, kind) => sum + more(kind), 0)
  rows.push({ what, took: Math.round(took), longest: Math.round(longest), renderer: more('renderer'), browser: more('browser'), others })
  console.log(rows.at(-1))
}

/** Of the browser's processes, by kind, the memory that is theirs: not files that the system keeps for them. */
function memory() {
  const sizes = {}
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (!command.includes(folder) && !command.includes('--type=')) continue
      if (!command.includes('chrom')) continue
      const kind = /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser'
      const sub = /--utility-sub-type=([\w.]+)/.exec(command)?.[1]?.split('.')[0] ?? kind
      const anonymous = /Anonymous:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
      const shared = /RssShmem:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      sizes[sub] = (sizes[sub] ?? 0) + (Number(anonymous?.[1] ?? 0) + Number(shared?.[1] ?? 0)) * 1024
    } catch {
      // It has ended.
    }
  }
  return sizes
}
