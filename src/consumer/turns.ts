import type { Held, PlacedMessage } from '../message/message.ts'
import type { DueGroup } from '../queue/read.ts'
import type { Behind } from './behind.ts'
import { companyFor } from './company.ts'
import type { Room } from './company.ts'
import type { Lookahead } from './lookahead.ts'
import type { Sorter } from './sorter.ts'
import type { Told } from './told.ts'

/** How many messages are reserved ahead: a crash repeats at most these. More would save transactions only where a server answers faster than a disk, or where more go in one request. */
const RESERVED_AHEAD = 16

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
  /** What goes along with it in one request, and has its own turn after that. */
  readonly company?: readonly Delivery[]
  /** What came of it when it went along with another. */
  readonly told?: Told
}

/** Whose turn it is, and who is under way: one message of a group at a time, or what goes along with one in its request. */
export class Turns {
  /** Groups of which a message is under way, or several in one request. */
  readonly busy: Set<string> = new Set()
  /** Numbers of messages of the inbox that are under way. */
  readonly underWay: Set<number> = new Set()
  /** Numbers of messages of the inbox that were under way, and are to go again: nothing came of them. */
  readonly #givenBack: Set<number> = new Set()
  readonly #sorter: Sorter
  readonly #lookahead: Lookahead
  readonly #behind: Behind
  /** What goes along with others. */
  readonly #along = new Set<readonly Delivery[]>()
  #isParkedsTurn = false

  /** How many messages are reserved ahead. */
  readonly ahead: number

  constructor(sorter: Sorter, lookahead: Lookahead, behind: Behind, ahead: number = 0) {
    this.ahead = Math.max(RESERVED_AHEAD, ahead)
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
  reach(count: number = this.ahead): number {
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

  /**
   * Takes along what may go with one that begins: of its own group, and of those of which nothing is under way.
   *
   * @param asItIs gives a message as it may go now; nothing where it may not.
   */
  takeAlong(lead: Delivery, room: Room, asItIs: (delivery: Delivery) => Delivery | undefined): Delivery {
    const own = lead.parked ? undefined : lead.group
    const inInbox = this.#lookahead
      .filter(({ sequence }) => sequence !== lead.message.sequence)
      .map((message) => ({ message, group: this.#sorter.groupOf(message), held: undefined, parked: undefined }))
      .filter(({ group }) => group === own || (!this.busy.has(group) && !this.#behind.has(group)))
    const parked = lead.parked ? behindOf(lead.parked).map((message) => ({ ...lead, message, held: undefined })) : []
    const waiting = [...parked, ...inInbox]
    const company = companyFor(
      lead,
      waiting.map((delivery) => ({ group: delivery.group, delivery: asItIs(delivery) })),
      room,
    )
    if (company.length === 0) return lead
    for (const { message, group, parked } of company) {
      this.busy.add(group)
      if (parked) this.#behind.company.begin(message)
      else this.underWay.add(message.sequence)
    }
    this.#along.add(company)
    return { ...lead, company }
  }

  /** What went along has its own turn from now on. */
  part({ group: own, company = [] }: Delivery): void {
    if (!this.#along.delete(company)) return
    for (const { message, group } of company) {
      this.underWay.delete(message.sequence)
      this.#behind.company.end(message)
      if (group === own) continue
      this.busy.delete(group)
      this.#behind.free(group)
    }
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

/** What stands behind the first message of a group that is behind, as far as it is in hand. */
export function behindOf({ message, record }: DueGroup): readonly PlacedMessage[] {
  return record.messages.filter(({ sequence }) => sequence > message.sequence)
}
