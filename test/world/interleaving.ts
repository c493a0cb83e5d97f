import { Drain } from '../../src/consumer/drain.ts'
import { keptOfAnswer } from '../../src/message/answer.ts'
import { DEFAULTS } from '../../src/message/defaults.ts'
import { plainVault } from '../plain-vault.ts'
import type { Order } from '../../src/message/options.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import { pause, resume } from '../../src/queue/stops.ts'
import { purge } from '../../src/queue/purge.ts'
import { redrive } from '../../src/queue/redrive.ts'
import type { Setup } from '../../src/protocol/host.ts'
import { openAuditor } from './audit.ts'
import { EnqueuingTab } from './enqueuing-tab.ts'
import { FakeClock } from './fake-clock.ts'
import { Ledger } from './ledger.ts'
import { oneOf, pick, seeded } from './random.ts'
import { RandomServer } from './random-server.ts'
import { settled, SteppedConnection, Steps } from './steps.ts'
import { connectTo } from '../store/database.ts'

const DATABASE = 'interleaved'

/** How many things happen before all is to become well: mostly few. */
const FEWEST = 10
const MOST = 160
/** Within how many it must be well. */
const PATIENCE = 3_000

/** Two tabs that enqueue, and leaders that drain: whatever they do happens step by step, in an order that the seed chooses. */
export class Interleaving {
  readonly #seed: number
  readonly #order: Order
  readonly #random: () => number
  readonly #steps = new Steps()
  readonly #clock = new FakeClock()
  readonly #ledger = new Ledger()
  readonly #server: RandomServer
  readonly #tabs: readonly EnqueuingTab[]
  readonly #auditor = openAuditor(DATABASE)
  readonly #drains: { readonly owner: object; readonly drain: Drain }[] = []
  readonly #trace: string[] = []

  constructor(seed: number, order: Order) {
    this.#seed = seed
    this.#order = order
    this.#random = seeded(seed)
    const groupOf = (id: string): string => (order === 'queue' ? '' : order === 'none' ? id : this.#ledger.groupOf(id))
    this.#server = new RandomServer(this.#random, groupOf)
    const options = {
      database: DATABASE,
      random: this.#random,
      steps: this.#steps,
      clock: this.#clock,
      groups: order === 'group' ? 1 + Math.floor(this.#random() * 4) : 0,
    }
    const stored = (ids: readonly string[]): void => {
      this.#ledger.store(ids)
      // A tab may die between its commit and its word.
      if (this.#random() < 0.8) this.#eachDrain((drain) => drain.wake())
    }
    this.#tabs = ['a', 'b'].map((producer) => new EnqueuingTab({ ...options, producer, ledger: this.#ledger, stored }))
  }

  async run(): Promise<void> {
    try {
      await this.#audit('open')
      this.#lead()
      const count = FEWEST + Math.floor(this.#random() ** 4 * (MOST - FEWEST))
      for (let step = 0; step < count; step++) await this.#happen()
      await this.#heal()
    } catch (error) {
      const lines = this.#trace.map((line, number) => `${number + 1}. ${line}`).join('\n')
      throw new Error(`order '${this.#order}', INTERLEAVING_SEED=${this.#seed}: ${String(error)}\n${lines}`, { cause: error })
    }
  }

  /** One thing happens: of those that wait for their turn, or something new. */
  async #happen(): Promise<void> {
    const { next } = this.#steps
    if (next.length > 0 && this.#random() < 0.75) return this.#takeOne()
    const [name, begin] = pick(this.#random, this.#events)
    this.#trace.push(name)
    begin()
    await settled()
  }

  async #takeOne(): Promise<void> {
    const step = oneOf(this.#random, this.#steps.next)
    await this.#steps.take(step)
    await this.#audit(step.name)
  }

  /** Only what writes can change what is stored. */
  async #audit(name: string): Promise<void> {
    this.#trace.push(name)
    const faults = [...this.#server.faults, ...this.#ledger.faults]
    if (faults.length > 0) throw new Error(faults.join('; '))
    if (!name.endsWith(' writes') && name !== 'open') return
    this.#ledger.compare(await this.#auditor.audit(), { accepted: this.#server.accepted, mayPurge: name.startsWith('purge') })
  }

  readonly #events: readonly (readonly [number, readonly [string, () => void]])[] = [
    [6, ['a tab enqueues', () => this.#tab().enqueue()]],
    [2, ['a worker that enqueues is killed', () => this.#tab().kill()]],
    [2, ['dead letters are redriven', () => void this.#take(redrive)]],
    [1, ['dead letters are purged', () => void this.#take(purge)]],
    [1, ['the queue is paused', () => void this.#pause(true)]],
    [2, ['the queue is resumed', () => void this.#pause(false)]],
    [4, ['time passes', () => this.#clock.advance(this.#clock.next ?? 0)]],
    [1, ['the clock is set', () => this.#clock.jump(Math.round((this.#random() - 0.5) * 10_000))]],
    [1, ['retries are hurried', () => this.#eachDrain((drain) => drain.hurry('server'))]],
    [2, ['the leader is killed', () => this.#kill()]],
    [2, ['the leader freezes', () => this.#lead()]],
    [2, ['one that was frozen hears that its lock was stolen', () => this.#drains.at(-2)?.drain.supersede()]],
    [1, ['the leader closes', () => void this.#drains.at(-1)?.drain.stop()]],
  ]

  #tab(): EnqueuingTab {
    return oneOf(this.#random, this.#tabs)
  }

  #eachDrain(tell: (drain: Drain) => void): void {
    for (const { drain } of this.#drains) tell(drain)
  }

  /** All dead letters, or some. */
  async #take(verb: typeof redrive): Promise<void> {
    const tab = this.#tab()
    const ids = this.#random() < 0.5 ? undefined : this.#ledger.deadIds.filter(() => this.#random() < 0.5)
    for await (const some of verb(tab.connectionFor(verb.name), ids, this.#clock.now()))
      if (some.length > 0) this.#eachDrain((drain) => drain.wake())
  }

  async #pause(isPaused: boolean): Promise<void> {
    const connection = this.#tab().connectionFor('pause')
    await (isPaused ? pause(connection, undefined) : resume(connection, { isOneGroup: this.#order === 'queue', now: this.#clock.now() }))
    this.#eachDrain((drain) => (isPaused ? drain.recheck() : drain.resume()))
  }

  #kill(): void {
    const killed = this.#drains.pop()
    if (killed) this.#steps.kill(killed.owner)
    this.#lead()
  }

  /** Another leader begins; the one before may go on as if nothing had happened, until it hears. */
  #lead(): void {
    const owner = {}
    const setup = setupOf(this.#order)
    const connection = new SteppedConnection(connectTo(DATABASE), this.#steps, owner, `leader ${this.#drains.length + 1}`)
    const drain = new Drain({
      connection,
      transport: this.#server.lineOf(owner, this.#steps),
      functions: () => ({
        headers: { canRefresh: false, ask: async () => [] },
        classify: undefined,
        upcast: undefined,
        encryption: undefined,
      }),
      setup: () => setup,
      vault: plainVault,
      sweep: async () => {},
      folder: { get: async () => undefined, clear: async () => {} },
      isOnline: () => true,
      announce: (event) => this.#announce(event),
      clock: this.#clock,
      random: this.#random,
    })
    this.#drains.push({ owner, drain })
    void drain.run().then(() => {
      // One that was closed frees the lock, and the next gets it.
      if (this.#drains.at(-1)?.drain === drain) this.#lead()
    })
  }

  #announce(event: QueueEvent): void {
    if (event.type === 'accepted') this.#ledger.settle(event.id)
    if (event.type === 'storage-failed') this.#ledger.faults.push(event.message)
  }

  /** The server accepts everything, and nobody dies any more: what was stored arrives. */
  async #heal(): Promise<void> {
    this.#trace.push('all is well')
    this.#server.mood = 'accepting'
    for (let step = 0; step < PATIENCE; step++) {
      if (this.#steps.next.length > 0) await this.#takeOne()
      else if (this.#ledger.isEmpty) return this.#ledger.close(this.#server.accepted)
      else {
        void this.#pause(false)
        this.#eachDrain((drain) => drain.hurry('server'))
        this.#clock.advance(60_000)
        await settled()
      }
    }
    throw new Error('It does not become well')
  }
}

function setupOf(order: Order): Setup {
  const concurrency = order === 'queue' ? 1 : 3
  return {
    ...DEFAULTS,
    maxAttempts: 2,
    order,
    concurrency,
    endpoint: 'https://shop.example/',
    answer: keptOfAnswer(),
    headers: [],
    asks: { headers: 'never', classify: 'never', upcast: 'never', encryption: 'never' },
  }
}
