import type { Room } from './company.ts'
import type { Reservations } from './reservations.ts'
import type { Told } from './told.ts'
import type { Delivery, Turns } from './turns.ts'

/**
 * What goes in one request. The first message is under way as any is; the others go along with it, of its group and of groups of which nothing is under way, and each has its turn after that, in its order, with the answer that it
 * has already. So what comes of a message, and of what is behind it, is the same as if each had gone alone.
 */
export class Together {
  readonly #turns: Turns
  readonly #reservations: Reservations

  constructor(turns: Turns, reservations: Reservations) {
    this.#turns = turns
    this.#reservations = reservations
  }

  /** Whether more of what could go along with a message is to be reserved first. */
  isShort(delivery: Delivery, room: Room | undefined): boolean {
    if (!room) return false
    return mayHaveCompany(this.#reservations.asItIs(delivery)) && this.#reservations.isShortOf(this.#turns.reach(room.messages))
  }

  /** A message that begins, with what goes along. */
  takeAlong(begun: Delivery, room: Room | undefined): Delivery {
    if (!room || !mayHaveCompany(begun)) return begun
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

/** Whatever failed goes by itself, and so does what is not to go at all. */
function mayHaveCompany({ held, told, isCancelled, message }: Delivery): boolean {
  return !held && !told && !isCancelled && !message.request
}
