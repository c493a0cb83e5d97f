import type { Depth } from '../../src/message/message.ts'
import { same } from './model-expectations.ts'
import { throwFault } from './model.ts'
import { show } from './lease-facts.ts'
import type { Lot } from './lease-facts.ts'
import type { LeaseModel } from './lease-model.ts'

/** What the queue tells of all that is in it. */
export interface LeaseFindings {
  readonly listed: readonly { readonly id: string; readonly body: number; readonly state: string }[]
  readonly letters: readonly { readonly id: string; readonly body: unknown; readonly reason: string; readonly attempts: number }[]
  readonly depth: Depth
}

/** Compares what the queue tells at rest with what the model knows of leases. */
export class LeaseExpectations {
  readonly #model: LeaseModel

  constructor(model: LeaseModel) {
    this.#model = model
  }

  /** @param isSound whether somebody leads, and hears all: then what was told until now is on disk. */
  compare({ listed, letters, depth }: LeaseFindings, isSound: boolean): void {
    for (const { id, body } of listed) this.#meet(this.#model.find(id, body), isSound)
    for (const letter of letters) this.#bury(this.#model.find(letter.id, letter.body as number), letter)
    const there = new Set([...listed, ...letters].map(({ id }) => id))
    for (const lot of this.#model.all) if (lot.id === undefined || !there.has(lot.id)) this.#miss(lot)
    this.#inOrder(listed)
    same('depth', [depth.ready + depth.delayed + depth.leased, depth.dead], [listed.length, letters.length])
    if (isSound) this.#taken()
  }

  #meet(lot: Lot, isSound: boolean): void {
    if (lot.state !== 'waiting') throwFault(`still there: ${show(lot)}`)
    if (isSound && lot.must) throwFault(`waits, and should be ${lot.must}: ${show(lot)}`)
    if (isSound && this.#model.low(lot) >= this.#model.most) throwFault(`waits after its last attempt: ${show(lot)}`)
  }

  #bury(lot: Lot, { reason, attempts }: LeaseFindings['letters'][number]): void {
    if (lot.state === 'dead') return
    const { most } = this.#model
    const isCounted = attempts === most && this.#model.low(lot) <= most && this.#model.high(lot) >= most
    const isJust = reason === 'rejected' ? lot.refused !== 'no' : reason === 'attempts-exhausted' && isCounted
    if (lot.state === 'gone' || lot.must === 'accepted' || !isJust) throwFault(`a dead letter, ${reason} after ${attempts}: ${show(lot)}`)
    lot.state = 'dead'
  }

  /** It is neither in the queue nor a dead letter. */
  #miss(lot: Lot): void {
    const { state, id, answers, cancelled, must } = lot
    if (state === 'gone' || (state === 'asked' && id === undefined)) return void (lot.state = 'gone')
    const hasLeft = answers.size > 0 || cancelled !== 'no'
    if (state === 'dead' || must === 'dead' || !hasLeft) throwFault(`lost: ${show(lot)}`)
    lot.state = 'gone'
  }

  #inOrder(listed: LeaseFindings['listed']): void {
    const last = new Map<string, Lot>()
    for (const { id, body } of listed) {
      const lot = this.#model.find(id, body)
      const before = last.get(lot.group)
      if (before && before.place > lot.place) throwFault(`${show(before)} stands before ${show(lot)}`)
      last.set(lot.group, lot)
    }
  }

  /** What was cancelled, and could be taken from its handler, was. */
  #taken(): void {
    for (const { lot, lease, party } of this.#model.held) {
      if (lot.cancelled === 'yes' && !lease.isDoubtful && !party.isFrozen) throwFault(`cancelled, and in hand: ${show(lot)}`)
    }
  }

  /** What the receipt of a message says once nothing waits, and the handlers one of which must have given its answer; nothing where nobody was told its id. */
  toldOf(lot: Lot): { readonly status: readonly string[]; readonly answers: ReadonlySet<number> } | undefined {
    if (lot.id === undefined) return undefined
    if (lot.state === 'dead') return { status: ['dead'], answers: new Set() }
    const { answers, cancelled } = lot
    return { status: [...(answers.size > 0 ? ['accepted'] : []), ...(cancelled === 'no' ? [] : ['cancelled'])], answers }
  }
}
