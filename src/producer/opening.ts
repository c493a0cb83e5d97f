import { isQueueError } from '../message/error.ts'
import type { Batch } from '../protocol/host.ts'
import type { Ask } from './asking.ts'
import type { HostLink } from './host-link.ts'
import type { LinkedQueue } from './linked-queue.ts'
import { takeOver, watchLeft } from './left-behind.ts'

/** A queue that is being opened at its host, or is open there; one whose host did not start is opened again by whoever asks next. */
export class Opening {
  readonly #link: HostLink
  readonly #queue: LinkedQueue
  readonly #unwatch: () => void
  #opened!: Promise<void>
  #isOpen = false
  #hasFailed = false
  #takingOver = Promise.resolve()

  constructor(link: HostLink, queue: LinkedQueue) {
    this.#link = link
    this.#queue = queue
    this.#unwatch = watchLeft(queue.key, () => void this.#takeOver())
    this.#open()
  }

  /** Whether it was open at any host. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Asks the host, once the queue is open there. */
  async ask<T>(ask: Ask<T>): Promise<T> {
    if (this.#hasFailed) this.#open()
    await this.#opened
    return this.#link.call(ask)
  }

  /** Resolves when it is open, or could not be opened. */
  async ended(): Promise<void> {
    await this.#opened.catch(() => {})
  }

  close(): void {
    this.#unwatch()
  }

  /** Opens it, and has stored what pages have left behind: before anything of this one. */
  #open(): void {
    this.#hasFailed = false
    this.#opened = this.#link.open(this.#queue).then(() => {
      this.#isOpen = true
      return this.#takeOver()
    })
    // Whoever asks for something next is told, or, where the host did not start, has it tried again.
    this.#opened.catch((error: unknown) => (this.#hasFailed = isQueueError(error) && error.code.startsWith('host-')))
  }

  #takeOver(): Promise<void> {
    const { key } = this.#queue
    const store = (batch: Batch): Promise<unknown> => this.#link.call((api) => api.enqueue(key, batch))
    const look = (): Promise<unknown> => this.#link.call((api) => api.depth(key))
    const isHere = (producer: string): boolean => this.#link.isHere(key, producer)
    this.#takingOver = this.#takingOver.then(() => takeOver(this.#queue, { store, look, isHere }))
    return this.#takingOver
  }
}
