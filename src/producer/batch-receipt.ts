import { isQueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { wrongOption } from '../message/option-checks.ts'
import type { Answer } from '../message/message.ts'
import { callSafely } from './call-safely.ts'
import type { Receipt } from './receipt.ts'

/** How far a batch is: what has left the queue is in one of four, and what has not in none. */
export interface BatchProgress {
  /** How many messages it has. */
  readonly total: number
  readonly accepted: number
  readonly dead: number
  readonly cancelled: number
  /** They are not in the queue any more, and what came of them is not kept. */
  readonly unknown: number
  /** From 0 to 1: what has left the queue, and of what consumers have in hand as much as they say. */
  readonly progress: number
}

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

/** What became of a message, by the code of the error that its receipt rejects with. */
const ENDINGS = {
  'dead-lettered': 'dead',
  cancelled: 'cancelled',
  'invalid-answer': 'accepted',
  'answer-unknown': 'unknown',
  'storage-cleared': 'unknown',
} as const

type Ending = 'accepted' | (typeof ENDINGS)[keyof typeof ENDINGS]

export class Batch<A> implements BatchReceipt<A> {
  readonly receipts: readonly Receipt<A>[]
  readonly #hear: (listener: (event: QueueEvent) => void) => () => void
  readonly #ends: Record<Ending, number> = { accepted: 0, dead: 0, cancelled: 0, unknown: 0 }
  /** How far consumers are with those that they have in hand. */
  readonly #parts = new Map<string, number>()
  readonly #listeners = new Set<(progress: BatchProgress) => void>()
  #delivered: Promise<readonly Answer<A>[]> | undefined
  #settled: Promise<BatchProgress> | undefined
  readonly #looked: (() => Promise<void>) | undefined
  #isKnown: boolean
  #isTelling = false

  /**
   * @param hear has a listener called with what happens in the queue.
   * @param looked of messages that were enqueued before: resolves once it was looked up what became of them, whose answers are asked for by then.
   */
  constructor(receipts: readonly Receipt<A>[], hear: (listener: (event: QueueEvent) => void) => () => void, looked?: () => Promise<void>) {
    this.receipts = receipts
    this.#hear = hear
    this.#looked = looked
    this.#isKnown = looked === undefined
  }

  get delivered(): Promise<readonly Answer<A>[]> {
    this.#delivered ??= Promise.all(this.receipts.map(({ delivered }) => delivered))
    return this.#delivered
  }

  get settled(): Promise<BatchProgress> {
    this.#settled ??= this.#watch()
    return this.#settled
  }

  subscribe(listener: (progress: BatchProgress) => void): () => void {
    if (typeof listener !== 'function') throw wrongOption('listener', 'a function', listener)
    const subscription = (progress: BatchProgress): void => listener(progress)
    this.#listeners.add(subscription)
    // Whoever asks how far it is need not ask how it ends.
    this.settled.catch(() => {})
    if (this.#isKnown) callSafely(subscription, this.#progress)
    return () => void this.#listeners.delete(subscription)
  }

  get #progress(): BatchProgress {
    const { accepted, dead, cancelled, unknown } = this.#ends
    const [total, left] = [this.receipts.length, accepted + dead + cancelled + unknown]
    const begun = [...this.#parts.values()].reduce((sum, part) => sum + part, 0)
    return { total, accepted, dead, cancelled, unknown, progress: total === 0 ? 1 : (left + begun) / total }
  }

  async #watch(): Promise<BatchProgress> {
    const waiting = new Set(this.receipts.map(({ id }) => id))
    const stop = this.#hear((event) => {
      if (event.type === 'progressed' && waiting.has(event.id)) this.#parts.set(event.id, event.progress)
      // Nobody has it in hand any more.
      else if (event.type !== 'retry-scheduled' || !this.#parts.delete(event.id)) return
      this.#tell()
    })
    const ended = this.receipts.map(async (receipt) => {
      const ending = await endingOf(receipt)
      waiting.delete(receipt.id)
      this.#parts.delete(receipt.id)
      this.#ends[ending] += 1
      this.#tell()
    })
    void this.#looked?.().then(() => {
      this.#isKnown = true
      this.#tell()
    })
    try {
      await Promise.all(ended)
    } finally {
      stop()
    }
    return this.#progress
  }

  /** Once for all that happens in one moment. */
  #tell(): void {
    if (!this.#isKnown || this.#isTelling || this.#listeners.size === 0) return
    this.#isTelling = true
    void Promise.resolve().then(() => {
      this.#isTelling = false
      for (const listener of this.#listeners) callSafely(listener, this.#progress)
    })
  }
}

async function endingOf({ delivered }: Receipt): Promise<Ending> {
  try {
    await delivered
    return 'accepted'
  } catch (error) {
    const ending = isQueueError(error) && error.code in ENDINGS && ENDINGS[error.code as keyof typeof ENDINGS]
    if (ending) return ending
    throw error
  }
}
