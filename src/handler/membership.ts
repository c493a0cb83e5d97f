import type { Handler } from '../message/handling.ts'
import { mintProducer } from '../message/id.ts'
import { consumerChannel, consumerLock, consumerRoll, isRollCall, isToConsumer, MOST_REMEMBERED } from '../protocol/consuming.ts'
import type { Ended, FromConsumer, Handed, Presence, RollCall } from '../protocol/consuming.ts'
import { Hand } from './hand.ts'
import type { Codec } from '../message/codec.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Realm } from './realm.ts'

export interface MembershipOptions<T> {
  /** The queue's key. */
  readonly key: string
  readonly codec?: Codec<T> | undefined
  readonly handler: Handler<T>
  readonly concurrency: number
  readonly lease: number
  readonly realm: Realm
  /** Told once it is on the roll, under which lock. */
  readonly joined?: (lock: string) => void
}

/** A consumer for as long as it is on the roll of its queue, and holds its lock: it handles what it is handed. */
export class Membership<T> {
  /** Resolves when its lock is free. */
  readonly left: Promise<unknown>
  readonly #options: MembershipOptions<T>
  readonly #id = mintProducer()
  readonly #roll: Channel
  readonly #own: Channel
  /** Those that have not ended, also where the message is another's by now. */
  readonly #hands = new Set<Hand<T>>()
  /** What was returned, and a leader that is gone may not have settled: it is not handled again. */
  readonly #returned = new Map<string, Ended>()
  readonly #leave = new AbortController()
  #epoch = 0
  #isJoined = false
  #isLeaving = false
  #emptied = (): void => {}

  constructor(options: MembershipOptions<T>) {
    const { key, lease, realm } = options
    this.#options = options
    this.#roll = realm.openChannel(consumerRoll(key))
    this.#own = realm.openChannel(consumerChannel(key, this.#id))
    this.#roll.addEventListener('message', ({ data }) => {
      if (isRollCall(data) && 'who' in data) this.#answer(data.who)
    })
    this.#own.addEventListener('message', ({ data }) => {
      if (!isToConsumer(data)) return
      if ('handed' in data) this.#take(data.handed)
      else this.#lose(data.taken)
    })
    const lock = consumerLock(key, this.#id, lease)
    this.left = realm.locks.request(lock, { signal: this.#leave.signal }, () => this.#join(lock)).catch(() => {})
  }

  /** Takes nothing more. Resolves when it has nothing in hand. */
  async finish(): Promise<void> {
    this.#isLeaving = true
    this.#sayHere()
    if (this.#hands.size > 0 && !this.#leave.signal.aborted) await new Promise<void>((resolve) => (this.#emptied = resolve))
  }

  /** Hands back what it has in hand, and is gone. */
  leave(): void {
    if (this.#leave.signal.aborted) return
    for (const hand of this.#hands) hand.handBack()
    this.#hands.clear()
    this.#leave.abort()
    this.#roll.close()
    this.#own.close()
    this.#emptied()
  }

  /** Holds the lock for as long as it is on the roll. */
  async #join(lock: string): Promise<void> {
    const { signal } = this.#leave
    if (signal.aborted) return
    this.#isJoined = true
    this.#sayHere()
    this.#options.joined?.(lock)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  }

  #sayHere(): void {
    if (this.#isJoined && !this.#leave.signal.aborted) this.#roll.postMessage({ holdfast: 1, here: this.#presence } satisfies RollCall)
  }

  get #presence(): Presence {
    const { lease, concurrency } = this.#options
    const places = this.#isLeaving ? 0 : concurrency
    const hands = [...this.#hands]
    const inHand = hands.filter(({ isOurs }) => isOurs).map(({ id }) => id)
    const stuck = hands.filter(({ isOurs }) => !isOurs).map(({ token }) => token)
    return { id: this.#id, lease, places, inHand, stuck, done: [...this.#returned.keys()] }
  }

  #answer(epoch: number): void {
    if (epoch < this.#epoch) return
    this.#epoch = epoch
    this.#sayHere()
  }

  /** What comes from a leader that another has superseded is nobody's. */
  #take(handed: Handed): void {
    if (handed.epoch < this.#epoch) return
    this.#epoch = handed.epoch
    const hand = [...this.#hands].find(({ id, isOurs }) => id === handed.id && isOurs)
    if (hand) return hand.leaseAgain(handed.token)
    const returned = this.#returned.get(handed.id)
    if (returned) this.#answerFor(handed, returned)
    else if (this.#mayHandle(handed)) void this.#handle(handed)
    else this.#refuse(handed)
  }

  /** What was on its way while this was frozen is another's by now. */
  #mayHandle({ at }: Handed): boolean {
    const { concurrency, lease, realm } = this.#options
    return !this.#isLeaving && this.#hands.size < concurrency && Math.abs(realm.clock.now() - at) < lease
  }

  /** Who leads hears first, by the same road, what places there are: so that it does not come again and again. */
  #refuse(handed: Handed): void {
    this.#tell({ holdfast: 1, here: this.#presence })
    this.#answerFor(handed, { how: 'handed-back' })
  }

  #answerFor({ token, id }: Handed, ended: Ended): void {
    this.#tell({ holdfast: 1, token, id, ended })
  }

  async #handle(handed: Handed): Promise<void> {
    const { key, codec, handler, lease, realm } = this.#options
    const hand = new Hand<T>(handed, { key, codec, handler, lease, clock: realm.clock, tell: (word) => this.#tell(word) })
    this.#hands.add(hand)
    const ended = await hand.run(handed)
    if (!this.#hands.delete(hand)) return
    if (ended.how === 'returned') this.#remember(handed.id, ended)
    if (this.#hands.size === 0) this.#emptied()
  }

  #remember(id: string, ended: Ended): void {
    this.#returned.set(id, ended)
    const [oldest] = this.#returned.keys()
    if (this.#returned.size > MOST_REMEMBERED && oldest !== undefined) this.#returned.delete(oldest)
  }

  #lose(token: string): void {
    for (const hand of this.#hands) if (hand.token === token) hand.take('The message was taken from its handler')
  }

  #tell(word: FromConsumer): void {
    if (!this.#leave.signal.aborted) this.#own.postMessage(word)
  }
}
