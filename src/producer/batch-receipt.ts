import { wrongOption } from '../message/checks.ts'
import type { Answer } from '../message/message.ts'
import { callSafely } from './call-safely.ts'
import type { Receipt } from './receipt.ts'
import { Tally } from './tally.ts'
import type { BatchProgress, Hear } from './tally.ts'

/** What `enqueueAll` gives: its messages are stored, and what comes of them all can be waited for. */
export interface BatchReceipt<A = unknown> {
  /** One for each message, in the order of their bodies. */
  readonly receipts: readonly Receipt<A>[]
  /** All answers, in that order, when all were accepted. Rejects as soon as one message was not, as its receipt does. Made when first read. */
  readonly delivered: Promise<readonly Answer<A>[]>
  /** How it ended, when nothing of it is in the queue any more. Rejects only where that cannot be heard: `closed`, `destroyed`, `host-lost`, `storage-failed`. Made when first read. */
  readonly settled: Promise<BatchProgress>
  /**
   * Calls back with how far it is, as soon as that is known (at once, after `enqueueAll`), and whenever it changes.
   *
   * @returns what ends it.
   * @example
   * ```ts
   * const stop = batch.subscribe(({ progress }) => (bar.value = progress))
   * ```
   */
  subscribe(listener: (progress: BatchProgress) => void): () => void
}

export class Batch<A> implements BatchReceipt<A> {
  readonly receipts: readonly Receipt<A>[]
  readonly #hear: Hear
  readonly #looked: (() => Promise<void>) | undefined
  readonly #listeners = new Set<(progress: BatchProgress) => void>()
  #delivered: Promise<readonly Answer<A>[]> | undefined
  #settled: Promise<BatchProgress> | undefined
  #made: Tally | undefined
  #isTelling = false

  /**
   * @param hear has a listener called with what happens in the queue.
   * @param looked of messages that were enqueued before: resolves once it was looked up what became of them, whose answers are asked for by then.
   */
  constructor(receipts: readonly Receipt<A>[], hear: Hear, looked?: () => Promise<void>) {
    this.receipts = receipts
    this.#hear = hear
    this.#looked = looked
  }

  get delivered(): Promise<readonly Answer<A>[]> {
    this.#delivered ??= Promise.all(this.receipts.map(({ delivered }) => delivered))
    return this.#delivered
  }

  get settled(): Promise<BatchProgress> {
    this.#settled ??= this.#tally.ended.then(() => this.#tally.progress)
    return this.#settled
  }

  subscribe(listener: (progress: BatchProgress) => void): () => void {
    if (typeof listener !== 'function') throw wrongOption('listener', 'a function', listener)
    const subscription = (progress: BatchProgress): void => listener(progress)
    this.#listeners.add(subscription)
    this.#tally.listen(this.#hear, () => this.#tell())
    if (this.#tally.isKnown) callSafely(subscription, this.#tally.progress)
    return () => {
      this.#listeners.delete(subscription)
      if (this.#listeners.size === 0) this.#tally.rest()
    }
  }

  get #tally(): Tally {
    this.#made ??= new Tally(this.receipts, this.#looked)
    return this.#made
  }

  /** Once for all that happens in one moment. */
  #tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    void Promise.resolve().then(() => {
      this.#isTelling = false
      for (const listener of this.#listeners) callSafely(listener, this.#tally.progress)
    })
  }
}
