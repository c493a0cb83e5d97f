import { check } from '../page/bodies.ts'
import type { Check } from '../page/bodies.ts'
import type { Cell, Figures, Result, Task } from '../page/protocol.ts'
import { Chromium, withProfile } from './chromium.ts'
import type { Contender } from './contenders.ts'
import type { Filling } from './rows.ts'
import { bodiesOf } from './server.ts'
import type { BenchServer } from './server.ts'

export interface Bench {
  readonly server: BenchServer
  readonly executablePath: string
}

/** What came of one cell: its figures, and what became of its messages. */
export type Outcome = { readonly figures: Figures; readonly check?: Check } | { readonly error: string }

/** How long a cell may take, in milliseconds; a seed has more. */
const PATIENCE = 120_000
const PATIENCE_OF_SEED = 1_800_000

/** Runs one task in a browser of its own, on a fresh profile or on a copy of a filled one. */
export function runCell(bench: Bench, contender: Contender, task: Task, filled?: string): Promise<Outcome> {
  return withProfile(filled, async (profile) => {
    bench.server.isHanging = task.kind !== 'drain'
    const result = await inBrowser(bench, profile, contender, task)
    if (!result.ok) return { error: result.error }
    if (task.kind === 'drain') return delivered(bench, result, task)
    if (task.kind === 'burst' || task.kind === 'one-by-one') return readBack(bench, profile, contender, result, task.count + 1)
    return { figures: result.figures }
  })
}

/** Fills a profile with messages, which wait for a server that hangs; the browser is closed as a user would. */
export async function seed(bench: Bench, profile: string, contender: Contender, { count, by }: Filling): Promise<void> {
  bench.server.isHanging = true
  const task = { kind: 'seed', count, isHeld: by !== undefined || !contender.has.includes('drain') } as const
  const filler = by === undefined ? contender : { ...contender, module: by }
  const result = await inBrowser(bench, profile, filler, task, 'close')
  if (!result.ok) throw new Error(`${contender.title} could not be filled with ${count}: ${result.error}`)
}

/** What a browser that was killed as its page reported leaves to the next: whether what was said to be stored is there. */
async function readBack(bench: Bench, profile: string, contender: Contender, { figures }: Result & { ok: true }, count: number) {
  const result = await inBrowser(bench, profile, contender, { kind: 'read-back', count })
  return result.ok ? { figures, check: result.check! } : { error: `read back after a kill: ${result.error}` }
}

/** What the server saw of a drain. */
function delivered({ server }: Bench, { figures }: Result & { ok: true }, { count, inBatches }: Extract<Task, { kind: 'drain' }>): Outcome {
  const { arrivals } = server
  const requests = arrivals.texts.length
  // A rate needs two moments: of all messages in a request or two, what counts is how long the page took, answers and all.
  const rate = inBatches ? figures['whole']! : ((requests - 1) / arrivals.took) * 1_000
  return { figures: { ...figures, rate, requests }, check: check(bodiesOf(arrivals), count) }
}

async function inBrowser(
  { server, executablePath }: Bench,
  profile: string,
  contender: Contender,
  task: Task,
  end: 'kill' | 'close' = 'kill',
): Promise<Result> {
  const { module, durability, isHeld = false } = contender
  const cell: Cell = { module, durability, isHeld, task }
  server.begin(cell)
  const browser = new Chromium(executablePath, profile, server.url)
  const patience = task.kind === 'seed' ? PATIENCE_OF_SEED : PATIENCE
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<Result>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, error: `took more than ${patience / 1_000} s` }), patience)
    })
    return await Promise.race([server.result, late])
  } finally {
    clearTimeout(timer)
    await browser[end]()
  }
}
