import type { QueueEvent } from '../message/event.ts'
import type { Counts } from '../queue/meta.ts'

/** How much is in the queue, as far as this host has seen and heard: what can be told of it when it is gone. */
export class Stock {
  #waiting = 0
  #dead = 0

  /** What was there when the database was opened. */
  begin({ waiting, dead }: Counts): void {
    this.#waiting = waiting
    this.#dead = dead
  }

  count(events: readonly QueueEvent[]): void {
    for (const { type } of events) {
      if (type === 'enqueued' || type === 'redriven') this.#waiting += 1
      if (type === 'accepted' || type === 'dead-lettered' || type === 'cancelled') this.#waiting -= 1
      if (type === 'dead-lettered') this.#dead += 1
      if (type === 'redriven' || type === 'purged') this.#dead -= 1
    }
  }

  /** All is gone: what it was. */
  takeAll(): Counts {
    // A word of another tab may have been missed.
    const all = { waiting: Math.max(0, this.#waiting), dead: Math.max(0, this.#dead) }
    this.begin({ waiting: 0, dead: 0 })
    return all
  }
}
