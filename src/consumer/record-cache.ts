import type { ParkedRecord } from '../queue/schema.ts'

/** How many records of groups are kept in memory, of about 56 kB each. */
const MOST = 16

/** The first records of the groups that were served last. */
export class RecordCache {
  readonly #records = new Map<string, ParkedRecord>()

  get(group: string): ParkedRecord | undefined {
    return this.#records.get(group)
  }

  remember(record: ParkedRecord): void {
    this.#records.delete(record.group)
    this.#records.set(record.group, record)
    const [oldest] = this.#records.keys()
    if (this.#records.size > MOST && oldest !== undefined) this.#records.delete(oldest)
  }

  forget(group: string): void {
    this.#records.delete(group)
  }
}
