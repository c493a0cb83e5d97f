import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import path from 'node:path'
import { findBrowser } from '../../test/browser/find-browser.ts'
import type { LargeBodies } from '../report/large-bodies.ts'
import type { Pools } from '../report/pools.ts'
import { report } from '../report/report.ts'
import { runCell, seed } from './cell.ts'
import type { Bench, Outcome } from './cell.ts'
import { cleanUp, withFolder } from './chromium.ts'
import { CONTENDERS } from './contenders.ts'
import { parse, USAGE } from './options.ts'
import type { Options } from './options.ts'
import { profileAll } from './profile.ts'
import { inOrderOfRound, plan } from './plan.ts'
import type { Planned } from './plan.ts'
import type { Machine, Measured, Results, Round } from './results.ts'
import { BenchServer } from './server.ts'
import { buildSite, bytesOf } from './site.ts'
import type { Bytes, Folders } from './site.ts'
import { spread } from './statistics.ts'

const root = process.cwd()
const folders: Folders = { root, bench: path.join(root, 'bench'), site: path.join(root, 'bench/dist/site') }

async function main(): Promise<void> {
  const options = parse(process.argv.slice(2))
  if (!options) return console.log(USAGE)
  const latest = path.join(folders.bench, 'results/latest.json')
  if (options.isReport) return write(JSON.parse(await readFile(latest, 'utf8')) as Results)
  const results = await run(options)
  const isTrial = options.only.length > 0 || options.scale.name === 'quick'
  const file = isTrial ? path.join(folders.bench, 'results/trial.json') : latest
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(results)}\n`)
  console.log(`\n${path.relative(root, file)}`)
  if (!isTrial) await write(results)
}

/** The page about it, and its plot. */
async function write(results: Results): Promise<void> {
  const docs = path.join(root, 'docs')
  const { page, growth } = report(results, { large: await found<LargeBodies>('large-bodies'), pool: await found<Pools>('consumers') })
  await mkdir(docs, { recursive: true })
  await writeFile(path.join(docs, 'performance.md'), page)
  if (growth !== undefined) await writeFile(path.join(docs, 'growth.svg'), growth)
  console.log('docs/performance.md')
}

/** What `npm run bench:small` has left. */
function found<Found>(name: string): Promise<Found | undefined> {
  return readFile(path.join(folders.bench, `results/${name}.json`), 'utf8').then(
    (text) => JSON.parse(text) as Found,
    () => undefined,
  )
}

async function run(options: Options): Promise<Results> {
  const began = Date.now()
  const { executablePath, version } = await findBrowser('chromium', console.log)
  await buildSite(folders)
  const server = await BenchServer.start(folders.site)
  const bench: Bench = { server, executablePath }
  const { scale, only } = options
  try {
    const isProfiled = only.length === 0 || only.includes('profile')
    // First: what fails there has cost nobody twenty minutes.
    const profiles = isProfiled ? await profileAll(bench) : []
    const { cells, loads } = await withFolder((filled) => measure(bench, options, filled))
    return {
      date: new Date().toISOString().slice(0, 10),
      scale,
      ...(only.length > 0 && { only }),
      machine: machine(version),
      versions: await versions(),
      loads,
      minutes: (Date.now() - began) / 60_000,
      cells,
      bytes: await sizes(),
      profiles,
    }
  } finally {
    await cleanUp()
    await server.close()
  }
}

/** All cells of all rounds. */
async function measure(bench: Bench, { scale, only }: Options, folder: string): Promise<Pick<Results, 'cells' | 'loads'>> {
  const cells = plan(scale, only)
  const filled = await fill(bench, folder, cells)
  const measured = new Map(cells.map((cell) => [cell, [] as Round[]]))
  const loads: number[] = []
  for (let round = 0; round < scale.rounds; round++) {
    loads.push(loadavg()[0]!)
    for (const cell of inOrderOfRound(cells, round)) {
      const outcome = await runCell(bench, cell.contender, cell.row.task(cell.contender, scale), filled.get(cell))
      measured.get(cell)!.push({ round, ...outcome })
      say(round, cell, outcome)
    }
  }
  summarise(measured)
  return {
    loads,
    cells: Array.from(measured, ([{ row, contender }, rounds]): Measured => ({ row: row.id, contender: contender.id, rounds })),
  }
}

/** A filled profile for each cell that opens one. */
async function fill(bench: Bench, folder: string, cells: readonly Planned[]): Promise<Map<Planned, string>> {
  const filled = new Map<Planned, string>()
  for (const cell of cells) {
    const { row, contender } = cell
    if (!row.filled) continue
    const profile = path.join(folder, `${contender.id}-${row.id}`)
    await mkdir(profile)
    console.log(`filling: ${contender.title}, ${row.title}`)
    await seed(bench, profile, contender, row.filled)
    filled.set(cell, profile)
  }
  return filled
}

function say(round: number, { row, contender }: Planned, outcome: Outcome): void {
  const what = 'error' in outcome ? outcome.error : `${outcome.figures[row.figure]?.toFixed(1)} ${problems(outcome)}`
  console.log(`${round + 1} ${row.id.padEnd(26)} ${contender.id.padEnd(18)} ${what}`)
}

function problems({ check }: Extract<Outcome, { figures: object }>): string {
  const found = Object.entries(check ?? {}).filter(([name, count]) => name !== 'expected' && count !== 0)
  return found.map(([name, count]) => `${name}: ${count}`).join(', ')
}

function summarise(measured: ReadonlyMap<Planned, readonly Round[]>): void {
  console.log('\nmedian (least to most)')
  for (const [{ row, contender }, rounds] of measured) {
    const found = spread(rounds.flatMap(({ figures }) => figures?.[row.figure] ?? []))
    const text = found ? `${found.median.toFixed(1)} (${found.least.toFixed(1)} to ${found.most.toFixed(1)})` : rounds[0]?.error
    console.log(`${row.id.padEnd(26)} ${contender.id.padEnd(18)} ${text}`)
  }
}

async function sizes(): Promise<Record<string, Bytes>> {
  const found = await Promise.all(CONTENDERS.map(async (contender) => [contender.id, await bytesOf(folders, contender)] as const))
  return Object.fromEntries(found.filter((entry): entry is readonly [string, Bytes] => entry[1] !== undefined))
}

/** What a reader needs to judge the figures, and nothing that names the machine. */
function machine(chromium: string): Machine {
  return {
    cores: cpus().length,
    memoryInGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    chromium,
  }
}

/** What was compared with. */
async function versions(): Promise<Record<string, string>> {
  const { devDependencies } = JSON.parse(await readFile(path.join(folders.bench, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return { holdfast: version, ...devDependencies }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void cleanUp().then(() => process.exit(130)))
await main()
