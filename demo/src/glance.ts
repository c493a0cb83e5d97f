import type { DeadLetter, Depth, Queue, WaitingMessage } from 'holdfast'

/** How many rows of each list are shown, and read: a queue can be longer than a page should be. */
export const ROWS = 12

/** How many messages the queue may have reserved ahead; they stand before those that are ready. */
const LEASED = 16

/** How long to leave the queue alone between two looks, in milliseconds. */
const REST = 120

/** What a queue looked like at one moment. */
export interface Glance<T> {
  readonly depth: Depth
  readonly leased: readonly WaitingMessage<T>[]
  readonly ready: readonly WaitingMessage<T>[]
  readonly dead: readonly DeadLetter<T>[]
}

/**
 * Looks at a queue now, and again whenever something has happened in it, in any tab. What is shown is always read from the queue
 * and never added up from events: so it is right after a reload, in a second tab, and when a thousand things happen at once.
 */
export function watchQueue<T>(queue: Queue<T>, show: (glance: Glance<T>) => void, failed: (error: unknown) => void): void {
  let isLooking = false
  let hasChanged = true

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      while (hasChanged) {
        hasChanged = false
        show(await glanceAt(queue))
        await rest()
      }
    } catch (error) {
      failed(error)
    }
    isLooking = false
  }

  queue.subscribe(() => {
    hasChanged = true
    void look()
  })
  void look()
}

async function glanceAt<T>(queue: Queue<T>): Promise<Glance<T>> {
  const [depth, head, dead] = await Promise.all([queue.depth(), first(queue.messages(), LEASED + ROWS), first(queue.deadLetters(), ROWS)])
  return {
    depth,
    leased: head.filter(({ state }) => state === 'leased'),
    ready: head.filter(({ state }) => state === 'ready').slice(0, ROWS),
    dead,
  }
}

/** The beginning of what may be long: a queue reads no further than it is asked to. */
async function first<T>(source: AsyncIterable<T>, atMost: number): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) {
    found.push(one)
    if (found.length === atMost) break
  }
  return found
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST))
}
