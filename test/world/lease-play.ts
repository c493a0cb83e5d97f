import type { ConsumeOptions } from '../../src/message/handling.ts'
import type { PlayedConsumer } from './lease-consumer.ts'
import { LeaseExpectations } from './lease-expectations.ts'
import type { LeaseFindings } from './lease-expectations.ts'
import { show } from './lease-facts.ts'
import type { HandEnd } from './lease-facts.ts'
import type { LeaseModel } from './lease-model.ts'
import type { LeaseHosts, LeaseRules } from './lease-hosts.ts'
import { LeaseStage } from './lease-stage.ts'
import { throwFault } from './model.ts'
import { inTime, passTurns } from './patience.ts'
import { collect } from './world.ts'

/** The most consumers that may live at once. */
const MOST_CONSUMERS = 4

/** What a handler does while it has a message. */
export type HandAct = HandEnd | 'extends' | 'progresses'

/** A queue with consumers, played with through its verbs, and compared with the model at every rest. */
export class LeasePlay {
  readonly stage: LeaseStage
  readonly model: LeaseModel
  readonly #rules: LeaseRules
  readonly #expectations: LeaseExpectations
  #body = 0
  #paused = { all: false, groups: new Set<string>() }

  constructor(rules: LeaseRules) {
    this.#rules = rules
    this.stage = new LeaseStage(rules)
    this.model = this.stage.model
    this.#expectations = new LeaseExpectations(this.model)
  }

  async enqueue(tab: number, groups: readonly string[]): Promise<void> {
    const asked = groups.map((group) => ({ lot: this.model.ask(++this.#body, group), group }))
    await this.stage.call(tab, (queue) =>
      Promise.all(
        asked.map(async ({ lot, group }) => {
          const { id } = await queue.enqueue(lot.body, this.#rules.order === 'group' ? { group } : {})
          this.model.find(id, lot.body)
        }),
      ),
    )
  }

  come(given: Required<ConsumeOptions>): void {
    if (this.#here.length < MOST_CONSUMERS) this.stage.consume(given)
  }

  /** To one of the consumers that live. */
  toOne(nth: number, act: (consumer: PlayedConsumer) => void): void {
    const consumer = this.#here[nth % Math.max(1, this.#here.length)]
    if (consumer) act(consumer)
  }

  get #here(): PlayedConsumer[] {
    return this.stage.consumers.filter(({ isHere, isAway }) => isHere || isAway)
  }

  /** One of the handlers that wait to be told does so. */
  act(nth: number, what: HandAct): void {
    const open = this.stage.consumers.flatMap((consumer) => consumer.open.map((hand) => ({ consumer, hand })))
    const one = open[nth % Math.max(1, open.length)]
    if (!one) return
    if (what === 'extends') one.consumer.extend(one.hand)
    else if (what === 'progresses') one.consumer.progress(one.hand, 0.5)
    else one.consumer.finish(one.hand, what)
  }

  async cancel(nth: number, tab: number, isAborting: boolean): Promise<void> {
    const lot = this.model.all.at(-1 - (nth % Math.max(1, Math.min(8, this.model.all.length))))
    if (!lot?.id) return
    const { id, cancelled: before } = lot
    // What a leader had handed out that is gone is reserved again by the next one, in a moment.
    const hands = this.model.held.filter((hand) => hand.lot === lot && !hand.lease.isDoubtful)
    lot.cancelled = before === 'yes' ? 'yes' : 'perhaps'
    const answered = await this.stage.call(tab, (queue) => queue.cancel(id, { abort: isAborting }))
    if (!answered) return
    const { answer } = answered
    if (answer === 'aborted') return this.model.cancel(lot, true)
    lot.cancelled = before
    if (answer === 'cancelled' && hands.some((hand) => this.model.held.includes(hand)))
      throwFault(`cancelled while it is in hand: ${show(lot)}`)
    // One that was aborted, and was reserved without being handed out, is there until who drains meets it.
    if (answer === 'cancelled' && lot.state !== 'waiting') throwFault(`cancelled: ${show(lot)}`)
    const isThere = lot.state === 'waiting' && before !== 'yes'
    if (answer === 'cancelled') {
      // A consumer that is frozen may still find it, where a leader that is gone had handed it out: it is told as `maybeDelivered`.
      this.model.cancel(lot, true)
      lot.state = 'gone'
    }
    if (answer === 'unknown' && isThere && !this.model.mayHaveLeft(lot)) throwFault(`unknown: ${show(lot)}`)
  }

  async pause(tab: number, group: string | undefined): Promise<void> {
    await this.#insist(tab, (queue) => queue.pause(group === undefined ? undefined : { group }))
    if (group === undefined) this.#paused.all = true
    else this.#paused.groups.add(group)
  }

  async resume(tab: number, group: string | undefined): Promise<void> {
    if (group === undefined) this.#paused.all = false
    if (group !== undefined || this.#rules.order === 'queue') this.#paused.groups.delete(group ?? '')
    this.model.stopped = {
      all: this.model.stopped.all && this.#paused.all,
      groups: new Set([...this.model.stopped.groups].filter((one) => this.#paused.groups.has(one))),
    }
    await this.#insist(tab, (queue) => queue.resume(group === undefined ? undefined : { group }))
  }

  async redrive(tab: number): Promise<void> {
    // What is dying now may be among them, or not.
    await this.rest()
    const letters = this.model.all.filter(({ state }) => state === 'dead')
    this.model.redrive(letters)
    await this.#insist(tab, (queue) => queue.redrive())
  }

  async retryNow(tab: number): Promise<void> {
    await this.stage.call(tab, (queue) => queue.retryNow())
  }

  turns(count: number): Promise<void> {
    return passTurns(count)
  }

  /** Waits until nothing happens any more without time or a handler, and compares what the queue tells with what is known. */
  async rest(): Promise<void> {
    const found = await this.stage.atRest((queue) => findingsOf(queue))
    const { isSound } = this.stage
    this.#expectations.compare(found, isSound)
    if (isSound) this.model.rest()
    if (isSound) this.model.stopped = { all: this.#paused.all, groups: new Set(this.#paused.groups) }
  }

  /** All is well from now on, and there is a consumer whose handlers return, until nothing waits; whoever hangs goes on hanging. Then each message has come to something, and its receipt says so. */
  async heal(): Promise<void> {
    this.stage.calm()
    await this.#resumeAll()
    this.stage.consume({ concurrency: 2, lease: 10_000 })
    // What a leader heard that broke is on disk once it has written more.
    await this.enqueue(
      0,
      ['a', 'b'].map((group) => (this.#rules.order === 'queue' ? '' : group)),
    )
    await this.rest()
    for (let left = 60; !(await this.#isEmpty()); left--) {
      if (left === 0)
        throwFault(
          `still there: ${this.model.all
            .filter(({ state }) => state === 'waiting')
            .map(show)
            .join(', ')}`,
        )
      await this.stage.pass(5_000)
      await this.rest()
    }
    await this.#receipts()
  }

  async #resumeAll(): Promise<void> {
    for (const group of this.#paused.groups) await this.resume(0, group === '' ? undefined : group)
    await this.resume(0, undefined)
  }

  async #isEmpty(): Promise<boolean> {
    const { ready, delayed, leased } = await inTime('depth()', this.stage.hosts.queue(0).depth())
    return ready + delayed + leased === 0
  }

  async #receipts(): Promise<void> {
    for (const lot of this.model.all) {
      const told = this.#expectations.toldOf(lot)
      if (!told) continue
      const receipt = this.stage.hosts.queue(0).receipt(lot.id!)
      const status = await inTime('status()', receipt.status())
      if (!told.status.includes(status)) throwFault(`the receipt says ${status}: ${show(lot)}`)
      if (status !== 'accepted') continue
      const { body } = await inTime('`delivered`', receipt.delivered)
      const { hand } = body as { hand: number }
      if (!told.answers.has(hand)) throwFault(`the answer is of a handler that did not have it any more, ${hand}: ${show(lot)}`)
    }
  }

  /** Asks until it is answered. */
  async #insist(tab: number, ask: (queue: Queue) => Promise<unknown>): Promise<void> {
    while (!(await this.stage.call(tab, ask))) await passTurns(1)
  }
}

async function findingsOf(queue: Queue): Promise<LeaseFindings> {
  return { listed: await collect(queue.messages()), letters: await collect(queue.deadLetters()), depth: await queue.depth() }
}

type Queue = ReturnType<LeaseHosts['queue']>
