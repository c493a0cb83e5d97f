import type { PastAttempt, PlacedMessage } from '../message/message.ts'
import type { Setup } from '../protocol/host.ts'
import type { Suspect } from '../queue/meta.ts'
import type { Books } from './books.ts'
import type { Departures } from './departures.ts'
import { MOST_REMEMBERED } from './trail.ts'
import type { Delivery } from './turns.ts'

/** After so many messages in a row that the host which died had not reserved, the one that it died of has gone. */
const MOST_OTHERS = 32

/** How many messages are remembered that hosts may have died of. */
const MOST_SUSPECTS = 16

/** The page's last host died. Of what, is counted once, however many terms this one serves. */
export interface DeathBefore {
  isCounted: boolean
}

export interface CautionOptions {
  readonly books: Books
  readonly departures: Departures
  readonly setup: () => Setup
  readonly time: { now(): number }
  readonly death?: DeathBefore | undefined
}

/**
 * Finds the message that hosts die of, if it is a message. The host that takes the place of one that died sends one message at a time, and writes down beforehand which, as long as
 * they are those that may have been under way: should it die as well, the next one knows of what, and counts that against the message.
 */
export class Caution {
  readonly #options: CautionOptions
  #others = 0

  constructor(options: CautionOptions) {
    this.#options = options
    const { death, books } = options
    if (!death) this.#others = MOST_OTHERS
    const isDeath = death?.isCounted === false
    books.holds.suspects = books.holds.suspects.map(({ since, ...suspect }) =>
      since === undefined || !isDeath
        ? suspect
        : { ...suspect, deaths: suspect.deaths + 1, times: [...suspect.times, since].slice(-MOST_REMEMBERED) },
    )
  }

  /** Whether messages go one at a time. */
  get isOn(): boolean {
    return this.#others < MOST_OTHERS
  }

  /** Whether a message may go. If not, too many hosts have died of it, and it is a dead letter. */
  async admits(delivery: Delivery): Promise<boolean> {
    if (!this.isOn) return true
    const { setup, departures } = this.#options
    const { isFrozen, message } = delivery
    const suspect = this.#options.books.holds.suspects.find(({ sequence }) => sequence === message.sequence)
    this.#others = isFrozen || suspect ? 0 : this.#others + 1
    if (!isFrozen && !suspect) return true
    if (suspect && suspect.deaths >= (message.maxAttempts ?? setup().maxAttempts)) {
      const trail = suspect.times.map((at): PastAttempt => ({ at, took: 0, result: 'crashed' }))
      await departures.bury(delivery, { reason: 'attempts-exhausted', trail, maybeDelivered: true })
      return false
    }
    await this.#note({ ...(suspect ?? { sequence: message.sequence, deaths: 0, times: [] }), since: this.#options.time.now() })
    return true
  }

  /** It is not being sent any more, whatever came of that, and nobody died of it. What comes of it is written next, and this along with it. */
  survived({ sequence }: PlacedMessage): void {
    const { holds } = this.#options.books
    holds.suspects = holds.suspects.flatMap((suspect): Suspect[] => {
      if (suspect.sequence !== sequence) return [suspect]
      const { since: _since, ...known } = suspect
      return known.deaths > 0 ? [known] : []
    })
  }

  /** Writes down that it is being sent. */
  async #note(sent: Suspect): Promise<void> {
    const { books, death } = this.#options
    const others = books.holds.suspects.filter(({ sequence }) => sequence !== sent.sequence)
    books.holds.suspects = [...others, sent].slice(-MOST_SUSPECTS)
    await books.writeHolds()
    if (death) death.isCounted = true
  }
}
