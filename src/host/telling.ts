import type { QueueEvent } from '../message/event.ts'

/** Tells what happens, all of one moment together. */
export class Telling {
  readonly #tell: (events: readonly QueueEvent[]) => void
  #happened: QueueEvent[] = []

  constructor(tell: (events: readonly QueueEvent[]) => void) {
    this.#tell = tell
  }

  add(events: readonly QueueEvent[]): void {
    if (this.#happened.length === 0) queueMicrotask(() => this.now())
    for (const event of events) this.#happened.push(event)
  }

  now(): void {
    const events = this.#happened
    if (events.length === 0) return
    this.#happened = []
    this.#tell(events)
  }
}
