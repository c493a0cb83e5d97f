import type { Held, Hold, PlacedMessage } from '../message/message.ts'
import { firstOf } from '../queue/read.ts'
import type { DueGroup, DueGroups, DueQuery } from '../queue/read.ts'
import type { Head } from '../queue/meta.ts'
import type { GroupRow, ParkedRecord } from '../queue/schema.ts'
import type { Candidate, Settlement } from '../queue/settlement.ts'
import { CompanyBehind } from './company-behind.ts'
import { HurriedRound } from './hurried-round.ts'
import { RecordCache } from './record-cache.ts'
import type { Clock } from '../queue/clock.ts'

/** How many groups that are due are taken in hand at once. */
const TAKEN_AT_ONCE = 16

type Changes = Pick<Settlement, 'rows' | 'parked' | 'unparked'>

/** What the leader knows of the groups that are behind: their rows where they have changed or are being served, and their turns. */
export class Behind {
  readonly company: CompanyBehind = new CompanyBehind()
  readonly #clock: Pick<Clock, 'now'>
  /** Rows that differ from what is on disk, or that belong to groups being served; `undefined` for a group that has caught up. */
  readonly #rows = new Map<string, GroupRow | undefined>()
  #changed = new Set<string>()
  #parked: { group: string; messages: readonly PlacedMessage[] }[] = []
  #unparked: (readonly [string, number])[] = []
  #inHand: DueGroup[] = []
  readonly #records = new RecordCache()
  readonly #underWay = new Set<string>()
  /** Numbers of those in hand that may be sent, and of those that may be once what is being written is. */
  #reserved: ReadonlySet<number> = new Set()
  #reserving: ReadonlySet<number> = new Set()
  readonly #totals: { parked: number; groups: number; turn: number }
  #nextDue: number
  readonly #hurried = new HurriedRound()

  constructor({ parked, groups, turn }: Head, clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#totals = { parked, groups, turn }
    this.#nextDue = groups > 0 ? 0 : Infinity
  }

  /** How many groups are behind. */
  get count(): number {
    return this.#totals.groups
  }

  /** Whoever was served last leaves a time behind that nobody waits for. */
  get nextDue(): number {
    return this.count > 0 ? this.#nextDue : Infinity
  }

  get totals(): Pick<Head, 'parked' | 'groups' | 'turn' | 'serving' | 'along'> {
    const serving = [...this.#inHand.map(({ row }) => row.group), ...this.#underWay]
    return { ...this.#totals, serving, along: this.company.numbers }
  }

  /** The first in hand. */
  get first(): DueGroup | undefined {
    return this.#inHand[0]
  }

  /** Groups of which a parked message is under way. */
  get underWay(): readonly string[] {
    return [...this.#underWay]
  }

  /** What is in hand, as it is to be looked up; of that, only what is not reserved yet, unless all is in doubt. */
  candidates(isInDoubt: boolean): Candidate[] {
    return [...this.#inHand, ...this.company.writing]
      .filter(({ message }) => isInDoubt || !this.#reserved.has(message.sequence))
      .map(({ row, message }) => ({ sequence: message.sequence, group: row.group }))
  }

  get isChanged(): boolean {
    return this.#changed.size > 0
  }

  /** Whether the index is worth asking. */
  get mayBeDue(): boolean {
    return this.count > 0 && this.#inHand.length === 0 && (this.#hurried.isOn || this.#nextDue <= this.#clock.now())
  }

  has(group: string): boolean {
    return this.#rows.get(group) !== undefined
  }

  heldOf(group: string): Held | undefined {
    return this.#rows.get(group)?.held
  }

  isReserved({ sequence }: PlacedMessage): boolean {
    return this.#reserved.has(sequence)
  }

  /** Rows that were read beside a record; what has changed since they were written is known better. */
  know(rows: readonly GroupRow[]): void {
    for (const row of rows) if (!this.#rows.has(row.group)) this.#rows.set(row.group, row)
  }

  /** Every group that waits now is due, once; those that a server has asked to wait only with `server`. */
  hurry(past: Hold['by']): void {
    if (this.count > 0) this.#hurried.begin(this.#totals.turn, past)
  }

  /** What to ask the index now. */
  query(busy: number): DueQuery {
    // What changes while it is being asked lowers this again.
    this.#nextDue = Infinity
    const most = TAKEN_AT_ONCE + busy
    const recordOf = (group: string): ParkedRecord | undefined => this.#records.get(group)
    const upToTurn = this.#hurried.ask()
    if (upToTurn === undefined) return { now: this.#clock.now(), most, recordOf }
    return { now: Infinity, most, upToTurn, recordOf }
  }

  /** Takes in hand what the index gave; says whether there was anything. */
  take({ groups, isFull, later }: DueGroups, taken: ReadonlySet<string>): boolean {
    const now = this.#clock.now()
    // The clock was set back: nothing waits longer than it was to.
    const isLate = groups.length === 0 && later !== undefined && later.row.due - now > (later.row.held?.wait ?? 0)
    const found = isLate ? [later] : groups
    const fresh = found.filter(({ row }) => !taken.has(row.group) && this.#isCurrent(row) && !this.#hurried.mustWait(row, now))
    this.know(found.map(({ row }) => row))
    this.#inHand.push(...fresh)
    // Once all have had their turn, the index is asked again by time.
    const isHurryOver = fresh.length === 0 && this.#hurried.end()
    const mustAskAgain = isFull || isLate || this.#hurried.isOn || isHurryOver
    this.#nextDue = Math.min(this.#nextDue, mustAskAgain ? now : (later?.row.due ?? Infinity))
    return fresh.length > 0 || isHurryOver
  }

  /** The first in hand is under way. */
  begin(): void {
    const begun = this.#inHand.shift()
    if (begun) this.#underWay.add(begun.row.group)
  }

  /** The parked message of a group is under way no more. */
  end(group: string): void {
    this.#underWay.delete(group)
  }

  /** A message of the inbox is under way no more: if its group is behind, that may be served. */
  free(group: string): void {
    this.#nextDue = Math.min(this.#nextDue, this.#rows.get(group)?.due ?? Infinity)
  }

  /** What is in hand stays in the store until it is asked for again. */
  giveBack(): void {
    this.#inHand = []
    this.askAgain()
  }

  /** The index is to be asked, whatever is known. */
  askAgain(): void {
    if (this.count > 0) this.#nextDue = 0
  }

  /** The first message of a group is settled. */
  pass({ row: { group }, message, record, isLast }: DueGroup): void {
    const { parked } = this.#known(group)
    this.#totals.parked -= 1
    if (isLast) {
      this.#unparked.push([group, record.messages[0]!.sequence])
      this.#records.forget(group)
    } else this.#records.remember(record)
    if (parked === 1) {
      this.#totals.groups -= 1
      return this.#change(group, undefined)
    }
    const now = this.#clock.now()
    const isAlone = this.#inHand.length === 0 && this.#nextDue > now && !this.#hurried.isOn
    const row = { group, next: message.sequence + 1, parked: parked - 1, due: now, turn: this.#takeTurn() }
    this.#change(group, row, isAlone && !isLast)
    // Nobody else is due: it goes on without the index being asked.
    if (isAlone && !isLast) this.#inHand.push(firstOf(row, record)!)
  }

  /** The first message of a group waits for another attempt. */
  hold(group: string, sequence: number, held: Held): void {
    this.#change(group, { ...this.#known(group), next: sequence, held, due: held.due, turn: this.#takeTurn() })
  }

  /** Nothing of a group is sent until it is resumed: its row, if it has one, waits for no time. */
  stop(group: string): void {
    this.#inHand = this.#inHand.filter(({ row }) => row.group !== group)
    const row = this.#rows.get(group)
    if (row) this.#change(group, { ...row, due: Infinity })
  }

  /** Messages of a group are set aside: behind those that are, or, when they wait for another attempt (`held`), before them. */
  park(group: string, portions: readonly (readonly PlacedMessage[])[], held: Held | undefined): void {
    const first = portions[0]![0]!.sequence
    const count = portions.reduce((sum, portion) => sum + portion.length, 0)
    const row = this.#rows.get(group)
    if (!row) this.#totals.groups += 1
    this.#totals.parked += count
    // What waits for another attempt stands before what was read.
    if (held) this.#records.forget(group)
    this.#parked.push(...portions.map((messages) => ({ group, messages })))
    const before = row ?? { group, next: first, parked: 0, due: this.#clock.now(), turn: this.#takeTurn() }
    const after = { ...before, next: Math.min(before.next, first), parked: before.parked + count }
    this.#change(group, held ? { ...after, held, due: held.due, turn: this.#takeTurn() } : after)
  }

  /** What is to be written now, and with it what is in hand is reserved. */
  takeChanges(): Changes {
    this.#reserving = new Set([...this.#inHand, ...this.company.take()].map(({ message }) => message.sequence))
    const rows = new Map([...this.#changed].map((group) => [group, this.#rows.get(group)] as const))
    const changes = { rows, parked: this.#parked, unparked: this.#unparked }
    this.#changed = new Set()
    this.#parked = []
    this.#unparked = []
    return changes
  }

  /** It is on disk, and what was in hand then may be sent, unless the queue is paused. Rows of others are forgotten, but for those of which a message goes first (`taken`). */
  written(isPaused: boolean, taken: ReadonlySet<string>): void {
    this.#reserved = isPaused ? new Set() : this.#reserving
    const inHand = new Set(this.#inHand.map(({ row }) => row.group))
    for (const group of this.#rows.keys()) {
      if (!this.#changed.has(group) && !taken.has(group) && !inHand.has(group)) this.#rows.delete(group)
    }
  }

  /** Whether a row that was read is still as it was then: its group may have moved on in the meantime. */
  #isCurrent({ group, turn }: GroupRow): boolean {
    return !this.#rows.has(group) || this.#rows.get(group)?.turn === turn
  }

  #known(group: string): GroupRow {
    const row = this.#rows.get(group)
    if (!row) throw new Error(`Group "${group}" is served, and has no row`)
    return row
  }

  #takeTurn(): number {
    this.#totals.turn += 1
    return this.#totals.turn
  }

  #change(group: string, row: GroupRow | undefined, isInHand: boolean = false): void {
    this.#rows.set(group, row)
    this.#changed.add(group)
    if (row && !isInHand) this.#nextDue = Math.min(this.#nextDue, row.due)
  }
}
