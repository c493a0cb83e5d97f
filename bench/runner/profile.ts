import { chromium } from 'playwright'
import type { CDPSession } from 'playwright'
import { CHROMIUM_ARGS } from '../../test/browser/find-browser.ts'
import type { Task } from '../page/protocol.ts'
import type { Bench } from './cell.ts'
import { withProfile } from './chromium.ts'
import { threadsOf } from './trace.ts'
import type { Thread, TraceEvent } from './trace.ts'

/** Where the time went in one task, with a tracer attached: shares count, and not durations. */
export interface Profile {
  readonly title: string
  readonly duration: number
  readonly threads: readonly Thread[]
}

const TASKS: readonly { readonly title: string; readonly task: Task }[] = [
  { title: 'burst of 10,000', task: { kind: 'burst', count: 10_000, groups: 0 } },
  { title: 'awaited one by one, 200', task: { kind: 'one-by-one', count: 200 } },
  { title: 'drain of 300, one request each', task: { kind: 'drain', count: 300, inBatches: false } },
  { title: 'drain of 1,000 in batches', task: { kind: 'drain', count: 1_000, inBatches: true } },
]

const CATEGORIES = ['toplevel', 'base', 'blink.user_timing', 'disabled-by-default-v8.cpu_profiler']

/** Threads that did less than this, in milliseconds, are left out. */
const LEAST = 5

/** Profiles Holdfast, built from its source with names left whole. Apart from what is measured: a tracer costs time. */
export async function profileAll(bench: Bench): Promise<Profile[]> {
  const profiles: Profile[] = []
  for (const { title, task } of TASKS) profiles.push(await profile(bench, title, task))
  return profiles
}

function profile({ server, executablePath }: Bench, title: string, task: Task): Promise<Profile> {
  return withProfile(undefined, async (folder) => {
    server.isHanging = task.kind !== 'drain'
    server.begin({ module: '../profiled/holdfast', durability: 'strict', isHeld: false, task })
    const context = await chromium.launchPersistentContext(folder, { executablePath, args: CHROMIUM_ARGS })
    try {
      const session = await context.browser()!.newBrowserCDPSession()
      await session.send('Tracing.start', {
        transferMode: 'ReturnAsStream',
        traceConfig: { recordMode: 'recordAsMuchAsPossible', includedCategories: CATEGORIES, excludedCategories: ['*'] },
      })
      const [page] = context.pages()
      await page!.goto(server.url)
      const result = await server.result
      if (!result.ok) throw new Error(`${title}: ${result.error}`)
      const { duration, threads } = threadsOf(await stopTracing(session))
      return { title, duration, threads: threads.filter(({ busy }) => busy >= LEAST) }
    } finally {
      await context.close()
    }
  })
}

async function stopTracing(session: CDPSession): Promise<TraceEvent[]> {
  const complete = new Promise<string>((resolve) => session.once('Tracing.tracingComplete', ({ stream }) => resolve(stream!)))
  await session.send('Tracing.end')
  const handle = await complete
  let text = ''
  for (;;) {
    const { data, eof } = await session.send('IO.read', { handle, size: 4_000_000 })
    text += data
    if (eof) break
  }
  return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents
}
