import type { KeepDeadLetters } from '../message/options.ts'
import type { Connection } from '../queue/connection.ts'
import { deadLetters } from '../queue/dead-letters.ts'
import { counts } from '../queue/depth.ts'

export interface RetentionOptions {
  readonly connection: Connection
  /** As the options are now. */
  readonly keep: () => KeepDeadLetters | undefined
  /** The device's time. */
  readonly now: () => number
  readonly purge: (ids: readonly string[]) => Promise<number>
}

/** Purges the dead letters that are kept no longer: as this begins to lead, and whenever a message dies. One look at a time, at a bounded number of them. */
export class Retention {
  readonly #options: RetentionOptions
  #isLooking = false
  #mustLookAgain = false

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  look(): void {
    this.#mustLookAgain = true
    if (!this.#isLooking) void this.#look()
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    try {
      while (this.#mustLookAgain) {
        this.#mustLookAgain = false
        const gone = await this.#outdated()
        if (gone.length > 0) this.#mustLookAgain ||= (await this.#options.purge(gone)) > 0
      }
    } catch {
      // The storage is away, or the queue was closed: whoever looks next finds them.
    } finally {
      this.#isLooking = false
    }
  }

  /** Of the first ones. One that halts its group is for the user to decide. */
  async #outdated(): Promise<string[]> {
    const { connection, keep, now } = this.#options
    const kept = keep()
    if (!kept) return []
    const { age = Infinity, number = Infinity } = kept
    const [{ dead }, { items }] = await Promise.all([counts(connection), deadLetters(connection, 0)])
    const isOver = ({ deadAt }: { readonly deadAt: number }, place: number): boolean => place < dead - number || deadAt <= now() - age
    return items.filter((letter, place) => letter.halts !== true && isOver(letter, place)).map(({ id }) => id)
  }
}
