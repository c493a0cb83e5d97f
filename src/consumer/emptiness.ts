import type { QueueEvent } from '../message/event.ts'
import type { Connection } from '../queue/connection.ts'
import { counts } from '../queue/depth.ts'
import type { Books } from './books.ts'

export interface EmptinessOptions {
  readonly connection: Connection
  readonly announce: (event: QueueEvent) => void
}

/** Tells when the last message has left the queue: paused, offline or not, and once. */
export class Emptiness {
  readonly #options: EmptinessOptions
  #isTold = false
  #isAnyCancelled = false

  constructor(options: EmptinessOptions) {
    this.#options = options
  }

  /** There is a message. */
  end(): void {
    this.#isTold = false
  }

  /** One that waited has left the queue. The books pass it only when its turn comes. */
  cancelled(): void {
    this.#isTold = false
    this.#isAnyCancelled = true
  }

  /** Looks, with nothing under way. */
  async tell(books: Books): Promise<void> {
    const { connection, announce } = this.#options
    const isEmpty = (await books.isEmpty()) || (this.#isAnyCancelled && (await counts(connection)).waiting === 0)
    if (isEmpty && !this.#isTold) announce({ type: 'emptied' })
    this.#isTold = isEmpty
  }
}
