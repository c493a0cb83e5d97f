import type { Held } from '../message/message.ts'
import type { Behind } from './behind.ts'
import type { Holds } from './holds.ts'
import type { Lookahead } from './lookahead.ts'
import type { Reservations } from './reservations.ts'
import type { Sorter } from './sorter.ts'
import type { Delivery, Turns } from './turns.ts'

export interface PlacesOptions {
  readonly holds: Holds
  readonly lookahead: Lookahead
  readonly behind: Behind
  readonly sorter: Sorter
  readonly turns: Turns
  readonly reservations: Reservations
}

/** Where messages stand: one that is under way goes, or waits in its place, and its group with it. */
export class Places {
  readonly #options: PlacesOptions

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /** The head, or the group's, moves on. */
  pass(delivery: Delivery): void {
    const { holds, lookahead, behind } = this.#options
    this.#end(delivery)
    holds.held = undefined
    if (delivery.parked) behind.pass(delivery.parked)
    else lookahead.remove(new Set([delivery.message.sequence]))
  }

  /** The head, or the group's, waits. Says whether everything does: the queue is one group. */
  wait(delivery: Delivery, held: Held): boolean {
    const { holds, behind, sorter } = this.#options
    const isEverything = !delivery.parked && sorter.order === 'queue'
    this.#end(delivery)
    if (delivery.parked) behind.hold(delivery.group, delivery.message.sequence, held)
    else if (!isEverything) sorter.parkFrom(delivery.group, delivery.message.sequence, held)
    else holds.held = held
    return isEverything
  }

  /** It stays where it is. */
  giveBack(delivery: Delivery): void {
    this.#options.reservations.giveBack(delivery)
    this.#options.turns.giveBack(delivery)
    this.#options.behind.giveBack()
  }

  #end(delivery: Delivery): void {
    this.#options.turns.end(delivery)
    this.#options.reservations.forget(delivery.message)
  }
}
