import { isQueueError } from '../../src/message/error.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { Model, show, throwFault } from './model.ts'
import type { Known } from './model.ts'
import { Expectations, same } from './model-expectations.ts'
import type { Enqueued, Found, Listed, Refusal } from './model-expectations.ts'
import { Stage } from './model-stage.ts'
import type { Rules } from './model-stage.ts'
import { collect } from './world.ts'

/** A queue in two tabs, played with through its verbs, and compared with the model at every rest. */
export class Play {
  readonly model: Model
  readonly #rules: Rules
  readonly stage: Stage
  readonly #expectations: Expectations
  #body = 0
  /** Of which nothing arrives: it was stopped before the last rest. */
  #stopped = new Set<string>()
  #isStopped = false

  constructor(rules: Rules) {
    this.#rules = rules
    this.stage = new Stage(rules, (now) => new Model(rules.onDead === 'halt', now))
    this.model = this.stage.model
    this.#expectations = new Expectations(rules, this.model, this.stage)
    this.stage.server.isStopped = ({ group }) => this.#isStopped || this.#stopped.has(group)
  }

  async enqueue(tab: number, some: readonly Enqueued[]): Promise<void> {
    const wasAtRest = this.stage.isAtRest
    const asked = some.map((each) => this.#ask(tab, each))
    for (const { known, owners, receipt, each } of asked) {
      this.#expectations.stored(known, owners, each, await this.stage.inTime('enqueue()', receipt), wasAtRest)
    }
  }

  async cancel(nth: number, tab: number, isAborting: boolean): Promise<void> {
    await this.#cancel(this.#nth(nth), tab, isAborting)
  }

  /** Of what the leader sends now, by number, whoever enqueued it. */
  async cancelUnderWay(nth: number, tab: number, isAborting: boolean): Promise<void> {
    const { underWay } = this.stage.server
    await this.#cancel(underWay[nth % Math.max(1, underWay.length)], tab, isAborting)
  }

  async #cancel(known: Known | undefined, tab: number, isAborting: boolean): Promise<void> {
    if (!known?.id) return
    const { id } = known
    const before = this.stage.isAtRest ? await this.stage.call(tab, (queue) => queue.receipt(id).status()) : undefined
    const wasUnderWay = this.stage.server.isUnderWay(known)
    const answer = await this.stage.call(tab, (queue) => queue.cancel(id, { abort: isAborting }))
    if (answer === undefined) {
      known.isUnsure = true
      if (isAborting) known.mayBeAborted = true
      return
    }
    if (answer === 'cancelled' && wasUnderWay && this.stage.server.isUnderWay(known))
      throwFault(`cancelled while it is being sent: ${show(known)}`)
    this.#expectations.cancelled(known, answer, this.stage.isAtRest ? before : undefined, isAborting)
  }

  async pause(tab: number, group: string | undefined): Promise<void> {
    await this.stage.insist(tab, (queue) => queue.pause(group === undefined ? undefined : { group }))
    if (group === undefined) this.model.isPaused = true
    else this.model.paused.add(group)
  }

  async resume(tab: number, group: string | undefined): Promise<void> {
    // What is dying now may halt its group before, or after.
    await this.rest()
    if (group === undefined) {
      this.#isStopped = false
      this.model.isPaused = false
    }
    if (group !== undefined || this.#rules.order === 'queue') {
      this.#stopped.delete(group ?? '')
      this.model.paused.delete(group ?? '')
      this.model.letGo(group ?? '')
    }
    await this.stage.insist(tab, (queue) => queue.resume(group === undefined ? undefined : { group }))
  }

  /** The ids are given in any order. */
  async redrive(tab: number, choose: (dead: readonly Known[]) => readonly Known[] | undefined): Promise<void> {
    // What is dying now may be among them, or not.
    await this.rest()
    const dead = this.model.of('dead')
    const chosen = choose(dead)
    const ids = chosen?.map(({ id }) => id!).toReversed()
    const letters = chosen ?? dead
    this.#expectations.redriven(letters)
    await this.#take(tab, letters.length, (queue) => queue.redrive(ids))
  }

  async purge(tab: number, choose: (dead: readonly Known[]) => readonly Known[] | undefined): Promise<void> {
    await this.rest()
    const dead = this.model.of('dead')
    const chosen = choose(dead)
    const ids = chosen?.map(({ id }) => id!)
    const letters = chosen ?? dead
    for (const known of letters) this.model.leave(known, 'gone', 'purged', true)
    await this.#take(tab, letters.length, (queue) => queue.purge(ids))
  }

  async retryNow(tab: number, group: string | undefined): Promise<void> {
    await this.stage.insist(tab, (queue) => queue.retryNow(group === undefined ? undefined : { group }))
  }

  /** What is asked for by state and by group is what all of it says. */
  async look(tab: number, group: string): Promise<void> {
    await this.rest()
    await this.stage.call(tab, (queue) => this.#lookInto(queue, group))
  }

  async #lookInto(queue: Queue<number>, group: string): Promise<void> {
    const all = await this.#listed(queue)
    for (const state of ['ready', 'delayed', 'leased'] as const) {
      const found = await collect(queue.messages({ state }))
      same(
        `messages that are ${state}`,
        found.map(({ id }) => id),
        all.filter((message) => message.state === state).map(({ id }) => id),
      )
    }
    if (this.#rules.order === 'group') await this.#lookAt(queue, all, group)
  }

  async #lookAt(queue: Queue<number>, all: readonly Listed[], group: string): Promise<void> {
    const of = await collect(queue.messages({ group }))
    same(
      'messages of a group',
      of.map(({ id }) => id),
      all.filter((message) => (message.group ?? '') === group).map(({ id }) => id),
    )
    const { ready, delayed, leased, paused, halted } = await queue.depth({ group })
    same(
      'depth of a group',
      [ready + delayed + leased, paused, halted],
      [of.length, this.model.paused.has(group), this.model.halted.has(group)],
    )
  }

  turns(count: number): Promise<void> {
    return this.stage.turns(count)
  }

  /** Waits until nothing happens any more without time or a request, and compares what the queue tells with what is known. */
  async rest(): Promise<void> {
    this.#expectations.compare(await this.stage.atRest((queue) => this.#found(queue)))
    this.model.rest()
    this.stage.isAtRest = true
    this.#isStopped = this.model.isPaused
    this.#stopped = new Set(this.model.paused)
  }

  /** All is well from now on, until nothing waits; then each message has come to something, and its receipt says so. */
  async heal(): Promise<void> {
    this.stage.calm()
    await this.rest()
    await this.#resumeAll()
    for (let left = 50; !(await this.#isEmpty()); left--) {
      if (left === 0) throwFault(`still there: ${[...this.model.of('waiting'), ...this.model.of('delayed')].map(show).join(', ')}`)
      // What expires meanwhile halts its group once more.
      await this.#resumeAll()
      await this.retryNow(left % 2, undefined)
      await this.rest()
      // A delay that began before the clock was set back may be as long as that.
      this.stage.advance(left > 20 ? 60_000 : 1_000_000)
      await this.rest()
    }
    await this.#receipts()
  }

  async #isEmpty(): Promise<boolean> {
    const { ready, delayed, leased } = await this.stage.inTime('depth()', this.stage.queue(0).depth())
    return ready + delayed + leased === 0
  }

  async #resumeAll(): Promise<void> {
    const groups = this.#rules.order === 'group' ? new Set([...this.model.paused, ...this.model.halted.keys()]) : []
    for (const group of groups) await this.resume(0, group)
    await this.resume(0, undefined)
  }

  async #receipts(): Promise<void> {
    for (const known of this.model.all) {
      const told = this.#expectations.toldOf(known)
      if (!told) continue
      const receipt = this.stage.queue(0).receipt(known.id!)
      same(`receipt of ${show(known)}`, await this.stage.inTime('status()', receipt.status()), told.status)
      const delivered = receipt.delivered.then(
        ({ body }) => body,
        (error: { code: string }) => error.code,
      )
      const answer = await this.stage.inTime(`\`delivered\` of ${show(known)}`, delivered)
      same(`what the receipt of ${show(known)} gives`, answer, told.delivered)
    }
  }

  async #found(queue: Queue<number>): Promise<Found> {
    const listed = await this.#listed(queue)
    return { listed, letters: await collect(queue.deadLetters()), depth: await queue.depth() }
  }

  async #listed(queue: Queue<number>): Promise<Listed[]> {
    return collect(queue.messages()) as Promise<Listed[]>
  }

  #ask(tab: number, each: Enqueued): Asked {
    const { group, key, onDuplicate, delay, ttl, maxAttempts } = each
    const body = ++this.#body
    const most = maxAttempts ?? this.#rules.maxAttempts
    const owners = key === undefined ? [] : this.model.owners(group, key)
    const known = this.model.ask(body, { group, key, most, ttl, delay })
    known.mayReplace = key !== undefined && onDuplicate !== undefined && onDuplicate !== 'ignore'
    const options = {
      ...(this.#rules.order === 'group' && { group }),
      ...(key !== undefined && { dedupKey: key }),
      ...(key !== undefined && onDuplicate && { onDuplicate }),
      ...(delay !== undefined && { delay }),
      ...(ttl !== undefined && { ttl }),
      ...(maxAttempts !== undefined && { maxAttempts }),
    }
    const receipt = this.stage
      .queue(tab)
      .enqueue(body, options)
      .then(({ id }) => id, refusalOf)
    this.stage.isAtRest = false
    return { known, owners, receipt, each }
  }

  /** A message that is known, whatever became of it. */
  #nth(nth: number): Known | undefined {
    return this.model.all.length === 0 ? undefined : this.model.all.at(-1 - (nth % Math.min(8, this.model.all.length)))
  }

  async #take(tab: number, count: number, take: (queue: Queue<number>) => Promise<number>): Promise<void> {
    const { answer, times } = await this.stage.insist(tab, take)
    if (answer !== count && times === 1) throwFault(`${answer} dead letters were taken, expected ${count}`)
  }
}

/** A message that is being enqueued, and what had its dedup key before. */
interface Asked {
  readonly known: Known
  readonly owners: readonly Known[]
  readonly receipt: Promise<string | Refusal>
  readonly each: Enqueued
}

function refusalOf(error: unknown): Refusal {
  if (isQueueError(error) && (error.code === 'host-lost' || error.code === 'queue-full')) return { code: error.code }
  throw error
}
