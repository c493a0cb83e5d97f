import type { Audited } from './audit.ts'

/** What a test knows of the messages of a queue, whatever the queue itself says. */
export class Ledger {
  /** What went wrong beside the transactions. */
  readonly faults: string[] = []
  readonly #groups = new Map<string, string>()
  readonly #stored = new Set<string>()
  readonly #settled = new Set<string>()
  readonly #purged = new Set<string>()
  /** To whom each number was given. */
  readonly #numbers = new Map<number, string>()
  #before: Audited | undefined

  get deadIds(): string[] {
    return this.#before?.dead.map(({ id }) => id) ?? []
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#before !== undefined && this.#before.ahead.length + this.#before.behind.length === 0
  }

  groupOf(id: string): string {
    return this.#groups.get(id) ?? ''
  }

  /** A message is about to be stored. */
  mint(id: string, group: string): void {
    this.#groups.set(id, group)
  }

  /** Whoever enqueued them was told that they are stored. */
  store(ids: readonly string[]): void {
    for (const id of ids) this.#stored.add(id)
  }

  /** It was told that the server has it. */
  settle(id: string): void {
    this.#settled.add(id)
  }

  /** Compares all that is there with what has happened, and with what was there before. */
  compare(found: Audited, { accepted, mayPurge }: { accepted: ReadonlySet<string>; mayPurge: boolean }): void {
    const waiting = [...found.ahead, ...found.behind]
    const present = new Set([...waiting, ...found.dead].map(({ id }) => id))
    if (mayPurge) for (const id of this.deadIds) if (!present.has(id)) this.#purged.add(id)
    for (const { id, sequence } of [...waiting, ...found.dead]) {
      if ((this.#numbers.get(sequence) ?? id) !== id) throw new Error(`${sequence} is ${id}, and was ${this.#numbers.get(sequence)}`)
      this.#numbers.set(sequence, id)
      if (!this.#groups.has(id)) throw new Error(`Nobody enqueued ${id}`)
    }
    for (const { id } of waiting) if (this.#settled.has(id)) throw new Error(`${id} was settled, and waits again`)
    for (const id of this.#stored) {
      if (!present.has(id) && !accepted.has(id) && !this.#purged.has(id)) throw new Error(`${id} is lost`)
    }
    this.#onlyRises(found)
    this.#before = found
  }

  /** At the end: everything that was stored took effect, or is a dead letter, or was one. */
  close(accepted: ReadonlySet<string>): void {
    const dead = new Set(this.deadIds)
    const lost = [...this.#groups.keys()].filter((id) => !accepted.has(id) && !dead.has(id) && !this.#purged.has(id))
    if (lost.length > 0) throw new Error(`${lost.join(', ')} did not arrive`)
    const untold = [...this.#groups.keys()].filter((id) => !this.#stored.has(id))
    if (untold.length > 0) throw new Error(`Nobody was told that ${untold.join(', ')} were stored`)
  }

  #onlyRises({ head, tail }: Audited): void {
    if (!this.#before) return
    const counters = ({ head, tail }: Pick<Audited, 'head' | 'tail'>): Record<string, number> => ({
      epoch: head.epoch,
      position: head.position,
      record: head.record,
      turn: head.turn,
      bytesOut: head.bytes,
      deadIn: head.deadIn,
      next: tail.next,
      bytesIn: tail.bytes,
      deadOut: tail.deadOut,
    })
    const before = counters(this.#before)
    for (const [name, value] of Object.entries(counters({ head, tail }))) {
      if (value < before[name]!) throw new Error(`${name} fell from ${before[name]} to ${value}`)
    }
  }
}
