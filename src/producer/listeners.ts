import { QueueError, shown } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Answers } from './answers.ts'
import { callSafely } from './call-safely.ts'

type Listener<A> = (event: QueueEvent<A>) => void

/** Who hears what happens in a queue. */
export class Listeners<A> {
  readonly #answers: Answers<A>
  readonly #all = new Set<Listener<A>>()

  constructor(answers: Answers<A>) {
    this.#answers = answers
  }

  /** @returns what ends it. */
  add(listener: Listener<A>): () => void {
    if (typeof listener !== 'function')
      throw new QueueError('invalid-option', `Expected \`listener\` to be a function, got ${shown(listener)}`)
    // A function of its own: one that subscribes twice is called twice, and each subscription ends by itself.
    const subscription: Listener<A> = (event) => listener(event)
    this.#all.add(subscription)
    return () => void this.#all.delete(subscription)
  }

  tell(event: QueueEvent): void {
    if (this.#all.size === 0) return
    const heard = this.#answers.heard(event)
    for (const listener of this.#all) callSafely(listener, heard)
  }

  clear(): void {
    this.#all.clear()
  }
}
