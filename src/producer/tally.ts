import { isQueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
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

/** Has a listener called with what happens in the queue; returns what ends that. */
export type Hear = (listener: (event: QueueEvent) => void) => () => void

/** What became of a message, by the code of the error that its receipt rejects with. */
const ENDINGS = {
  'dead-lettered': 'dead',
  cancelled: 'cancelled',
  'invalid-answer': 'accepted',
  'answer-unknown': 'unknown',
  'storage-cleared': 'unknown',
} as const

type Ending = 'accepted' | (typeof ENDINGS)[keyof typeof ENDINGS]

/** Counts what became of a batch. The answers that it waits for hold it, but not the batch, unless somebody is told of that. */
export class Tally {
  /** Resolves when nothing of the batch is in the queue any more. */
  readonly ended: Promise<unknown>
  readonly #ends: Record<Ending, number> = { accepted: 0, dead: 0, cancelled: 0, unknown: 0 }
  /** How far consumers are with those that they have in hand, as far as it was listened to that. */
  readonly #parts = new Map<string, number>()
  readonly #waiting: Set<string>
  readonly #total: number
  #isKnown: boolean
  #isOver = false
  #changed = (): void => {}
  #stop: (() => void) | undefined

  constructor(receipts: readonly Receipt[], looked: (() => Promise<void>) | undefined) {
    this.#total = receipts.length
    this.#waiting = new Set(receipts.map(({ id }) => id))
    this.ended = Promise.all(receipts.map((receipt) => this.#await(receipt)))
    const over = (): void => {
      this.#isOver = true
      this.rest()
    }
    // Whoever asks how far it is need not ask how it ends.
    this.ended.then(over, over)
    this.#isKnown = looked === undefined
    void looked?.().then(() => {
      this.#isKnown = true
      this.#changed()
    })
  }

  /** Whether it was looked up what became of those that were enqueued before. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  get progress(): BatchProgress {
    const { accepted, dead, cancelled, unknown } = this.#ends
    const [total, left] = [this.#total, accepted + dead + cancelled + unknown]
    const begun = [...this.#parts.values()].reduce((sum, part) => sum + part, 0)
    return { total, accepted, dead, cancelled, unknown, progress: total === 0 ? 1 : (left + begun) / total }
  }

  /** Tells of each change, once all is known, until it rests, or all have ended. */
  listen(hear: Hear, changed: () => void): void {
    if (this.#stop || this.#isOver) return
    this.#changed = () => this.#isKnown && changed()
    this.#stop = hear((event) => {
      if (event.type === 'progressed' && this.#waiting.has(event.id)) this.#parts.set(event.id, event.progress)
      // Nobody has it in hand any more.
      else if (event.type !== 'retry-scheduled' || !this.#parts.delete(event.id)) return
      this.#changed()
    })
  }

  /** Nobody is told any more. */
  rest(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#changed = () => {}
  }

  async #await(receipt: Receipt): Promise<void> {
    const ending = await endingOf(receipt)
    this.#waiting.delete(receipt.id)
    this.#parts.delete(receipt.id)
    this.#ends[ending] += 1
    this.#changed()
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
