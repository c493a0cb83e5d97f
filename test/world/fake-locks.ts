interface Waiting {
  readonly grant: () => void
}

/** As much of the Web Locks API as hosts use, since Node 20 has none: exclusive locks, first come, first served. */
export class FakeLocks {
  readonly #queues = new Map<string, Waiting[]>()

  /** How many locks are held or waited for. */
  get size(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0)
  }

  /** This as the platform's type. */
  get manager(): LockManager {
    return this as unknown as LockManager
  }

  /** Gives a lock to who waits next, while its holder goes on as if nothing had happened: what a frozen tab does when it wakes. */
  steal(name: string): void {
    const queue = this.#queues.get(name)
    if (!queue || queue.length < 2) return
    queue.shift()
    queue[0]?.grant()
  }

  async request(name: string, options: { signal?: AbortSignal }, callback: () => Promise<unknown>): Promise<unknown> {
    const { signal } = options
    signal?.throwIfAborted()
    const queue = this.#queues.get(name) ?? []
    this.#queues.set(name, queue)
    const leave = await new Promise<() => void>((resolve, reject) => {
      let isHeld = false
      const leave = (): void => {
        const place = queue.indexOf(waiting)
        if (place < 0) return
        queue.splice(place, 1)
        if (place === 0) queue[0]?.grant()
      }
      const waiting: Waiting = {
        grant: () => {
          isHeld = true
          resolve(leave)
        },
      }
      signal?.addEventListener('abort', () => {
        if (isHeld) return
        leave()
        reject(signal.reason)
      })
      queue.push(waiting)
      if (queue[0] === waiting) waiting.grant()
    })
    try {
      return await callback()
    } finally {
      leave()
    }
  }
}
