import type { Queue } from 'holdfast'

const KEPT_AS = 'paused-once'

/** Remembers whom a person has paused: a customer of whom nothing waits must still be found, to be resumed. */
export class PausedOnce {
  #groups: ReadonlySet<string>

  constructor(queue: Queue<unknown>) {
    const kept = localStorage.getItem(KEPT_AS)
    this.#groups = new Set(kept ? (JSON.parse(kept) as string[]) : [])
    queue.subscribe((event) => {
      if (event.type === 'paused' && event.group !== undefined) this.#keep([...this.#groups, event.group])
    })
  }

  get groups(): ReadonlySet<string> {
    return this.#groups
  }

  /** These have gone on meanwhile, and need not be asked for again. */
  forget(resumed: ReadonlySet<string>): void {
    if (resumed.size > 0) this.#keep([...this.#groups].filter((group) => !resumed.has(group)))
  }

  #keep(groups: readonly string[]): void {
    this.#groups = new Set(groups)
    localStorage.setItem(KEPT_AS, JSON.stringify([...this.#groups]))
  }
}
