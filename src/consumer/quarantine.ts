import type { PlacedMessage } from '../message/message.ts'
import { Caution } from './caution.ts'
import type { CautionOptions } from './caution.ts'
import { Suspects } from './suspects.ts'
import type { SuspectsOptions } from './suspects.ts'
import type { Transport } from './transport.ts'
import type { Delivery } from './turns.ts'

/** How many more tabs may end with a message in hand than it has attempts: most of them a person has closed, which looks the same. */
const PATIENCE = 5

export interface QuarantineOptions extends SuspectsOptions {
  /** Whether a consumer that lives has the message in hand, or has done it, from a leader before. */
  readonly isInHand: (message: PlacedMessage, signal: AbortSignal) => Promise<boolean>
}

/** What finds the message that tabs die of, where consumers have it in hand, and otherwise the one that hosts do. */
export function cautionOf(options: CautionOptions & { readonly transport: Transport }): Caution | Quarantine {
  const { isInHand } = options.transport
  return isInHand ? new Quarantine({ ...options, isInHand }) : new Caution(options)
}

/**
 * Finds the message that tabs die of, each with the consumer that has it in hand and with who drains, so that nobody is left to count that. What a leader that is gone may have handed out, and nobody has,
 * goes one at a time, and that is written down beforehand: should the next leader find it so again, that counts against the message. All others go as ever.
 */
export class Quarantine {
  /** It holds up nobody else. */
  readonly isOn = false
  /** How many wait for their turn, and take up no place meanwhile. */
  waiting = 0
  readonly #options: QuarantineOptions
  readonly #suspects: Suspects
  /** The one that is being handled, and what ends its turn. */
  readonly #turns = new Map<number, () => void>()
  /** The first message of each group, of those that a leader before had reserved. */
  readonly #first = new Map<string, number>()
  #last: Promise<void> = Promise.resolve()

  constructor(options: QuarantineOptions) {
    this.#options = options
    this.#suspects = new Suspects(options)
  }

  /** Whether a message may go. If not, too many tabs have died of it, and it is a dead letter. */
  async admits(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
    const { message } = delivery
    if (!this.#mayHaveBeenInHand(delivery)) return true
    this.waiting += 1
    const isInHand = await this.#options.isInHand(message, signal)
    if (!isInHand) await this.#turn(message)
    this.waiting -= 1
    if (isInHand || signal.aborted) return true
    this.#suspects.accuse(({ sequence }) => sequence === message.sequence)
    if (await this.#suspects.bury(delivery, PATIENCE)) return false
    await this.#suspects.note(message)
    return true
  }

  /** Only the first of its group: what stood behind that was reserved, and not handed out. */
  #mayHaveBeenInHand({ message: { sequence }, group, isFrozen }: Delivery): boolean {
    if (isFrozen !== true) return false
    const first = this.#first.get(group) ?? sequence
    this.#first.set(group, first)
    return first === sequence
  }

  /** It is in nobody's hands any more, whatever came of that. */
  survived(message: PlacedMessage): void {
    this.#suspects.clear(message)
    this.#turns.get(message.sequence)?.()
  }

  /** Waits until the one before is in nobody's hands. */
  async #turn({ sequence }: PlacedMessage): Promise<void> {
    const before = this.#last
    this.#last = new Promise((resolve) =>
      this.#turns.set(sequence, () => {
        this.#turns.delete(sequence)
        resolve()
      }),
    )
    await before
  }
}
