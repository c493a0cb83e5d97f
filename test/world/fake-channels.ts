import type { Channel } from '../../src/protocol/channel.ts'

type Listener = (event: MessageEvent) => void

/** Channels between the tabs of one test: delivered in order, a microtask later, as clones. */
export class FakeChannels {
  readonly #open = new Map<string, Set<FakeChannel>>()

  get size(): number {
    return [...this.#open.values()].reduce((sum, channels) => sum + channels.size, 0)
  }

  /** Whether words get lost: as when a tab dies before it could say one. */
  isDeaf = false

  /** Hears of each word as it is said, and on which channel. */
  overhear: (name: string, word: unknown) => void = () => {}

  /** Those that are on their way, where words take their time; and of which channels. */
  #late: { readonly words: (() => void)[]; readonly isOf: (name: string) => boolean } | undefined

  readonly open = (name: string): Channel => {
    const peers = this.#open.get(name) ?? new Set()
    this.#open.set(name, peers)
    return new FakeChannel(peers, (word, deliver) => {
      this.overhear(name, word)
      this.#carry(name, deliver)
    })
  }

  /** From now on words, or those of some channels, are on their way, until what this gives is called: then all arrive at once. */
  hold(isOf: (name: string) => boolean = () => true): () => void {
    const words: (() => void)[] = []
    this.#late = { words, isOf }
    return () => {
      this.#late = undefined
      for (const deliver of words) deliver()
    }
  }

  #carry(name: string, deliver: () => void): void {
    if (this.isDeaf) return
    if (this.#late?.isOf(name)) this.#late.words.push(deliver)
    else deliver()
  }
}

class FakeChannel implements Channel {
  readonly #peers: Set<FakeChannel>
  readonly #listeners: Listener[] = []
  readonly #carry: (word: unknown, deliver: () => void) => void

  constructor(peers: Set<FakeChannel>, carry: (word: unknown, deliver: () => void) => void) {
    this.#peers = peers
    this.#carry = carry
    peers.add(this)
  }

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message)
    this.#carry(data, () => {
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
