import { consumeOn } from '../../src/handler/consume.ts'
import { Reject, Retry } from '../../src/message/handling.ts'
import type { ConsumeOptions, Consumer, LeasedMessage } from '../../src/message/handling.ts'
import { consumerRoll } from '../../src/protocol/consuming.ts'
import { Freezer } from './freezer.ts'
import type { Hand, HandEnd, Party } from './lease-facts.ts'
import type { LeaseModel } from './lease-model.ts'
import { Life } from './life.ts'
import type { World } from './world.ts'

/** What a handler does: it ends at once, or when it is told to; one that `yields` also when its message is taken from it. */
export type Behaviour = HandEnd | 'waits' | 'yields'

export interface PlayedConsumerOptions {
  readonly world: World
  readonly model: LeaseModel
  readonly given: Required<ConsumeOptions>
  /** What the next handler does. */
  readonly next: () => Behaviour
  /** Takes down what goes wrong. */
  readonly guard: <T>(look: () => T) => T | undefined
}

interface OpenHand {
  readonly message: LeasedMessage<number>
  readonly resolve: (how: HandEnd) => void
}

/** A consumer that dies, freezes, is closed, or is left with its page; its handlers do what they are told. */
export class PlayedConsumer {
  readonly #options: PlayedConsumerOptions
  readonly #consumer: Consumer
  readonly #life = new Life(() => {})
  readonly #freezer = new Freezer()
  readonly #leaving = new Set<{ readonly left: () => void; readonly back: () => void }>()
  readonly #open = new Map<Hand, OpenHand>()
  #party!: Party
  /** Its page was left. */
  isAway = false

  constructor(options: PlayedConsumerOptions) {
    const { world, given } = options
    this.#options = options
    const platform = this.#life.platform(this.#freezer.platform(world.platform))
    const openChannel: typeof platform.openChannel = (name) => {
      if (name.startsWith(`${consumerRoll(world.name)}/`)) this.#come(name)
      return platform.openChannel(name)
    }
    const whenLeft = (left: () => void, back: () => void): (() => void) => {
      const leaving = { left, back }
      this.#leaving.add(leaving)
      return () => this.#leaving.delete(leaving)
    }
    const realm = { clock: platform.clock, locks: platform.locks, openChannel, whenLeft }
    this.#consumer = consumeOn<number>(realm, { key: world.name }, (message) => this.#handle(message), given)
  }

  /** It may do something still. */
  get isHere(): boolean {
    return !this.#life.isOver && !this.#party.isLeaving
  }

  /** The handlers that are to be told how they end. */
  get open(): readonly Hand[] {
    return [...this.#open.keys()]
  }

  die(): void {
    if (this.#life.isOver) return
    this.#options.model.died(this.#party)
    this.#life.end()
    this.#freezer.thaw()
    this.isAway = false
    this.#open.clear()
  }

  /** From now on it hears nothing, and does nothing, until it is thawed. */
  freeze(): void {
    if (!this.isHere) return
    this.#party.isFrozen = true
    this.#options.model.silent(this.#party)
    this.#freezer.freeze()
  }

  thaw(): void {
    this.#party.isFrozen = false
    this.#freezer.thaw()
  }

  close(timeout: number): void {
    if (!this.isHere || this.#party.isFrozen || this.isAway) return
    const party = this.#party
    party.isLeaving = true
    void this.#consumer.close({ timeout }).then(() => this.#options.model.left(party))
  }

  /** It hands back whatever it has. */
  async end(): Promise<void> {
    if (this.#life.isOver) return
    this.#party.isLeaving = true
    await this.#consumer.close({ timeout: 0 })
  }

  leavePage(): void {
    if (!this.isHere || this.#party.isFrozen || this.isAway) return
    this.isAway = true
    this.#party.isLeaving = true
    for (const { left } of this.#leaving) left()
    this.#options.model.left(this.#party)
  }

  comeBack(): void {
    if (!this.isAway) return
    this.isAway = false
    for (const { back } of this.#leaving) back()
  }

  /** A handler ends now, or once this is thawed. */
  finish(hand: Hand, how: HandEnd): void {
    this.#freezer.soon(() => {
      const open = this.#open.get(hand)
      if (!open || this.#life.isOver) return
      this.#open.delete(hand)
      this.#options.guard(() => this.#options.model.end(hand, how))
      open.resolve(how)
    })
  }

  extend(hand: Hand): void {
    const said = this.#party.isFrozen ? undefined : this.#open.get(hand)?.message.extend()
    if (said !== undefined) this.#options.model.extended(hand, said)
  }

  progress(hand: Hand, done: number): void {
    if (!this.#party.isFrozen) this.#open.get(hand)?.message.progress(done)
  }

  #come(channel: string): void {
    const { given, model } = this.#options
    this.#party = { ...given, channel, running: new Set(), isFrozen: false, isLeaving: false, isGone: false }
    model.came(this.#party)
  }

  #handle(message: LeasedMessage<number>): unknown {
    const { model, guard, next } = this.#options
    const hand = guard(() => model.begin(this.#party, message.body, message))
    if (!hand) return undefined
    const how = next()
    const ended = new Promise<HandEnd>((resolve) => this.#open.set(hand, { message, resolve }))
    if (how === 'yields') message.signal.addEventListener('abort', () => this.finish(hand, 'returns'))
    else if (how !== 'waits') this.finish(hand, how)
    return ended.then((end) => outcomeOf(hand, end))
  }
}

/** Each handler returns something of its own, so that the receipt tells whose answer was taken. */
function outcomeOf({ number }: Hand, how: HandEnd): { readonly hand: number } {
  if (how === 'throws') throw new Error('It fails')
  if (how === 'retries') throw new Retry({ delay: 3_000 })
  if (how === 'rejects') throw new Reject('Never')
  return { hand: number }
}
