/**
 * One write at a time; what arrives while it is under way shares the next. The busier, the more share a transaction, which is the
 * largest saving that IndexedDB offers (8 to 20 times), and a lone entry waits for nobody.
 */
export class GroupCommit<Entry, Written> {
  readonly #write: (entries: Entry[]) => Promise<Written>
  readonly #most: number
  #waiting: Waiting<Entry, Written>[] = []
  #writing = false

  /** @param most how many entries may share one write. */
  constructor(write: (entries: Entry[]) => Promise<Written>, most: number = Infinity) {
    this.#write = write
    this.#most = most
  }

  /** Resolves or rejects with the write that the entry was part of. */
  add(entry: Entry): Promise<Written> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      if (!this.#writing) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#most)
      try {
        const written = await this.#write(group.map(({ entry }) => entry))
        for (const { resolve } of group) resolve(written)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#writing = false
  }
}

interface Waiting<Entry, Written> {
  readonly entry: Entry
  readonly resolve: (written: Written) => void
  readonly reject: (error: unknown) => void
}
