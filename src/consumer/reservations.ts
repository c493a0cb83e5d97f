import type { Message, PlacedMessage } from '../message/message.ts'
import { changed } from '../queue/find.ts'
import type { Begun } from '../queue/lead.ts'
import { isDone } from '../queue/meta.ts'
import type { Head, LeadersHead, Range } from '../queue/meta.ts'
import type { Change } from '../queue/schema.ts'
import type { Candidate, Settled } from '../queue/settlement.ts'
import type { Behind } from './behind.ts'
import type { Lookahead } from './lookahead.ts'
import type { Sorter } from './sorter.ts'
import type { Told } from './told.ts'
import type { Delivery, Turns } from './turns.ts'

export interface ReservationsOptions {
  readonly begun: Begun
  readonly lookahead: Lookahead
  readonly behind: Behind
  readonly sorter: Sorter
  readonly turns: Turns
}

/**
 * What the leader may send, as the last committed transaction has said: which messages, as what they are now, and of which groups. A message is looked up as it is reserved,
 * and from then on nobody may change it.
 */
export class Reservations {
  readonly #options: ReservationsOptions
  /** What was done to messages that are reserved, by their number. */
  readonly #changes = new Map<number, Change>()
  #reserved: number
  /** What went out with others: whether it may have been taken, and nobody knows; and what was said of it. */
  readonly #wentAlong = new Map<number, { readonly isFrozen: boolean; readonly told?: Told }>()
  /** Of that, what the store does not know yet. */
  #sent: number[] = []
  /** Below that, messages of the inbox that were given back, and have not been looked up since. */
  readonly #givenBack = new Set<number>()
  #lookedUp: readonly Candidate[] = []
  /** What the store says; more than may be sent where the queue was paused while something was under way. */
  #stored: Pick<Head, 'reserved' | 'serving'>
  #frozen: readonly Range[]
  #halted: number
  #isPaused = false
  /** Whether something may have begun since what is being written was put together. */
  #mayHaveBegun = false
  /** How often that came into doubt, up to which of those the store is being asked, and up to which it has answered. */
  #doubts = 0
  #asked = 0
  #answered = 0

  constructor(options: ReservationsOptions) {
    const { head, tail } = options.begun
    this.#options = options
    this.#reserved = head.reserved
    this.#stored = head
    this.#frozen = head.frozen
    this.#halted = tail.halted
  }

  /** Whether nothing may be sent: the queue is paused, or, where it is one group, halted. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** How many messages are dead letters, and keep their place. */
  get halted(): number {
    return this.#halted
  }

  /** How often something was paused, as far as anybody knows. */
  get doubts(): number {
    return this.#doubts
  }

  /** Whether that was since the store was asked. */
  get isInDoubt(): boolean {
    return this.#doubts > this.#answered
  }

  /** Whether anything may begin before the store is asked again. */
  get mayBegin(): boolean {
    return !this.#isPaused && !this.isInDoubt
  }

  /** Whether the store says that something is reserved. */
  get areAny(): boolean {
    return this.#stored.reserved > this.#options.lookahead.position || this.#stored.serving.length > 0
  }

  /** Whether less of the inbox is reserved than up to there. */
  isShortOf(reach: number): boolean {
    return this.#reserved < reach
  }

  /** Something may have been paused: all is to be looked up again. */
  doubt(): void {
    this.#doubts += 1
  }

  has({ message, parked }: Delivery): boolean {
    if (this.isInDoubt) return false
    if (parked) return this.#options.behind.isReserved(message)
    return message.sequence < this.#reserved && !this.#givenBack.has(message.sequence)
  }

  /** Nothing came of it. It is looked up again before it goes: much may have happened while it was under way. */
  giveBack({ message, parked }: Delivery): void {
    if (!parked) this.#givenBack.add(message.sequence)
  }

  changeOf(sequence: number): Change | undefined {
    return this.#changes.get(sequence)
  }

  /** A message has another body from now on, before it is sent for the first time. */
  rewrite(
    delivery: Delivery,
    message: Message,
  ): { readonly rewritten: Delivery; readonly change: Change & { readonly message: PlacedMessage } } {
    const { sequence, id } = delivery.message
    const rewritten = { ...delivery, message: { ...message, sequence } }
    const original = this.#changes.get(sequence)?.original ?? id
    const change = { sequence, id, original, kind: 'replaced', message: rewritten.message } as const
    this.#changes.set(sequence, change)
    return { rewritten, change }
  }

  /** A message has left its place, or waits there: when it is reserved again, it is looked up again. */
  forget({ sequence }: { readonly sequence: number }): void {
    this.#changes.delete(sequence)
    this.#wentAlong.delete(sequence)
  }

  /** Messages go out in one request: whatever comes of it, their bytes stay as they are. */
  send(deliveries: readonly Delivery[]): void {
    for (const { message } of deliveries) {
      this.#wentAlong.set(message.sequence, { isFrozen: true })
      this.#sent.push(message.sequence)
    }
  }

  /** It was answered. `told` is what was said of a message that has its turn only later. */
  answered({ message, isFrozen = false }: Delivery, told?: Told): void {
    this.#wentAlong.set(message.sequence, { isFrozen, ...(told && { told }) })
  }

  /** What went out in one request since this was asked last. */
  takeSent(): readonly number[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  /** A message as it is now. */
  asItIs(delivery: Delivery): Delivery {
    const { message } = delivery
    const change = this.#changes.get(message.sequence)
    const along = this.#wentAlong.get(message.sequence)
    const { isFrozen, told } = along ?? {}
    return {
      ...delivery,
      // Also where a request with several has failed, and nothing is held against any of them.
      message: { ...changed(message, change), ...(along && { wasSent: true }) },
      isFrozen: isFrozen ?? isDone({ position: 0, done: this.#frozen }, message.sequence),
      isCancelled: change?.kind === 'aborted',
      ...(told && { told }),
    }
  }

  /** One that may go along with another now, as it is; nothing where it may not. */
  alongAsItIs(delivery: Delivery): Delivery | undefined {
    const { message } = delivery
    const change = this.#changes.get(message.sequence)
    const mayGo = this.has(delivery) && (!change || change.kind === 'replaced') && !this.#wentAlong.get(message.sequence)?.told
    return mayGo ? this.asItIs(delivery) : undefined
  }

  /** What is to be looked up: what is being reserved and was not before. */
  candidates({ reserved }: LeadersHead): Candidate[] {
    const { lookahead, behind, sorter, turns } = this.#options
    const { isInDoubt } = this
    const from = isInDoubt ? 0 : this.#reserved
    this.#mayHaveBegun = this.mayBegin
    this.#asked = this.#doubts
    const isNew = (sequence: number): boolean => sequence >= from || this.#givenBack.has(sequence)
    const inInbox = lookahead.filter(({ sequence }) => isNew(sequence) && sequence < reserved && !turns.underWay.has(sequence))
    this.#lookedUp = inInbox.map((message) => ({ sequence: message.sequence, group: sorter.groupOf(message) }))
    return [...this.#lookedUp, ...behind.candidates(isInDoubt)]
  }

  /** What the store has said. */
  hear({ reserved, position }: LeadersHead, { head, tail, isPaused, changes, stopped, isAnySooner }: Settled): void {
    const { behind, sorter, turns } = this.#options
    this.#stored = head
    this.#frozen = head.frozen
    this.#halted = tail.halted
    this.#isPaused = isPaused
    this.#answered = this.#asked
    // A pause that nobody has told of yet: the next gives back what has not begun.
    if (isPaused && this.#mayHaveBegun) this.doubt()
    this.#reserved = this.#isPaused ? position : reserved
    for (const { sequence } of this.#lookedUp) this.#givenBack.delete(sequence)
    for (const change of changes.values()) this.#changes.set(change.sequence, change)
    behind.written(this.#isPaused, turns.taken)
    if (this.#isPaused) return behind.giveBack()
    for (const group of stopped) sorter.stop(group, turns)
    if (isAnySooner) behind.askAgain()
  }
}
