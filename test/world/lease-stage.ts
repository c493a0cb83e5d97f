import { IDBFactory } from 'fake-indexeddb'
import type { ConsumeOptions } from '../../src/message/handling.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { consumerRoll, isRollCall, isToConsumer } from '../../src/protocol/consuming.ts'
import { breakStorage } from './break-storage.ts'
import { PlayedConsumer } from './lease-consumer.ts'
import type { Behaviour } from './lease-consumer.ts'
import { LeaseHosts } from './lease-hosts.ts'
import type { LeaseRules } from './lease-hosts.ts'
import { LeaseModel } from './lease-model.ts'
import { Life, ownConnections } from './life.ts'
import { inTime, passTurns, QUIET, settled, unlessHostLost } from './patience.ts'
import { seeded } from './random.ts'
import { watchStorage } from './watch-storage.ts'
import { World } from './world.ts'

/** Answers wait no longer for each other, and last words for no longer after a lock, in milliseconds; what waits for them is at rest then. */
const MOMENT = 50

/** So many turns of the event loop between two timers. */
const BETWEEN = 8

/** The words that can be late: to all consumers, to and from each of them, or both. */
export type Words = 'roll' | 'own' | 'all'

/** What is played on: a queue in two tabs, its consumers, the words between them, and the time. */
export class LeaseStage {
  readonly model: LeaseModel
  readonly hosts: LeaseHosts
  readonly consumers: PlayedConsumer[] = []
  /** What the next handlers do. */
  readonly script: Behaviour[] = []
  readonly #faults: unknown[] = []
  readonly #world = new World()
  readonly #mends: (() => void)[] = []
  readonly #watched: { underWay: number; begun: number }
  #usual: Behaviour
  #releaseWords: (() => void) | undefined

  constructor(rules: LeaseRules) {
    globalThis.indexedDB = new IDBFactory()
    const { clock, channels } = this.#world
    this.#world.random = seeded(1)
    this.#usual = rules.usual
    this.model = new LeaseModel(rules.maxAttempts, () => clock.elapsed())
    this.hosts = new LeaseHosts(rules, this.#world, this.model)
    channels.overhear = (name, word) => this.guard(() => this.#overhear(name, word))
    const { watched, end } = watchStorage((contents) => this.guard(() => this.hosts.committed(contents)))
    this.#watched = watched
    this.#mends.push(
      ownConnections(),
      end,
      breakStorage(({ database }) => this.hosts.faultOf(Life.of(database))),
    )
    this.hosts.begin()
  }

  /** Whether somebody leads, writes, and hears what consumers say. */
  get isSound(): boolean {
    return this.hosts.areSound && !this.model.areWordsLate
  }

  /** Asks the queue in a tab, or in the other one, where that is frozen; nothing where its host has died meanwhile. */
  async call<T>(tab: number, ask: (queue: Queue<number>) => Promise<T>): Promise<{ readonly answer: T } | undefined> {
    const queue = this.hosts.queue(this.hosts.awakeOr(tab))
    const answered = await unlessHostLost(inTime('a verb', ask(queue)))
    this.#throwFaults()
    return answered
  }

  /** Takes down what goes wrong. */
  guard<T>(look: () => T): T | undefined {
    try {
      return look()
    } catch (error) {
      this.#faults.push(error)
      return undefined
    }
  }

  consume(given: Required<ConsumeOptions>): void {
    const next = (): Behaviour => this.script.shift() ?? this.#usual
    const guard = <T>(look: () => T): T | undefined => this.guard(look)
    this.consumers.push(new PlayedConsumer({ world: this.#world, model: this.model, given, next, guard }))
  }

  /** What consumers and leaders say to each other is on its way from now on. */
  holdWords(which: Words): void {
    this.releaseWords()
    const roll = consumerRoll(this.#world.name)
    const isOf = {
      roll: (name: string) => name === roll,
      own: (name: string) => name.startsWith(`${roll}/`),
      all: (name: string) => name.startsWith(roll),
    }
    this.model.holdWords()
    this.#releaseWords = this.#world.channels.hold(isOf[which])
  }

  releaseWords(): void {
    this.model.areWordsLate = false
    this.#releaseWords?.()
    this.#releaseWords = undefined
  }

  async reopen(tab: number): Promise<void> {
    // It waits two seconds for what is under way.
    await this.hosts.reopen(tab, (closed) => inTime('close', closed, () => this.sleep(2_000)))
  }

  /** Time passes, and all that is due happens in its order. */
  async pass(by: number): Promise<void> {
    const { clock } = this.#world
    for (let left = by; left > 0;) {
      await passTurns(BETWEEN)
      const step = Math.min(left, Math.max(1, clock.next ?? left))
      this.sleep(step)
      left -= step
    }
    await passTurns(BETWEEN)
  }

  /** The device sleeps: whatever is due meanwhile happens at once. */
  sleep(by: number): void {
    const since = this.#world.clock.elapsed()
    this.#world.clock.advance(by)
    this.model.passed(since)
  }

  /** Somebody sets the clock. */
  jump(by: number): void {
    this.#world.clock.jump(by)
    this.model.jump()
  }

  /** What comes of a look at the queue when all is at rest. */
  async atRest<T>(look: (queue: Queue<number>) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#settled()
      this.#throwFaults()
      const { crash } = this.hosts
      const found = await inTime('a look', look(this.hosts.queue(this.hosts.awakeOr(0)))).catch(() => undefined)
      await this.#settled()
      this.#throwFaults()
      // Killed by a look.
      if (found && this.hosts.crash === crash) return found
    }
  }

  /** All is well from now on, but that handlers go on hanging. */
  calm(): void {
    this.script.length = 0
    this.#usual = 'returns'
    this.releaseWords()
    this.hosts.calm()
    for (const consumer of this.consumers) consumer.thaw()
  }

  /** @param isWell whether nothing may be left behind; otherwise all hosts die. */
  async end(isWell: boolean): Promise<void> {
    if (isWell) {
      await inTime('the consumers', Promise.all(this.consumers.map((consumer) => consumer.end())), () => this.sleep(2_000))
      await inTime('the end', this.#world.end(), () => this.sleep(2_000))
    } else {
      this.hosts.killAll()
      for (const consumer of this.consumers) consumer.die()
    }
    await passTurns(QUIET)
    for (const mend of this.#mends.toReversed()) mend()
  }

  #throwFaults(): void {
    if (this.#faults.length > 0) throw this.#faults[0]
  }

  #overhear(name: string, word: unknown): void {
    if (isRollCall(word) && 'who' in word) this.model.led(word.who)
    if (!isToConsumer(word) || !('handed' in word)) return
    const { id, body, epoch } = word.handed
    this.model.handed(name, id, JSON.parse(body as string) as number, epoch)
  }

  async #settled(): Promise<void> {
    await settled({
      clock: this.#world.clock,
      moment: MOMENT,
      seen: () => this.#watched.begun,
      isBusy: () => this.#watched.underWay > 0,
      advance: (by) => this.sleep(by),
    })
  }
}
