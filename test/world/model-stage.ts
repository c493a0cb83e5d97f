import { IDBFactory } from 'fake-indexeddb'
import type { Queue } from '../../src/producer/queue.ts'
import { hastyClock } from './hasty-clock.ts'
import { audit } from './audit.ts'
import type { Contents } from './audit.ts'
import { breakStorage } from './break-storage.ts'
import type { Fault } from './break-storage.ts'
import { Life, ownConnections } from './life.ts'
import type { Model } from './model.ts'
import { ModelServer } from './model-server.ts'
import { inTime, passTurns, QUIET, settled, unlessHostLost } from './patience.ts'
import { seeded } from './random.ts'
import { watchStorage } from './watch-storage.ts'
import { World } from './world.ts'
import type { Tab } from './world.ts'

/** What kind of queue is played with. */
export interface Rules {
  readonly order: 'queue' | 'group'
  readonly onDead: 'continue' | 'halt'
  readonly concurrency: number
  readonly maxAttempts: number
  readonly capacity: number | undefined
}

interface OpenTab {
  readonly tab: Tab
  readonly life: Life
  readonly queue: Queue<number>
}

/** Gathered answers wait no longer, in milliseconds; what waits for them is at rest then. */
const MOMENT = 25

/** What is played on: a queue in two tabs, whose hosts die and whose storage breaks, a server, and the time, which the model goes along with. */
export class Stage {
  readonly #rules: Rules
  readonly model: Model
  readonly #world = new World()
  readonly server: ModelServer
  /** Everything that was ever on the disk, by id. */
  readonly onDisk: Set<string> = new Set()
  /** Who has replaced whom, as its own page has heard. */
  readonly replacements: Map<string, string> = new Map()
  readonly #tabs: OpenTab[] = []
  readonly #mends: (() => void)[] = []
  readonly #watched: { underWay: number; begun: number }
  /** The head, as it was written last. */
  #written: Contents['head'] | undefined
  readonly #faults: { after: number; fault: Fault }[] = []
  #crash: { after: number; isHeard: boolean } | undefined
  /** Whether nothing has happened since the last rest. */
  isAtRest = true

  constructor(rules: Rules, model: (now: number) => Model) {
    this.#rules = rules
    globalThis.indexedDB = new IDBFactory()
    this.#world.random = seeded(1)
    this.model = model(this.#world.clock.now())
    this.server = new ModelServer(this.#world.server, this.model)
    const { watched, end } = watchStorage((contents) => this.#guard(() => this.#committed(contents)))
    this.#watched = watched
    this.#mends.push(
      ownConnections(),
      end,
      breakStorage(({ database }) => this.#faultOf(Life.of(database))),
    )
    this.#tabs.push(this.#open(), this.#open())
  }

  #committed(contents: Contents): void {
    const { inbox, delayed, changes, head } = contents
    if (head && head.epoch !== this.#written?.epoch) this.model.begin()
    else if (head && head.revision !== this.#written?.revision) this.model.begun()
    this.#written = head
    for (const { id } of [...inbox.flatMap(({ messages }) => messages), ...delayed, ...changes]) this.onDisk.add(id)
    audit(contents)
  }

  queue(tab: number): Queue<number> {
    return this.#tabs[tab]!.queue
  }

  /** Asks the queue; nothing where its host has died meanwhile. */
  async call<T>(tab: number, ask: (queue: Queue<number>) => Promise<T>): Promise<T | undefined> {
    const answered = await unlessHostLost(this.inTime('a verb', ask(this.queue(tab))))
    if (answered) this.#throwFaults()
    return answered?.answer
  }

  /** Asks until it is answered. Says how often. */
  async insist<T>(tab: number, ask: (queue: Queue<number>) => Promise<T>): Promise<{ answer: T; times: number }> {
    this.isAtRest = false
    for (let times = 1; ; times++) {
      const answered = await unlessHostLost(this.inTime('a verb', ask(this.queue(tab))))
      if (answered) this.#throwFaults()
      if (answered) return { ...answered, times }
    }
  }

  /** What comes of a look at the first tab's queue when all is at rest. */
  async atRest<T>(look: (queue: Queue<number>) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#settled()
      this.#throwFaults()
      const crash = this.#crash
      const found = await this.inTime('a look', look(this.queue(0))).catch(() => undefined)
      await this.#settled()
      this.#throwFaults()
      // Killed by a look.
      if (found && this.#crash === crash) return found
    }
  }

  advance(by: number): void {
    this.model.advance(by)
    this.#world.clock.advance(by)
    this.isAtRest = false
  }

  jump(by: number): void {
    this.model.jump(by)
    this.#world.clock.jump(by)
  }

  answer(next: ModelServer['script']): void {
    this.server.script.push(...next)
  }

  release(): void {
    this.server.release()
    this.isAtRest = false
  }

  /** Before, or after, one of the next transactions of the leader, its host is killed. */
  crash(after: number, isHeard: boolean): void {
    this.#crash = { after, isHeard }
  }

  break(after: number, fault: Fault): void {
    this.#faults.push({ after, fault })
  }

  async reopen(tab: number): Promise<void> {
    // It waits two seconds for what is under way.
    const before = this.#tabs[tab]!
    await this.inTime('close', before.tab.close(), 2_000)
    // Its host may have died as it closed: then another is open.
    if (this.#tabs[tab] === before) this.#tabs[tab] = this.#open()
  }

  /** The leader freezes, another leads, and the first goes on as if nothing had happened. */
  steal(): void {
    this.#world.locks.steal(`holdfast/${this.#world.name}/leader`)
    this.isAtRest = false
  }

  async turns(count: number): Promise<void> {
    this.isAtRest = false
    await passTurns(count)
  }

  /** All is well from now on. */
  calm(): void {
    this.server.script.length = 0
    this.#faults.length = 0
    this.#crash = undefined
    this.release()
  }

  #open(): OpenTab {
    const life = new Life(() => {
      this.server.leader = life
      this.model.takeOver()
    })
    const tab = this.#world.openTab({ storageClock: hastyClock }, undefined, undefined, life)
    const { order, onDead, concurrency, maxAttempts, capacity } = this.#rules
    const queue = tab.open<number>({
      order,
      onDead,
      concurrency,
      maxAttempts,
      ...(capacity !== undefined && { capacity: { messages: capacity } }),
      keepReceipts: { age: 1e12, number: 1_000 },
    })
    queue.subscribe((event) => {
      if (event.type === 'replaced') this.replacements.set(event.by, event.id)
      if (event.type === 'storage-failed') this.server.faults.push(new Error(event.message))
    })
    return { tab, life, queue }
  }

  #faultOf(life: Life | undefined): Fault | undefined {
    if (life?.isOver) return 'lost'
    if (this.#crash && life && life === this.server.leader && this.#crash.after-- <= 0) {
      const { isHeard } = this.#crash
      this.#crash = undefined
      this.#kill(life)
      return isHeard ? 'unheard' : 'lost'
    }
    const [next] = this.#faults
    return next && next.after-- <= 0 ? this.#faults.shift()?.fault : undefined
  }

  /** The host dies; its page opens another. */
  #kill(life: Life): void {
    const place = this.#tabs.findIndex((open) => open.life === life)
    this.#tabs[place]!.tab.kill()
    this.#tabs[place] = this.#open()
  }

  #guard(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.server.faults.push(error)
    }
  }

  #throwFaults(): void {
    if (this.server.faults.length > 0) throw this.server.faults[0]
  }

  async #settled(): Promise<void> {
    const { clock, server } = this.#world
    await settled({
      clock,
      moment: MOMENT,
      seen: () => this.#watched.begun + server.arrivals.length,
      isBusy: () => this.#watched.underWay > 0,
      advance: (by) => this.advance(by),
    })
  }

  /** Waits for an answer, but not for ever. */
  async inTime<T>(what: string, work: Promise<T>, advance = 0): Promise<T> {
    return inTime(what, work, advance > 0 ? () => this.advance(advance) : undefined)
  }

  /** @param isWell whether nothing may be left behind; otherwise all hosts die. */
  async end(isWell: boolean): Promise<void> {
    if (isWell) await this.inTime('the end', this.#world.end(), 2_000)
    else for (const { life } of this.#tabs) life.end()
    await passTurns(QUIET)
    for (const mend of this.#mends.toReversed()) mend()
  }
}
