import type * as handling from '../handling.ts'
import type { Consumer } from '../message/handling.ts'

export type HandlingDoor = typeof handling

/** How long to wait before what does not load is asked for again, in milliseconds: the first time, and at most. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 60_000

/** Loads what handles messages. As a queue with consumers is opened, so that it is there when the page is offline later. */
export function loadHandling(): Promise<HandlingDoor> {
  return import('../handling.ts')
}

/** A consumer whose code is being loaded. */
export class LateConsumer implements Consumer {
  #consumer: Consumer | undefined
  readonly #ended: () => void
  #isClosed = false

  /** @param ended called when it was closed. */
  constructor(begin: (door: HandlingDoor) => Consumer, ended: () => void) {
    this.#ended = ended
    void this.#load().then((door) => {
      if (door && !this.#isClosed) this.#consumer = begin(door)
    })
  }

  async close(options?: { readonly timeout?: number }): Promise<void> {
    this.#isClosed = true
    await this.#consumer?.close(options)
    this.#ended()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The page may be offline now, and its service worker have no copy. */
  async #load(): Promise<HandlingDoor | undefined> {
    for (let wait = FIRST_WAIT; !this.#isClosed; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      try {
        return await loadHandling()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
    return undefined
  }
}
