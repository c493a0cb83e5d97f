import type { Held, PlacedMessage } from '../message/message.ts'
import type { DueGroup } from '../queue/read.ts'
import type { Behind } from './behind.ts'
import type { Lookahead } from './lookahead.ts'
import type { Sorter } from './sorter.ts'

/** A message that is to be attempted now. */
export interface Delivery {
  readonly message: PlacedMessage
  readonly group: string
  /** What came of it so far. */
  readonly held: Held | undefined
  /** Where it comes from, when its group is behind. */
  readonly parked: DueGroup | undefined
  /** A leader that is gone may have sent it. */
  readonly isFrozen?: boolean
  /** It was cancelled after it had been reserved, and nobody has been told yet that it has left the queue. */
  readonly isCancelled?: boolean
}

/** Whose turn it is, and who is under way: one message of a group at a time. */
export class Turns {
  /** Groups of which a message is under way. */
  readonly busy: Set<string> = new Set()
  /** Numbers of messages of the inbox that are under way. */
  readonly underWay: Set<number> = new Set()
  /** Numbers of messages of the inbox that were under way, and are to go again: nothing came of them. */
  readonly #givenBack: Set<number> = new Set()
  readonly #sorter: Sorter
  readonly #lookahead: Lookahead
  readonly #behind: Behind
  #isParkedsTurn = false

  constructor(sorter: Sorter, lookahead: Lookahead, behind: Behind) {
    this.#sorter = sorter
    this.#lookahead = lookahead
    this.#behind = behind
  }

  /** Groups of which a message goes before what is parked of them. */
  get taken(): ReadonlySet<string> {
    if (this.#givenBack.size === 0) return new Set(this.busy)
    // One that was parked since, as its group was stopped, stands before the others there.
    const waiting = this.#lookahead.filter(({ sequence }) => this.#givenBack.has(sequence))
    return new Set([...this.busy, ...waiting.map((message) => this.#sorter.groupOf(message))])
  }

  /**
   * What goes next: in turn from the groups that are behind, and from the inbox.
   *
   * @param held what came of the head so far, in a queue that is one group.
   */
  pick(held: Held | undefined): Delivery | undefined {
    const parked = this.#behind.first
    // What an earlier release of the app left parked goes first, where all is one group now.
    const isInboxOpen = this.#sorter.order !== 'queue' || this.#behind.count === 0
    const message = isInboxOpen ? this.#lookahead.find((other) => !this.busy.has(this.#sorter.groupOf(other))) : undefined
    if (parked && (this.#isParkedsTurn || !message)) {
      return { message: parked.message, group: parked.row.group, held: this.#behind.heldOf(parked.row.group), parked }
    }
    return message && { message, group: this.#sorter.groupOf(message), held, parked: undefined }
  }

  /**
   * How far to reserve in the inbox: what is under way, the next few in order, and the next few that could go at once, though many of a group of
   * which one is under way stand before them.
   */
  reach(count: number): number {
    const isFree = (message: PlacedMessage): boolean => !this.busy.has(this.#sorter.groupOf(message))
    const inOrder = this.#lookahead.after(count + this.underWay.size, () => true)
    return Math.max(inOrder, this.#lookahead.after(count, isFree), ...Array.from(this.underWay, (sequence) => sequence + 1))
  }

  begin(delivery: Delivery): Delivery {
    this.busy.add(delivery.group)
    this.#givenBack.delete(delivery.message.sequence)
    if (delivery.parked) this.#behind.begin()
    else this.underWay.add(delivery.message.sequence)
    this.#isParkedsTurn = !delivery.parked
    return delivery
  }

  end({ message, group, parked }: Delivery): void {
    this.busy.delete(group)
    if (parked) return this.#behind.end(group)
    this.underWay.delete(message.sequence)
    this.#behind.free(group)
  }

  /** It is under way no more, and keeps its place. */
  giveBack(delivery: Delivery): void {
    if (!delivery.parked) this.#givenBack.add(delivery.message.sequence)
    this.end(delivery)
  }
}
