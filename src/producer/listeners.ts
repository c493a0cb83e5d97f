import { QueueError, shown } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { callSafely } from './call-safely.ts'

type Listener = (event: QueueEvent) => void

/** Who hears what happens in a queue. */
export class Listeners {
  readonly #all = new Set<Listener>()

  /** @returns what ends it. */
  add(listener: Listener): () => void {
    if (typeof listener !== 'function')
      throw new QueueError('invalid-option', `Expected \`listener\` to be a function, got ${shown(listener)}`)
    // A function of its own: one that subscribes twice is called twice, and each subscription ends by itself.
    const subscription: Listener = (event) => listener(event)
    this.#all.add(subscription)
    return () => void this.#all.delete(subscription)
  }

  tell(event: QueueEvent): void {
    for (const listener of this.#all) callSafely(listener, event)
  }

  clear(): void {
    this.#all.clear()
  }
}
