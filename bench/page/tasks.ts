import { check, makeBodies, makeBody } from './bodies.ts'
import type { Body } from './bodies.ts'
import type { Opened, Setup } from './contender.ts'
import type { Figures, Result, Task } from './protocol.ts'
import { Ticker } from './ticker.ts'

/** Opens the contender. */
type Start = (setup: Partial<Pick<Setup, 'isHeld' | 'hasGroups' | 'inBatches'>>) => Promise<Opened>

type Of<Kind extends Task['kind']> = Extract<Task, { kind: Kind }>

/** How many messages a seed enqueues at a time: as many as any contender can hold in memory. */
const SEED_AT_ONCE = 1_000

const sleep = (duration: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, duration))

/** Marked for the profile, which begins and ends with the clock. */
function startClock(): number {
  performance.mark('clock-started')
  return performance.now()
}

function rate(count: number, since: number): number {
  const duration = performance.now() - since
  performance.mark('clock-stopped')
  return (count / duration) * 1_000
}
const done = (figures: Figures): Result => ({ ok: true, figures })

export async function run(task: Task, start: Start): Promise<Result> {
  switch (task.kind) {
    case 'burst':
      return burst(task, start)
    case 'one-by-one':
      return oneByOne(task, start)
    case 'drain':
      return drain(task, start)
    case 'block':
      return block(task, start)
    case 'seed':
      return seed(task, start)
    case 'open':
      return open(task, start)
    case 'read-back':
      return readBack(task, start)
  }
}

/** Enqueues all, each in a group if there are groups, and resolves when all are stored. `looped` hears when the loop of calls has ended. */
function enqueueAll(opened: Opened, bodies: readonly Body[], groups = 0, looped?: () => void): Promise<unknown> {
  let stored: Promise<unknown>
  if (opened.enqueueAll) stored = opened.enqueueAll(bodies)
  else stored = Promise.all(bodies.map((body) => opened.enqueue!(body, groups > 0 ? `group-${body.n % groups}` : undefined)))
  looped?.()
  return stored
}

/**
 * A contender is warm when it has stored something: workers have started, databases are open. The server hangs meanwhile: who delivers by
 * itself has one request under way, and enqueues as an app does whose server is away.
 */
async function warm(start: Start, hasGroups = false): Promise<Opened> {
  const opened = await start({ hasGroups })
  await enqueueAll(opened, [makeBody(0)])
  return opened
}

async function burst({ count, groups }: Of<'burst'>, start: Start): Promise<Result> {
  const opened = await warm(start, groups > 0)
  const bodies = makeBodies(count, 1)
  await sleep(100)
  const began = startClock()
  await enqueueAll(opened, bodies, groups)
  return done({ rate: rate(count, began), duration: performance.now() - began })
}

async function oneByOne({ count }: Of<'one-by-one'>, start: Start): Promise<Result> {
  const opened = await warm(start)
  const bodies = makeBodies(count, 1)
  await sleep(100)
  const began = startClock()
  for (const body of bodies) await opened.enqueue!(body)
  return done({ rate: rate(count, began) })
}

async function drain({ count, inBatches }: Of<'drain'>, start: Start): Promise<Result> {
  const opened = await start({ isHeld: true, inBatches })
  await enqueueAll(opened, makeBodies(count))
  await sleep(100)
  const began = startClock()
  await (inBatches ? opened.drainInBatches!() : opened.drain!())
  // The rate that counts is the server's, from the first arrival to the last.
  return done({ whole: rate(count, began) })
}

async function block({ count }: Of<'block'>, start: Start): Promise<Result> {
  const opened = await warm(start)
  const bodies = makeBodies(count, 1)
  const ticker = new Ticker()
  await sleep(500)
  const noise = ticker.longest
  ticker.reset()
  const began = performance.now()
  let loop = 0
  const stored = enqueueAll(opened, bodies, 0, () => {
    loop = performance.now() - began
    ticker.excuse(loop)
  })
  await stored
  // What follows the last answer is part of the burst, too.
  await sleep(50)
  ticker.stop()
  return done({ block: ticker.longest, beyond: ticker.longestBeyond, loop, noise })
}

async function seed({ count, isHeld }: Of<'seed'>, start: Start): Promise<Result> {
  const opened = await start({ isHeld: true })
  for (let from = 0; from < count; from += SEED_AT_ONCE) {
    const bodies = makeBodies(Math.min(SEED_AT_ONCE, count - from), from)
    await (opened.fill?.(bodies) ?? enqueueAll(opened, bodies))
  }
  // Let go, so that it is found as an app leaves it that was killed: not held.
  if (!isHeld) {
    void opened.drain?.()
    await fetch('/reached')
  }
  return done({})
}

async function open({ waiting, hasGroups }: Of<'open'>, start: Start): Promise<Result> {
  const body = makeBody(waiting)
  const began = Date.now()
  const at = performance.now()
  const opened = await start({ hasGroups })
  await opened.enqueue!(body, hasGroups ? 'healthy' : undefined)
  const durable = performance.now() - at
  const response = await fetch('/reached')
  const first = Number(await response.text()) - began
  return done({ durable, first, ...(await memory()) })
}

async function readBack({ count }: Of<'read-back'>, start: Start): Promise<Result> {
  const opened = await start({ isHeld: true })
  return { ok: true, figures: {}, check: check(await opened.readBack!(), count) }
}

/** What the page and its workers hold once garbage is collected. */
async function memory(): Promise<Figures> {
  const { measureUserAgentSpecificMemory: measure } = performance as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> }
  if (!measure) return {}
  // What opening left behind settles first.
  await sleep(300)
  const { bytes } = await measure.call(performance)
  return { memory: bytes / 1_000_000 }
}
