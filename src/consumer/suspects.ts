import type { PastAttempt, PlacedMessage } from '../message/message.ts'
import type { Setup } from '../protocol/host.ts'
import type { Suspect } from '../queue/meta.ts'
import type { Books } from './books.ts'
import type { Departures } from './departures.ts'
import { MOST_REMEMBERED } from './trail.ts'
import type { Delivery } from './turns.ts'

/** How many messages are remembered that hosts may have died of. */
const MOST_SUSPECTS = 16

export interface SuspectsOptions {
  readonly books: Books
  readonly departures: Departures
  readonly setup: () => Setup
  readonly time: { now(): number }
}

/** The messages that hosts may have died of, as they are written down: while one is being sent, when that began; and how many have died of it. */
export class Suspects {
  readonly #options: SuspectsOptions

  constructor(options: SuspectsOptions) {
    this.#options = options
  }

  get all(): readonly Suspect[] {
    return this.#options.books.holds.suspects
  }

  of({ sequence }: PlacedMessage): Suspect | undefined {
    return this.all.find((suspect) => suspect.sequence === sequence)
  }

  /** A host has died of what it was sending, as was written down: with that, it will be written. */
  accuse(isOf: (suspect: Suspect) => boolean): void {
    this.#set(this.all.map((suspect) => (suspect.since !== undefined && isOf(suspect) ? accused(suspect, suspect.since) : suspect)))
  }

  /** Nobody has died of what was being sent. */
  pardon(): void {
    this.#set(this.all.map(({ since: _since, ...suspect }) => suspect))
  }

  /** Buries a message of which too many have died. Says whether that is so. */
  async bury(delivery: Delivery, patience = 0): Promise<boolean> {
    const { setup, departures } = this.#options
    const { message } = delivery
    const suspect = this.of(message)
    if (!suspect || suspect.deaths < (message.maxAttempts ?? setup().maxAttempts) + patience) return false
    const trail = suspect.times.map((at): PastAttempt => ({ at, took: 0, result: 'crashed' }))
    await departures.bury(delivery, { reason: 'attempts-exhausted', trail, maybeDelivered: true })
    return true
  }

  /** Writes down that it is being sent. */
  async note(message: PlacedMessage): Promise<void> {
    const { books, time } = this.#options
    const { sequence } = message
    const sent = { ...(this.of(message) ?? { sequence, deaths: 0, times: [] }), since: time.now() }
    this.#set([...this.all.filter((suspect) => suspect.sequence !== sequence), sent].slice(-MOST_SUSPECTS))
    await books.writeHolds()
  }

  /** It is not being sent any more, whatever came of that, and nobody died of it. What comes of it is written next, and this along with it. */
  clear({ sequence }: PlacedMessage): void {
    this.#set(
      this.all.flatMap((suspect): Suspect[] => {
        if (suspect.sequence !== sequence) return [suspect]
        const { since: _since, ...known } = suspect
        return known.deaths > 0 ? [known] : []
      }),
    )
  }

  #set(suspects: readonly Suspect[]): void {
    this.#options.books.holds.suspects = suspects
  }
}

function accused({ since: _since, ...suspect }: Suspect, at: number): Suspect {
  return { ...suspect, deaths: suspect.deaths + 1, times: [...suspect.times, at].slice(-MOST_REMEMBERED) }
}
