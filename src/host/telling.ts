import type { QueueEvent } from '../message/event.ts'

type Tell = (events: readonly QueueEvent[]) => void

/** Tells what happens, all of one moment together. */
export class Telling {
  readonly #all: readonly Tell[]
  #happened: QueueEvent[] = []

  constructor(...all: readonly Tell[]) {
    this.#all = all
  }

  add(events: readonly QueueEvent[]): void {
    if (this.#happened.length === 0) queueMicrotask(() => this.now())
    for (const event of events) this.#happened.push(event)
  }

  now(): void {
    const events = this.#happened
    if (events.length === 0) return
    this.#happened = []
    for (const tell of this.#all) tell(events)
  }
}
