import type { Cancellation, Depth } from '../../src/message/message.ts'
import type { OnDuplicate } from '../../src/message/options.ts'
import { show, throwFault } from './model.ts'
import type { Known, Model } from './model.ts'
import type { Rules, Stage } from './model-stage.ts'

export interface Enqueued {
  readonly group: string
  readonly key: string | undefined
  readonly onDuplicate: OnDuplicate | undefined
  readonly delay: number | undefined
  readonly ttl: number | undefined
  readonly maxAttempts: number | undefined
}

/** What waits, as `messages()` tells it. */
export interface Listed {
  readonly id: string
  readonly body: number
  readonly state: 'ready' | 'delayed' | 'leased'
  readonly group?: string
}

/** What the queue tells of all that is in it. */
export interface Found {
  readonly listed: readonly Listed[]
  readonly letters: readonly { readonly id: string; readonly body: unknown; readonly reason: string }[]
  readonly depth: Depth
}

/** Why a message was not stored. */
export type Refusal = { readonly code: 'host-lost' | 'queue-full' }

/** What is expected of a queue, as the model has it; and what the model learns of what it could not know. */
export class Expectations {
  readonly #rules: Rules
  readonly #model: Model
  readonly #stage: Pick<Stage, 'onDisk' | 'replacements'>
  #wasRedriven = false

  constructor(rules: Rules, model: Model, stage: Pick<Stage, 'onDisk' | 'replacements'>) {
    this.#rules = rules
    this.#model = model
    this.#stage = stage
  }

  /** It was answered: with an id, or a refusal. */
  stored(
    known: Known,
    owners: readonly Known[],
    { onDuplicate = 'ignore', key }: Enqueued,
    id: string | Refusal,
    wasAtRest: boolean,
  ): void {
    if (typeof id !== 'string') return this.#refused(known, id, wasAtRest)
    // One that another has replaced in the same transaction was never there.
    if (key === undefined && !this.#stage.onDisk.has(id)) throwFault(`said to be stored before it was: ${show(known)}`)
    const owner = this.#model.byId(id)
    if (owner && owner !== known) {
      if (!owners.includes(owner) && owner.key !== key) throwFault(`${show(known)} is taken for ${show(owner)}`)
      if (owner.state === 'gone' && !owner.isUnsure && wasAtRest) throwFault(`${show(known)} is taken for ${show(owner)}`)
      if (onDuplicate === 'ignore') return this.#model.forget(known)
      if (owner.sent !== undefined && wasAtRest) throwFault(`changed, though it was sent: ${show(owner)}`)
      return this.#model.update(owner, known)
    }
    // The same as one of which nobody was told the id, perhaps: what is met will tell.
    if (!owner && owners.some((other) => other.id === undefined && this.#model.all.includes(other))) return
    known.id = id
    known.mayReplace = false
    known.isBehind = owners.length > 0
    const replaced = owners.find((other) => other.id !== undefined && other.id === this.#stage.replacements.get(id))
    if (replaced && known.state === 'asked') this.#model.replace(replaced, known)
    else if (replaced) this.#model.leave(replaced, 'gone', 'replaced', true)
    else if (known.state === 'asked') this.#model.stored(known)
    const isOpen = owners.find(
      ({ sent, state, isUnsure, isKeyless }) =>
        sent === undefined && (state === 'waiting' || state === 'delayed') && !isUnsure && isKeyless !== true,
    )
    if (onDuplicate === 'ignore' && wasAtRest && isOpen) throwFault(`${show(known)} is stored beside ${show(isOpen)}`)
  }

  #refused(known: Known, refusal: Refusal, wasAtRest: boolean): void {
    if (refusal.code === 'host-lost') return
    known.mayReplace = false
    const { capacity = Infinity } = this.#rules
    const aborted = this.#model.all.filter(({ why }) => why === 'aborted')
    const waiting = this.#model.of('waiting').length + this.#model.of('delayed').length + aborted.length
    if (wasAtRest && waiting < capacity) throwFault(`refused with ${waiting} waiting: ${show(known)}`)
    this.#model.refuse(known)
  }

  /**
   * A cancellation was answered.
   *
   * @param known what was to be cancelled.
   * @param answer what was said of it.
   * @param before what its receipt said before, if all was at rest then, and is now.
   */
  cancelled(known: Known, answer: Cancellation, before: string | undefined, isAborting: boolean): void {
    if (before !== undefined) expectCancelled(known, before, answer, isAborting)
    // One that was aborted is there until a leader meets it.
    const isThere = known.state === 'waiting' || known.state === 'delayed' || known.why === 'aborted' || known.isUnsure
    if (answer === 'cancelled' && !isThere) throwFault(`cancelled: ${show(known)}`)
    if (answer === 'cancelled' || answer === 'aborted') this.#model.leave(known, 'gone', answer, true)
    const mustBeThere = (known.state === 'waiting' || known.state === 'delayed') && !known.isUnsure && !this.#model.mayBeDead(known)
    if (answer === 'unknown' && mustBeThere && !this.#model.mayBeReplaced(known)) throwFault(`unknown: ${show(known)}`)
  }

  redriven(letters: readonly Known[]): void {
    this.#model.redrive(letters)
    this.#wasRedriven ||= letters.length > 0
  }

  /** All that the queue tells at rest is what is known. */
  compare({ listed, letters, depth }: Found): void {
    for (const { id, body, state } of listed) this.#meet(this.#model.find(id, body), state)
    for (const { id, body, reason } of letters) {
      const known = this.#model.find(id, body as number)
      this.#model.died(known, reason)
      known.isUnsure = false
    }
    const there = new Set([...listed, ...letters].map(({ id }) => id))
    for (const known of this.#model.all) if (known.id === undefined || !there.has(known.id)) this.#miss(known)
    this.#inOrder(listed)
    const count = (state: string): number => listed.filter((message) => message.state === state).length
    same(
      'depth',
      [depth.ready, depth.delayed, depth.leased, depth.dead],
      [count('ready'), count('delayed'), count('leased'), letters.length],
    )
    same('stopped groups', depth.stopped, new Set([...this.#model.paused, ...this.#model.halted.keys()]).size)
    same('paused', depth.paused, this.#model.isPaused)
    const { capacity } = this.#rules
    if (capacity !== undefined && listed.length > capacity && !this.#wasRedriven) throwFault(`${listed.length} wait, more than ${capacity}`)
    this.#oncePerKey(listed)
  }

  /** It is in the queue. */
  #meet(known: Known, state: Listed['state']): void {
    if (state === 'delayed') {
      if (known.state !== 'delayed') throwFault(`delayed: ${show(known)}`)
      return
    }
    if (known.state === 'delayed') {
      if (known.due.low > this.#model.time.high) throwFault(`joined before its time: ${show(known)}`)
      this.#model.join(known, this.#model.line.length)
    }
    // It leaves the queue as a leader meets it.
    if (known.why === 'aborted') return
    if (known.state !== 'waiting' && !known.isUnsure) throwFault(`${state}: ${show(known)}`)
    if (known.state !== 'waiting') this.#model.comeBack(known)
    known.isUnsure = known.mayBeAborted === true
  }

  /** It is neither in the queue nor a dead letter. */
  #miss(known: Known): void {
    const { state, isUnsure, isAccepted } = known
    if (state === 'gone') {
      known.isUnsure = false
      return
    }
    // Nobody was answered: it was never stored, or is gone by now.
    const isPerhaps = isUnsure && (isAccepted || state === 'waiting' || state === 'delayed')
    if (state === 'asked' || isPerhaps || this.#model.mayBeReplaced(known)) return this.#model.leave(known, 'gone', 'missed', true)
    throwFault(`lost: ${show(known)}`)
  }

  /** Each group's messages stand in its order. */
  #inOrder(listed: readonly Listed[]): void {
    const last = new Map<string, Known>()
    for (const { id, state } of listed) {
      const known = this.#model.byId(id)!
      if (state === 'delayed') continue
      const before = last.get(known.group)
      const isLoose = before && (before.beside.has(known) || known.beside.has(before))
      if (before && !isLoose && before.place > known.place) throwFault(`${show(before)} stands before ${show(known)}`)
      last.set(known.group, known)
    }
  }

  /** Of messages with one dedup key, one at most may still be changed. */
  #oncePerKey(listed: readonly Listed[]): void {
    const open = new Map<string, Known[]>()
    for (const { id, state } of listed) {
      const known = this.#model.byId(id)!
      const { key, group, sent, why } = known
      if (key === undefined || state === 'leased' || sent !== undefined || why === 'redriven' || why === 'aborted') continue
      const both = `${group} ${key}`
      open.set(both, [...(open.get(both) ?? []), known])
    }
    for (const known of open.values()) {
      // One that was reserved, and is so no more, is open again, beside those that were stored behind it.
      const isWrong = known.filter(({ isBehind }) => !isBehind).length > 1
      if (isWrong) throwFault(`more than one of a dedup key: ${known.map(show).join(', ')}`)
    }
  }

  /** What the receipt of a message says once nothing waits; nothing where it may say one thing or another. */
  toldOf(known: Known): { readonly status: string | undefined; readonly delivered: unknown } | undefined {
    if (known.id === undefined || known.why === 'missed' || known.why === 'replaced') return undefined
    if (known.why === 'aborted' && known.isAccepted) return undefined
    const states = { accepted: 'accepted', purged: 'unknown', 'passed by': 'dead', cancelled: 'cancelled', aborted: 'cancelled' }
    const status = known.state === 'dead' ? 'dead' : states[known.why as keyof typeof states]
    const told = {
      accepted: { text: `${known.bodies.at(-1)}` },
      dead: 'dead-lettered',
      cancelled: 'cancelled',
      unknown: 'answer-unknown',
    }
    return { status, delivered: told[status as keyof typeof told] }
  }
}

function expectCancelled(known: Known, before: string, answer: Cancellation, isAborting: boolean): void {
  const expected = { ready: 'cancelled', delayed: 'cancelled', leased: isAborting ? 'aborted' : 'leased' }[before] ?? 'unknown'
  if (answer !== expected) throwFault(`cancel() of what is ${before} says ${answer}: ${show(known)}`)
}

export function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throwFault(`${what}: ${a}, expected ${b}`)
}
