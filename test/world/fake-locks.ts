interface FakeLockOptions {
  readonly signal?: AbortSignal
  readonly steal?: boolean
  readonly mode?: LockMode
  readonly ifAvailable?: boolean
}

interface Waiting {
  readonly isShared: boolean
  isHeld: boolean
  readonly grant: () => void
  /** Tells who holds it that it was stolen. */
  readonly break: () => void
}

/** As much of the Web Locks API as hosts use, since Node 20 has none: first come, first served, unless they are stolen. */
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
    grantNext(queue)
  }

  async query(): Promise<LockManagerSnapshot> {
    return { held: [...this.#queues].filter(([, queue]) => queue.length > 0).map(([name]) => ({ name, mode: 'exclusive' })) }
  }

  async request(
    name: string,
    options: FakeLockOptions,
    callback: (lock: { readonly name: string } | null) => Promise<unknown>,
  ): Promise<unknown> {
    const { signal, steal, mode, ifAvailable } = options
    signal?.throwIfAborted()
    if (ifAvailable && (this.#queues.get(name)?.length ?? 0) > 0) return callback(null)
    const queue = this.#queues.get(name) ?? []
    this.#queues.set(name, queue)
    let stolen!: (error: DOMException) => void
    const broken = new Promise<never>((_, reject) => (stolen = reject))
    const leave = await new Promise<() => void>((resolve, reject) => {
      const leave = (): void => {
        const place = queue.indexOf(waiting)
        if (place < 0) return
        queue.splice(place, 1)
        grantNext(queue)
      }
      const waiting: Waiting = {
        isShared: mode === 'shared',
        isHeld: false,
        grant: () => {
          forget()
          resolve(leave)
        },
        break: () => stolen(new DOMException('The lock was stolen', 'AbortError')),
      }
      // Node keeps a signal that was made of others for as long as somebody listens to it.
      const forget = (): void => signal?.removeEventListener('abort', abort)
      const abort = (): void => {
        forget()
        leave()
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', abort)
      if (steal) queue.splice(0, 1, waiting)[0]?.break()
      else queue.push(waiting)
      grantNext(queue)
    })
    try {
      // The code of one that is stolen runs on.
      return await Promise.race([callback({ name }), broken])
    } finally {
      leave()
    }
  }
}

/** To who is first, and where that one shares it, to those behind that do so as well. */
function grantNext(queue: readonly Waiting[]): void {
  for (const waiting of queue) {
    if (waiting !== queue[0] && !(waiting.isShared && queue[0]?.isShared)) return
    if (waiting.isHeld) continue
    waiting.isHeld = true
    waiting.grant()
  }
}
