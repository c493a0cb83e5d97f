import type { PlacedMessage } from '../message/message.ts'
import { Suspects } from './suspects.ts'
import type { SuspectsOptions } from './suspects.ts'
import type { Delivery } from './turns.ts'

/** After so many messages in a row that the host which died had not reserved, the one that it died of has gone. */
const MOST_OTHERS = 32

/** The page's last host died. Of what, is counted once, however many terms this one serves. */
export interface DeathBefore {
  isCounted: boolean
}

export interface CautionOptions extends SuspectsOptions {
  readonly death?: DeathBefore | undefined
}

/**
 * Finds the message that hosts die of, if it is a message. The host that takes the place of one that died sends one message at a time, and writes down beforehand which, as long as
 * they are those that may have been under way: should it die as well, the next one knows of what, and counts that against the message.
 */
export class Caution {
  readonly waiting = 0
  readonly #death: DeathBefore | undefined
  readonly #suspects: Suspects
  #others = 0

  constructor(options: CautionOptions) {
    const { death } = options
    this.#death = death
    this.#suspects = new Suspects(options)
    if (!death) this.#others = MOST_OTHERS
    if (death?.isCounted === false) this.#suspects.accuse(() => true)
    else this.#suspects.pardon()
  }

  /** Whether messages go one at a time. */
  get isOn(): boolean {
    return this.#others < MOST_OTHERS
  }

  /** Whether a message may go. If not, too many hosts have died of it, and it is a dead letter. */
  async admits(delivery: Delivery): Promise<boolean> {
    if (!this.isOn) return true
    const { isFrozen, message } = delivery
    const isSuspect = this.#suspects.of(message) !== undefined
    this.#others = isFrozen || isSuspect ? 0 : this.#others + 1
    if (!isFrozen && !isSuspect) return true
    if (await this.#suspects.bury(delivery)) return false
    await this.#suspects.note(message)
    if (this.#death) this.#death.isCounted = true
    return true
  }

  /** It is not being sent any more. */
  survived(message: PlacedMessage): void {
    this.#suspects.clear(message)
  }
}
