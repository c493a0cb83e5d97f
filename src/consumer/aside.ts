import type { QueueEvent } from '../message/event.ts'
import type { Clock } from '../queue/clock.ts'
import type { Connection } from '../queue/connection.ts'
import type { Unreadable } from '../queue/readable.ts'
import { setAside } from '../queue/set-aside.ts'
import type { Books } from './books.ts'

/** How often something cannot be read before it is given up: what an engine does not give now it may give in some seconds. */
const LASTING = 4

export interface AsideOptions {
  readonly connection: Connection
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
}

/** Takes out of the way what cannot be read. */
export class Aside {
  readonly #options: AsideOptions
  #seen = { where: '', times: 0 }

  constructor(options: AsideOptions) {
    this.#options = options
  }

  /** @returns what is still wrong; nothing where the drain may go on. */
  async take(unreadable: Unreadable, books: Books | undefined): Promise<Error | undefined> {
    const { connection, clock, announce } = this.#options
    const { message: where, place } = unreadable
    this.#seen = { where, times: where === this.#seen.where ? this.#seen.times + 1 : 1 }
    try {
      const isLasting = this.#seen.times >= LASTING
      const letters = await setAside(connection, { epoch: books?.epoch ?? 0, deadAt: clock.now(), place, isLasting })
      for (const { id, reason, deadAt, attempts, status, excerpt } of letters) {
        announce({ type: 'dead-lettered', id, reason, deadAt, attempts, status, excerpt })
      }
      return letters.length > 0 ? undefined : unreadable
    } catch (error) {
      return error as Error
    }
  }
}
