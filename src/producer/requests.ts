import { takeRequest } from '../message/request.ts'
import type { TakenRequest } from '../message/request.ts'
import type { RequestParts } from '../message/request-parts.ts'

/** Reads requests side by side, and hands them on one after the other: one that is read in no time does not overtake the one before. */
export class Requests {
  #last: Promise<unknown> = Promise.resolve()

  take(request: Request | RequestParts): Promise<TakenRequest> {
    const taking = takeRequest(request)
    // Whether it fails is told when its turn has come.
    taking.catch(() => {})
    const turn = this.#last.then(() => taking)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Resolves when all have been handed on. */
  async handedOn(): Promise<void> {
    await this.#last
  }
}
