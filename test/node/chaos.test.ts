import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PageSignal } from '../../src/protocol/host.ts'
import { databaseName } from '../../src/protocol/names.ts'
import { createReceiver } from '../../src/receiver.ts'
import { eventsOf } from '../world/batch-server.ts'
import { openAuditor } from '../world/audit.ts'
import { breakStorage } from '../world/break-storage.ts'
import { hastyClock } from '../world/hasty-clock.ts'
import type { Fault } from '../world/break-storage.ts'
import { status, unreachable } from '../world/fake-server.ts'
import type { Arrival, Reaction } from '../world/fake-server.ts'
import { collect, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'
import type { Order } from '../../src/message/options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { Receipt } from '../../src/producer/receipt.ts'

/**
 * Whatever happens in whatever order: tabs enqueue, pause, go offline, close, open, and lose the lead without knowing; the server fails,
 * rejects, loses connections and answers; transactions abort, and connections to the storage are closed; time passes, and the clock jumps.
 * Then all is well again, and the promises must hold.
 */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enqueue' as const), tab: fc.nat(2), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('work' as const), turns: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('server' as const),
      next: fc.array(fc.constantFrom('away', 'lost', 'fails', 'busy', 'rejects', 'choosy'), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 10_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), by: fc.integer({ min: -1e9, max: 1e9 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), tab: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('steal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive' as const), tab: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      after: fc.nat(6),
      fault: fc.constantFrom<Fault>('lost', 'refused', 'connection-closed', 'aborted', 'aborted-late'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), tab: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resume' as const), tab: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('online' as const, 'offline' as const), tab: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retryNow' as const), tab: fc.nat(2) }) },
)

/** For each order. */
const runs = Number(process.env['CHAOS_RUNS'] ?? 200)

test.each([
  ['queue', 'one by one'],
  ['group', 'one by one'],
  ['none', 'one by one'],
  ['queue', 'in batches'],
  ['group', 'in batches'],
  ['none', 'in batches'],
] as const)(
  `order: '%s', %s: after ${runs} random histories nothing is lost or doubled, first arrivals are in order, and who waits is told`,
  async (order, how) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const chaos = new Chaos(order, how === 'in batches')
        for (const each of steps) await chaos.run(each)
        await chaos.heal()
        await chaos.check()
        await chaos.end()
      }),
      { numRuns: runs },
    )
  },
  120_000,
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Chaos {
  readonly world = new World()
  readonly #tabs: { tab: Tab; queue: Queue<number> }[] = []
  readonly #stored: Promise<string | undefined>[] = []
  readonly #effects: string[] = []
  #n = 0
  /** What is to befall transactions, one after the other: each lets some pass by. */
  #faults: { after: number; fault: Fault }[] = []
  readonly #mend = breakStorage(() => this.#nextFault())
  /** It refuses some messages, for now or for good. */
  #isChoosy = false
  readonly #receive = createReceiver({
    handle: ({ id }) => {
      const luck = this.#isChoosy ? Math.random() : 1
      if (luck < 0.4) return new Response(null, { status: luck < 0.2 ? 500 : 422 })
      return void this.#effects.push(id)
    },
  })
  readonly #reactions: Record<string, Reaction> = {
    away: unreachable,
    lost: async (request) => {
      await this.#receive(request)
      throw new TypeError('Failed to fetch')
    },
    fails: status(500),
    busy: status(503, { 'retry-after': '1' }),
    rejects: status(422),
    choosy: async (request) => {
      this.#isChoosy = true
      const answer = await this.#receive(request)
      this.#isChoosy = false
      return answer
    },
  }

  readonly #order: Order
  readonly #areBatches: boolean

  constructor(order: Order, areBatches: boolean) {
    this.#order = order
    this.#areBatches = areBatches
    this.world.random = Math.random
    this.world.server.react = this.#receive
    for (let tab = 0; tab < 3; tab++) this.#tabs.push(this.#open())
  }

  #nextFault(): Fault | undefined {
    const [next] = this.#faults
    return next && next.after-- <= 0 ? this.#faults.shift()?.fault : undefined
  }

  #open(): { tab: Tab; queue: Queue<number> } {
    const tab = this.world.openTab({ storageClock: hastyClock })
    return { tab, queue: tab.open<number>({ maxAttempts: 3, order: this.#order, ...(this.#areBatches && { batch: { messages: 4 } }) }) }
  }

  /** Of five groups, where there are groups. */
  #enqueue(queue: Queue<number>): Promise<Receipt> {
    const n = this.#n++
    return queue.enqueue(n, this.#order === 'group' ? { group: `g${n % 5}` } : {})
  }

  async run(each: Step): Promise<void> {
    switch (each.do) {
      case 'enqueue':
        for (let i = 0; i < each.count; i++) {
          this.#stored.push(
            this.#enqueue(this.#tabs[each.tab]!.queue).then(
              ({ id }) => id,
              () => undefined,
            ),
          )
        }
        return
      case 'work':
        for (let turn = 0; turn < each.turns; turn++) await this.#turn()
        return
      case 'server':
        return this.world.server.next(...each.next.map((name) => this.#reactions[name]!))
      case 'advance':
        return this.world.clock.advance(each.by)
      case 'jump':
        return this.world.clock.jump(each.by)
      case 'reopen': {
        const closing = this.#tabs[each.tab]!.tab.close()
        this.world.server.hangUp()
        await closing
        this.#tabs[each.tab] = this.#open()
        return
      }
      case 'steal':
        return this.world.locks.steal(`holdfast/${this.world.name}/leader`)
      case 'break':
        this.#faults.push({ after: each.after, fault: each.fault })
        return
      case 'online':
      case 'offline':
        return this.#signal(each.tab, each.do)
      case 'redrive':
      case 'pause':
      case 'resume':
      case 'retryNow':
        // The storage may fail.
        await this.#tabs[each.tab]!.queue[each.do]().catch(() => {})
    }
  }

  async #signal(tab: number, signal: PageSignal): Promise<void> {
    // The tab has a host once its queue was used.
    await this.#tabs[tab]!.queue.depth().catch(() => {})
    await this.#tabs[tab]!.tab.signal(signal)
  }

  /** Everything is well from now on; whoever waits is hurried until nothing waits, and those who await that are told. */
  async heal(): Promise<void> {
    this.world.server.forget()
    this.#faults = []
    await this.#audit()
    for (const tab of this.#tabs.keys()) await this.#signal(tab, 'online')
    const { queue } = this.#tabs[0]!
    await queue.resume()
    await Promise.all(this.#stored)
    const told = new AbortController()
    const idle = Promise.all(this.#tabs.map((each) => each.queue.idle())).then(() => told.abort())
    for (let left = 3_000; !told.signal.aborted; left--) {
      // Asking takes turns of the event loop: time in which attempts are answered.
      const { ready, leased } = await queue.depth()
      if (ready + leased === 0) left = Math.min(left, 100)
      if (left === 0) throw new Error(`Nobody is told: ${ready} ready, ${leased} leased`)
      // A drain that is woken again and again looks at what it was woken for, before it tells that nothing is left.
      if (ready + leased > 0) await Promise.all(this.#tabs.map((each) => each.queue.retryNow()))
      this.world.clock.advance(60_000)
      await this.#turn()
    }
    await idle
  }

  /** In the midst of everything, the counters agree with the contents. */
  async #audit(): Promise<void> {
    const { audit, close } = openAuditor(databaseName(this.world.name))
    await audit()
    await close()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  async end(): Promise<void> {
    this.#mend()
    await this.world.end()
  }

  async check(): Promise<void> {
    await this.#audit()
    const { queue } = this.#tabs[0]!
    const stored = (await Promise.all(this.#stored)).filter((id) => id !== undefined)
    const dead = (await collect(queue.deadLetters())).map(({ id }) => id)
    expect(new Set(this.#effects).size, 'nothing takes effect twice').toBe(this.#effects.length)
    expect(new Set([...this.#effects, ...dead]), 'nothing is lost, nothing is made up').toEqual(new Set(stored))
    expect(await queue.depth()).toMatchObject({ ready: 0, leased: 0, bytes: 0, dead: dead.length })
    const first = new Map<string, { n: number; sequence: number }>()
    for (const arrival of this.world.server.arrivals) {
      for (const { key, n, sequence } of this.#areBatches ? inBatch(arrival) : [alone(arrival)])
        if (!first.has(key)) first.set(key, { n, sequence })
    }
    if (this.#order === 'none') return
    for (let group = 0; group < (this.#order === 'group' ? 5 : 1); group++) {
      const sequences = [...first.values()].filter(({ n }) => this.#order === 'queue' || n % 5 === group).map(({ sequence }) => sequence)
      expect(sequences, 'first arrivals are in order').toEqual(sequences.toSorted((x, y) => x - y))
    }
  }
}

interface Arrived {
  readonly key: string
  readonly n: number
  readonly sequence: number
}

function alone({ headers, body }: Arrival): Arrived {
  const [, sequence] = /sequence=(\d+)/.exec(headers.get('holdfast-message')!)!
  return { key: headers.get('idempotency-key')!, n: body as number, sequence: Number(sequence) }
}

function inBatch(arrival: Arrival): Arrived[] {
  return eventsOf(arrival).map(({ id, data, sequence }) => ({ key: id, n: data as number, sequence: Number(sequence) }))
}
