import { isQueueError } from '../message/error.ts'
import type { QueueError } from '../message/error.ts'
import type { Page, Place } from '../protocol/host.ts'
import type { Ask } from './asking.ts'
import type { Opening } from './opening.ts'

/** What a queue of the page asks its host. Once it has ended, whoever calls is told why. */
export class Calls {
  readonly #opening: Opening
  #ended: QueueError | undefined

  constructor(opening: Opening) {
    this.#opening = opening
  }

  /** Why the queue is not open any more. */
  get ended(): QueueError | undefined {
    return this.#ended
  }

  assertOpen(): void {
    if (this.#ended) throw this.#ended
  }

  /** The first reason counts. */
  end(why: QueueError): QueueError {
    return (this.#ended ??= why)
  }

  async call<R>(ask: Ask<R>): Promise<R> {
    this.assertOpen()
    return this.ask(ask)
  }

  /** Also of a queue that ends: what was enqueued before is still to be stored. */
  ask<R>(ask: Ask<R>): Promise<R> {
    return this.#opening.ask(ask).catch((error: unknown) => {
      // The host has closed what is destroyed.
      throw isQueueError(error) && error.code === 'closed' ? (this.#ended ?? error) : error
    })
  }

  /** All items of a list that the host gives part by part. */
  async *paged<Item>(ask: Ask<Page<Item>, [from: Place | undefined]>): AsyncGenerator<Item> {
    let from: Place | undefined
    do {
      const page: Page<Item> = await this.call((api) => ask(api, from))
      yield* page.items
      from = page.next
    } while (from !== undefined)
  }
}
