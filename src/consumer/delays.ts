import type { QueueEvent } from '../message/event.ts'
import type { Connection } from '../queue/connection.ts'
import { firstDue, join } from '../queue/join.ts'
import type { QueueTime } from './queue-time.ts'

export interface DelaysOptions {
  readonly connection: Connection
  /** The leader's own. */
  readonly epoch: number
  readonly time: QueueTime
  readonly announce: (event: QueueEvent) => void
  /** Whether there may be any, as the term begins. */
  readonly areAny: boolean
}

/** Delayed messages, which join the tail when they are due. */
export class Delays {
  readonly #options: DelaysOptions
  #nextDue: number

  constructor(options: DelaysOptions) {
    this.#options = options
    this.#nextDue = options.areAny ? 0 : Infinity
  }

  /** When the store is to be asked, in queue time. */
  get nextDue(): number {
    return this.#nextDue
  }

  /** A message was delayed, or a time that was waited for has come: the store knows the next. */
  lookAgain(): void {
    this.#nextDue = 0
  }

  /** Lets those join that are due. Says whether there were any. */
  async join(): Promise<boolean> {
    const { connection, epoch, time, announce } = this.#options
    if (this.#nextDue > time.now()) return false
    // What is delayed meanwhile lowers this again.
    this.#nextDue = Infinity
    const first = await firstDue(connection)
    const { ids, nextDue } = first > time.now() ? { ids: [], nextDue: first } : await join(connection, epoch, time.now())
    this.#nextDue = Math.min(this.#nextDue, nextDue)
    for (const id of ids) announce({ type: 'joined', id })
    return ids.length > 0
  }
}
