import type { Room } from './company.ts'

/**
 * How many messages go in one request. Where one fails as a whole, any of its messages may be to blame: it goes again with half of them, down to one, of which the answer is then said. After each that
 * succeeds there may be twice as many again, but for what was too large for the server.
 */
export class BatchSize {
  #most = Infinity
  #ceiling = Infinity

  room({ messages, bytes }: Room): Room {
    return { messages: Math.min(messages, this.#most, this.#ceiling), bytes }
  }

  /** A request of so many has failed. */
  halve(messages: number, isTooLarge: boolean): void {
    this.#most = Math.max(1, Math.floor(messages / 2))
    if (isTooLarge) this.#ceiling = this.#most
  }

  /** One has come through. */
  grow(messages: number): void {
    if (messages >= this.#most) this.#most *= 2
  }
}
