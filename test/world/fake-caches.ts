/** The Cache Storage of one origin, shared by its tabs. It holds what is put there as long as there is room. */
export class FakeCaches {
  /** How many bytes may be put there; beyond them a `put` fails as it does when the quota is used up. */
  room: number = Infinity
  /** Fails whatever is asked, in a browser that has lost its storage. */
  isBroken = false
  /** How often something was put there, or could not be. */
  puts = 0
  /** How many questions are held. */
  held = 0
  readonly #caches = new Map<string, Map<string, number>>()
  #hold: Promise<void> | undefined

  /** As much as is used. */
  get storage(): CacheStorage {
    return { open: (name: string) => this.#open(name) } as unknown as CacheStorage
  }

  /** Bytes that are held. */
  get size(): number {
    return [...this.#caches.values()].flatMap((entries) => [...entries.values()]).reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Deletes everything, as an app does that clears away caches of earlier versions. */
  clear(): void {
    this.#caches.clear()
  }

  /** Answers nothing, until what is returned is called. */
  hold(): () => void {
    let release!: () => void
    this.#hold = new Promise((resolve) => (release = resolve))
    return release
  }

  async #open(name: string): Promise<Cache> {
    await this.#answer()
    // One that was deleted goes on for whoever has it open, and is found by nobody else.
    const entries = this.#caches.get(name) ?? new Map<string, number>()
    this.#caches.set(name, entries)
    const cache: Pick<Cache, 'match' | 'put' | 'delete'> = {
      match: async (key) => {
        await this.#answer()
        return entries.has(new Request(key).url) ? new Response() : undefined
      },
      put: async (key, response) => {
        const { byteLength } = await response.arrayBuffer()
        await this.#answer()
        this.puts += 1
        if (this.size + byteLength > this.room) throw new DOMException('Quota exceeded.', 'QuotaExceededError')
        entries.set(new Request(key).url, byteLength)
      },
      delete: async (key) => {
        await this.#answer()
        return entries.delete(new Request(key).url)
      },
    }
    return cache as Cache
  }

  /** A task later, as an engine does. */
  async #answer(): Promise<void> {
    this.held += 1
    await this.#hold
    this.held -= 1
    await new Promise((resolve) => setImmediate(resolve))
    if (this.isBroken) throw new DOMException('Unexpected internal error.', 'UnknownError')
  }
}
