import type { Hand, HandEnd, Lease, Lot, Party } from './lease-facts.ts'
import { show } from './lease-facts.ts'
import { throwFault } from './model.ts'

const OPEN = { counts: 'perhaps', isOver: false, ended: Infinity, isWritten: false } as const

/**
 * Messages and their leases as they are promised (`docs/consumers.md`). What the leader says to consumers is overheard; what handlers are given is compared with what they may have, and what they
 * do is taken down as what it means: for sure where a leader hears it and lives on until the next rest, and otherwise as what may be.
 */
export class LeaseModel {
  readonly all: Lot[] = []
  /** Nothing of these groups is handed out, or of none. */
  stopped: { readonly all: boolean; readonly groups: ReadonlySet<string> } = { all: false, groups: new Set() }
  /** What consumers and leaders say is on its way. */
  areWordsLate = false
  /** Since the last sound rest a leader has died, frozen, or failed; or words are late. */
  isDisturbed = false
  readonly most: number
  readonly #elapsed: () => number
  readonly #parties: Party[] = []
  #epoch = 0
  /** When the clock was set last: who was frozen then cannot tell what is late. */
  #jumped = 0
  #places = 0
  #hands = 0

  constructor(most: number, elapsed: () => number) {
    this.most = most
    this.#elapsed = elapsed
  }

  ask(body: number, group: string): Lot {
    const fresh = { id: undefined, state: 'asked', cancelled: 'no', refused: 'no', done: undefined, must: undefined } as const
    const lot: Lot = { body, group, place: ++this.#places, answers: new Set(), leases: [], ...fresh }
    this.all.push(lot)
    return lot
  }

  find(id: string, body: number): Lot {
    const lot = this.all.find((other) => other.body === body) ?? throwFault(`nobody enqueued ${body}`)
    lot.id ??= id
    if (lot.id !== id) throwFault(`${show(lot)} has another id, ${id}`)
    if (lot.state === 'asked') lot.state = 'waiting'
    return lot
  }

  came(party: Party): void {
    this.#parties.push(party)
  }

  /** A leader begins. */
  led(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch)
  }

  /** A message is handed to a consumer; it may never arrive. */
  handed(channel: string, id: string, body: number, epoch: number): void {
    this.led(epoch)
    const party = this.#parties.find((other) => other.channel === channel)
    if (!party) return
    const lot = this.find(id, body)
    if (epoch === this.#epoch && (this.stopped.all || this.stopped.groups.has(lot.group)))
      throwFault(`handed out while that is paused: ${show(lot)}`)
    const begun = this.#elapsed()
    const until = begun + party.lease
    const lease: Lease = { lot, party, epoch, begun, until, ...OPEN, isDoubtful: this.isDisturbed || party.isFrozen }
    if (epoch === this.#epoch) for (const before of this.#current(lot)) if (before.epoch < epoch) before.isOver = true
    lot.leases.push(lease)
    // It is with that consumer since another led.
    const hand = [...party.running].find((running) => running.lot === lot && this.#isHeld(running))
    if (!hand) return
    hand.lease = lease
    if (lease.isDoubtful) return
    lease.counts = 'no'
    hand.until = until
  }

  /** A handler is given a message. */
  begin(party: Party, body: number, { id, attempt, signal }: { id: string; attempt: number; signal: AbortSignal }): Hand {
    const lot = this.find(id, body)
    const lease = lot.leases.findLast((other) => other.party === party) ?? throwFault(`given without a lease: ${show(lot)}`)
    // Where it was on its way for long, the word that it is taken again comes right behind.
    const isInVain = lease.isOver && lease.isDoubtful
    if (this.#elapsed() >= lease.until && lease.begun >= this.#jumped) throwFault(`begun after its lease: ${show(lot)}`)
    if (!isInVain) this.#mayBegin(lot, party, attempt)
    const hand: Hand = { number: ++this.#hands, lot, party, signal, lease, until: isInVain ? this.#elapsed() : lease.until }
    if (!lease.isDoubtful) lease.counts = 'no'
    party.running.add(hand)
    signal.addEventListener('abort', () => this.#aborted(hand))
    return hand
  }

  #mayBegin(lot: Lot, party: Party, attempt: number): void {
    const fault = (what: string): never => throwFault(`${what}: ${show(lot)}`)
    if (lot.state === 'gone' || lot.state === 'dead') fault('handled after it had left the queue')
    if (lot.cancelled === 'yes') fault('handled after it was cancelled')
    if (lot.must) fault(`handled though it is ${lot.must}`)
    if (lot.done) fault('handled again, though its consumer is there to say that it is done')
    if (this.low(lot) >= this.most) fault(`handled once more than ${this.most} times`)
    if (attempt < 1 + this.low(lot)) fault(`handled as attempt ${attempt} after ${this.low(lot)}`)
    // What was cancelled is nobody's, though its handler may not have heard of that yet.
    const other = this.held.find((hand) => hand.lot.group === lot.group && hand.lot.cancelled !== 'yes')
    if (other?.lot === lot) fault('in two hands')
    if (other) fault(`in hand beside ${show(other.lot)}`)
    const before = this.all.find(
      (one) => one.group === lot.group && one.place < lot.place && one.state === 'waiting' && !this.mayHaveLeft(one),
    )
    if (before) fault(`handled before ${show(before)}`)
    if (party.running.size >= party.concurrency) fault(`one more than the ${party.concurrency} that its consumer takes`)
  }

  /** The handler begins its lease anew. */
  extended(hand: Hand, said: boolean): void {
    const { lease, party, signal } = hand
    if (said === signal.aborted) throwFault(`extend() says ${said}: ${show(hand.lot)}`)
    if (!said) return
    // Who leads may hear of it too late, or never.
    if (this.isDisturbed || lease.isDoubtful) Object.assign(lease, { isDoubtful: true, counts: 'perhaps' })
    else lease.until = hand.until = this.#elapsed() + party.lease
  }

  /** The handler ends. What it says after its lease is for nobody. */
  end(hand: Hand, how: HandEnd): void {
    const { lot, party, lease, signal } = hand
    party.running.delete(hand)
    if (party.isGone || signal.aborted) return
    const isSure = !lease.isOver && this.#isSure(lease)
    const isHeard = isSure && !party.isFrozen
    if (how === 'returns') {
      lot.answers.add(hand.number)
      if (isHeard) Object.assign(lot, { done: party, must: 'accepted' })
    } else if (how === 'rejects') {
      lot.refused = isSure ? 'yes' : lot.refused === 'no' ? 'perhaps' : lot.refused
      if (isHeard) lot.must = 'dead'
    }
    this.#over(lease, how === 'throws' || how === 'retries')
  }

  /** Its lock is free, and nothing more is heard of it. */
  died(party: Party): void {
    this.#gone(party, true)
  }

  /** It has handed back whatever it had. */
  left(party: Party): void {
    if (!party.isGone) this.#gone(party, false)
  }

  #gone(party: Party, counts: boolean): void {
    party.isGone = true
    for (const lot of this.all) for (const lease of this.#current(lot)) if (lease.party === party) this.#over(lease, counts)
    party.running.clear()
    this.silent(party)
  }

  /** It may be asked in vain what it has done. */
  silent(party: Party): void {
    for (const lot of this.all) if (lot.done === party) lot.done = undefined
  }

  /** The clock is set. */
  jump(): void {
    this.#jumped = this.#elapsed() + 1
  }

  /** Time has passed: what was in hand for longer than its lease is not so any more, and counts. */
  passed(since: number): void {
    for (const { leases } of this.all)
      for (const lease of leases) {
        if (lease.until > this.#elapsed()) continue
        // What was handed back while the device slept is heard after its lease ran out, which comes at once as well.
        if (lease.isOver && lease.ended > since && lease.counts === 'no') lease.counts = 'perhaps'
        this.#over(lease, true)
      }
  }

  /** The leader dies, freezes or fails: what it has heard since the last rest may be written, or not. */
  disturb(): void {
    this.isDisturbed = true
    for (const lot of this.all) {
      lot.must = undefined
      if (lot.refused === 'yes') lot.refused = 'perhaps'
      for (const lease of lot.leases) {
        if (!lease.isOver) lease.isDoubtful = true
        else if (lease.counts === 'yes' && !lease.isWritten) lease.counts = 'perhaps'
      }
    }
  }

  /** Words are on their way for a while. */
  holdWords(): void {
    this.areWordsLate = true
    for (const party of this.#parties) this.silent(party)
    this.disturb()
  }

  cancel(lot: Lot, isSure: boolean): void {
    lot.cancelled = isSure ? 'yes' : 'perhaps'
    for (const lease of this.#current(lot)) this.#over(lease, false)
  }

  /** All is put back at the tail, in its order. */
  redrive(letters: readonly Lot[]): void {
    const fresh = { state: 'waiting', refused: 'no', must: undefined } as const
    const past = { isOver: true, isDoubtful: true, counts: 'no' } as const
    for (const lot of letters.toSorted((a, b) => a.place - b.place)) {
      for (const lease of lot.leases) Object.assign(lease, past)
      Object.assign(lot, { ...fresh, place: ++this.#places })
    }
  }

  /** All that was heard until now is on disk. */
  rest(): void {
    this.isDisturbed = false
    for (const lot of this.all) {
      lot.must = undefined
      for (const lease of lot.leases) lease.isWritten = lease.isOver
    }
  }

  /** Hands that have their messages, for all that is known. */
  get held(): readonly Hand[] {
    return this.#parties.flatMap(({ running }) => [...running]).filter((hand) => this.#isHeld(hand))
  }

  /** How often it was handed out and that counts; at least, and at most. */
  low({ leases }: Lot): number {
    return leases.filter(({ counts, isOver }) => isOver && counts === 'yes').length
  }

  high({ leases }: Lot): number {
    return leases.filter(({ counts }) => counts !== 'no').length
  }

  /** The queue, though nobody has heard of it yet. */
  mayHaveLeft(lot: Lot): boolean {
    return lot.answers.size > 0 || lot.refused !== 'no' || lot.cancelled !== 'no' || this.high(lot) >= this.most
  }

  #isHeld({ party, signal, until }: Hand): boolean {
    return !party.isGone && !signal.aborted && this.#elapsed() < until
  }

  #current({ leases }: Lot): Lease[] {
    return leases.filter(({ isOver }) => !isOver)
  }

  #isSure({ isDoubtful }: Lease): boolean {
    return !this.isDisturbed && !isDoubtful
  }

  #over(lease: Lease, counts: boolean): void {
    if (lease.isOver) return
    lease.isOver = true
    lease.ended = this.#elapsed()
    // One that no handler has heard of may have been counted.
    if (lease.counts === 'no' && counts) lease.counts = this.#isSure(lease) ? 'yes' : 'perhaps'
    else if (lease.counts === 'no' && !this.#isSure(lease)) lease.counts = 'perhaps'
  }

  /** It is taken from its handler, for which there is to be a reason. */
  #aborted({ lot, lease, party, until }: Hand): void {
    const hasRunOut = this.#elapsed() >= until
    if (party.isLeaving && !hasRunOut) return this.#over(lease, false)
    const isOver = party.isGone || hasRunOut || lot.cancelled !== 'no'
    if (!isOver && this.#isSure(lease)) throwFault(`taken from its handler: ${show(lot)}`)
  }
}
