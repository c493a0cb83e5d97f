import type { Channel } from '../../src/host/platform.ts'

type Listener = (event: MessageEvent) => void

/** Channels between the tabs of one test: delivered in order, a microtask later, as clones. */
export class FakeChannels {
  readonly #open = new Map<string, Set<FakeChannel>>()

  get size(): number {
    return [...this.#open.values()].reduce((sum, channels) => sum + channels.size, 0)
  }

  /** Whether words get lost: as when a tab dies before it could say one. */
  isDeaf = false

  readonly open = (name: string): Channel => {
    const peers = this.#open.get(name) ?? new Set()
    this.#open.set(name, peers)
    return new FakeChannel(peers, () => this.isDeaf)
  }
}

class FakeChannel implements Channel {
  readonly #peers: Set<FakeChannel>
  readonly #listeners: Listener[] = []

  readonly #isDeaf: () => boolean

  constructor(peers: Set<FakeChannel>, isDeaf: () => boolean) {
    this.#peers = peers
    this.#isDeaf = isDeaf
    peers.add(this)
  }

  postMessage(message: unknown): void {
    if (this.#isDeaf()) return
    const data: unknown = structuredClone(message)
    for (const peer of this.#peers) if (peer !== this) queueMicrotask(() => peer.#hear(data))
  }

  addEventListener(_: 'message', listener: Listener): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#peers.delete(this)
    this.#listeners.length = 0
  }

  #hear(data: unknown): void {
    for (const listener of this.#listeners) listener({ data } as MessageEvent)
  }
}
