import { afterEach, beforeEach, expect, test } from 'vitest'
import { World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** A Cache Storage that has no space at first, and then takes its time. */
class FullCaches {
  isFull = true
  #put: (() => void) | undefined

  get storage(): CacheStorage {
    return { open: async () => ({ match: async () => undefined, put: () => this.#putIn() }) } as unknown as CacheStorage
  }

  get isAsked(): boolean {
    return this.#put !== undefined
  }

  take(): void {
    this.#put?.()
  }

  async #putIn(): Promise<void> {
    if (this.isFull) throw new DOMException('No space', 'QuotaExceededError')
    await new Promise<void>((resolve) => (this.#put = resolve))
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a batch that waits for the reserve is overtaken by none: one that comes %i steps after that is kept, likewise',
  async (steps) => {
    const caches = new FullCaches()
    const tab = world.openTab({ caches: caches.storage })
    const orders = tab.open()
    await orders.pause()
    const enqueue = (number: number): Promise<unknown> =>
      tab.host.enqueue(world.name, { producer: 'p', number, messages: [{ id: `${number}`, body: '1' }] })
    await enqueue(0)
    await turn()
    caches.isFull = false
    const first = enqueue(1)
    while (!caches.isAsked) await turn()
    caches.take()
    for (let step = 0; step < steps; step++) await Promise.resolve()
    const results = await Promise.all([first, enqueue(2)])
    expect(results).toMatchObject([{ ok: true }, { ok: true }])
    expect(await orders.depth()).toMatchObject({ ready: 3 })
  },
)
