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

  /** Those that are on their way, where words take their time. */
  #late: (() => void)[] | undefined

  readonly open = (name: string): Channel => {
    const peers = this.#open.get(name) ?? new Set()
    this.#open.set(name, peers)
    return new FakeChannel(peers, (deliver) => this.#carry(deliver))
  }

  /** From now on words are on their way, until what this gives is called: then all arrive at once. */
  hold(): () => void {
    const late: (() => void)[] = (this.#late = [])
    return () => {
      this.#late = undefined
      for (const deliver of late) deliver()
    }
  }

  #carry(deliver: () => void): void {
    if (this.isDeaf) return
    if (this.#late) this.#late.push(deliver)
    else deliver()
  }
}

class FakeChannel implements Channel {
  readonly #peers: Set<FakeChannel>
  readonly #listeners: Listener[] = []
  readonly #carry: (deliver: () => void) => void

  constructor(peers: Set<FakeChannel>, carry: (deliver: () => void) => void) {
    this.#peers = peers
    this.#carry = carry
    peers.add(this)
  }

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message)
    this.#carry(() => {
      for (const peer of this.#peers) if (peer !== this) queueMicrotask(() => peer.#hear(data))
    })
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
