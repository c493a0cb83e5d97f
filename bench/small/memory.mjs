// What large bodies take, in memory and time: a file of 500 MB, and 2,000 messages of 1 MB each, in and out. `npm run bench:small`, on Linux: it reads /proc.
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './stage.mjs'

const MB = 1024 * 1024
const FILE = Number(process.env['FILE_MB'] ?? 500) * MB
const COUNT = Number(process.env['COUNT'] ?? 2_000)

const hashes = new Map()
const rows = []

await run({
  name: 'large-bodies',
  page: 'memory-page.ts',
  take(request, response) {
    // Read as it comes: its hash alone is kept.
    const hash = createHash('sha256')
    request.on('data', (chunk) => hash.update(chunk))
    request.on('end', () => {
      hashes.set(request.headers['idempotency-key'], hash.digest('hex'))
      response.end()
    })
  },
  async work(page, folder) {
    const file = path.join(folder, 'file.bin')
    const expected = await writeNoise(file, FILE)
    await page.setInputFiles('input', file)
    await measure(folder, `a file of ${FILE / MB} MB, enqueued`, () => page.evaluate(() => globalThis.enqueueFile()))
    await measure(folder, 'delivered', () => page.evaluate(() => globalThis.drained()))
    if (![...hashes.values()].includes(expected)) throw new Error('The file did not arrive byte for byte')
    hashes.clear()
    const many = () => page.evaluate(([count, size]) => globalThis.enqueueMany(count, size), [COUNT, MB])
    await measure(folder, `${COUNT} messages of 1 MB, enqueued one by one`, many)
    await measure(folder, 'delivered', () => page.evaluate(() => globalThis.drained()))
    if (hashes.size !== COUNT) throw new Error(`${hashes.size} of ${COUNT} arrived`)
    return rows
  },
})

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
async function measure(folder, what, work) {
  const before = memory(folder)
  const peak = { ...before }
  const timer = setInterval(() => {
    for (const [kind, size] of Object.entries(memory(folder))) peak[kind] = Math.max(peak[kind] ?? 0, size)
  }, 100)
  const { took, longest } = await work()
  clearInterval(timer)
  const more = (kind) => Math.round(((peak[kind] ?? 0) - (before[kind] ?? 0)) / MB)
  const kinds = Object.keys(peak).filter((kind) => kind !== 'renderer' && kind !== 'browser')
  const others = kinds.reduce((sum, kind) => sum + more(kind), 0)
  rows.push({ what, took: Math.round(took), longest: Math.round(longest), renderer: more('renderer'), browser: more('browser'), others })
}

/** Of this browser's processes, by kind, the memory that is theirs: not files that the system keeps for them. */
function memory(folder) {
  const sizes = {}
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (!command.includes(folder) && !isChildOf(pid, folder)) continue
      const kind = /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser'
      const anonymous = /Anonymous:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
      const shared = /RssShmem:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      sizes[kind] = (sizes[kind] ?? 0) + (Number(anonymous?.[1] ?? 0) + Number(shared?.[1] ?? 0)) * 1024
    } catch {
      // It has ended.
    }
  }
  return sizes
}

/** Renderers are children of a zygote, which is one of the browser's. */
function isChildOf(pid, folder) {
  for (let at = pid; Number(at) > 1;) {
    at = /^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${at}/stat`, 'utf8'))?.[1] ?? '0'
    if (at !== '0' && readFileSync(`/proc/${at}/cmdline`, 'utf8').includes(folder)) return true
  }
  return false
}
