import type { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Depth } from '../message/message.ts'

/** What is waited for where that is no message in particular: no message has these for an id. */
const EVERYTHING = ''
const ANYTHING = '*'

type Counts = Pick<Depth, 'ready' | 'delayed' | 'leased'>

/** What has to leave before the queue is idle. */
export async function lastOfAll(depth: () => Promise<Counts>): Promise<string | undefined> {
  return isIdle(await depth()) ? undefined : EVERYTHING
}

/** What has to leave before a group is. */
export async function lastOfGroup(
  waiting: AsyncIterable<{ readonly id: string }>,
  depth: () => Promise<Counts>,
): Promise<string | undefined> {
  let last: string | undefined
  for await (const { id } of waiting) last = id
  if (last !== undefined) return last
  // Between two looks at a list, a message can move to where it was looked for before.
  return isIdle(await depth()) ? undefined : ANYTHING
}

function isIdle({ ready, delayed, leased }: Counts): boolean {
  return ready + delayed + leased === 0
}

/** Waits for messages to leave the queue, each time looking again at what is left: others may have come meanwhile. */
export class Idle {
  readonly #watches = new Set<Watch>()

  /** @param look gives the id of the last message that has to leave, or one of the above; `undefined` when there is nothing to wait for. */
  async until(look: () => Promise<string | undefined>): Promise<void> {
    for (;;) {
      // Listening before looking: the last message may leave between the two.
      const watch = new Watch()
      this.#watches.add(watch)
      try {
        const last = await look()
        if (last === undefined) return
        await watch.left(last)
      } finally {
        this.#watches.delete(watch)
      }
    }
  }

  hear(event: QueueEvent): void {
    switch (event.type) {
      case 'emptied':
        // Also who waits for one message looks again: a leader that lost the lead as it settled that one could not tell.
        return this.lookAgain()
      case 'accepted':
      case 'dead-lettered':
      case 'cancelled':
      case 'replaced':
        return this.#tell((watch) => watch.hear(event.id))
      case 'storage-cleared':
        return this.lookAgain()
    }
  }

  /** Something may have been missed. */
  lookAgain(): void {
    this.#tell((watch) => watch.end())
  }

  /** Nothing will be heard any more. */
  close(error: QueueError): void {
    this.#tell((watch) => watch.end(error))
  }

  #tell(what: (watch: Watch) => void): void {
    for (const watch of this.#watches) what(watch)
  }
}

/** One look, and what has been heard since it began. */
class Watch {
  readonly #heard = new Set<string>()
  #last: string | undefined
  readonly #ended: Promise<void>
  #resolve!: () => void
  #reject!: (error: QueueError) => void

  constructor() {
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever looks may fail first.
    this.#ended.catch(() => {})
  }

  hear(id: string): void {
    // Once it is known who is waited for, nobody else is remembered: a million may go by.
    if (this.#last === undefined) this.#heard.add(id)
    else if (this.#last === id || this.#last === ANYTHING) this.#resolve()
  }

  end(error?: QueueError): void {
    if (error) this.#reject(error)
    else this.#resolve()
  }

  left(last: string): Promise<void> {
    this.#last = last
    if (this.#heard.has(last) || (last === ANYTHING && this.#heard.size > 0)) this.#resolve()
    return this.#ended
  }
}
