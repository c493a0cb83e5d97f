import type { Behind } from './behind.ts'
import { sizeInBatch } from './company.ts'
import type { Room } from './company.ts'
import type { Reservations } from './reservations.ts'
import type { Told } from './told.ts'
import { behindOf } from './turns.ts'
import type { Delivery, Turns } from './turns.ts'

/**
 * What goes in one request. The first message is under way as any is; the others go along with it, of its group and of groups of which nothing is under way, and each has its turn after that, in its order, with the answer that it
 * has already. So what comes of a message, and of what is behind it, is the same as if each had gone alone.
 */
export class Together {
  readonly #turns: Turns
  readonly #reservations: Reservations
  readonly #behind: Behind

  constructor(turns: Turns, reservations: Reservations, behind: Behind) {
    this.#turns = turns
    this.#reservations = reservations
    this.#behind = behind
  }

  /** Sees to it that the next transaction reserves what could go along with a message. @returns whether there is more of that than is reserved. */
  reserveMore(delivery: Delivery, room: Room | undefined): boolean {
    if (!room || !mayHaveCompany(this.#reservations.asItIs(delivery), room)) return false
    if (!delivery.parked) return this.#reservations.isShortOf(this.#turns.reach(room.messages))
    const { row } = delivery.parked
    const behind = behindOf(delivery.parked).slice(0, room.messages - 1)
    if (behind.every((message) => this.#behind.isReserved(message))) return false
    this.#behind.company.want(behind.map((message) => ({ row, message })))
    return true
  }

  /** A message that begins, with what goes along. */
  takeAlong(begun: Delivery, room: Room | undefined): Delivery {
    if (!room || !mayHaveCompany(begun, room)) return begun
    return this.#turns.takeAlong(begun, room, (other) => this.#reservations.alongAsItIs(other))
  }

  /** These go out in one request. */
  send(deliveries: readonly Delivery[]): void {
    this.#reservations.send(deliveries)
  }

  /** It is known what came of these, and, of those that have their turn only later, what was said. */
  answered(known: ReadonlyMap<Delivery, Told | undefined>): void {
    for (const [delivery, told] of known) this.#reservations.answered(delivery, told)
  }

  /** What went along with a message has its own turn from now on. */
  part(delivery: Delivery): void {
    this.#turns.part(delivery)
  }
}

/** Whatever failed goes by itself, and so does what is not to go at all, and what no batch has room for: that waits for no company to be reserved. */
function mayHaveCompany({ held, told, isCancelled, message }: Delivery, { bytes }: Room): boolean {
  return !held && !told && !isCancelled && sizeInBatch(message) <= bytes
}
