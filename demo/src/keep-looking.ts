import type { Queue } from 'holdfast'

/** How long to leave the queue alone between two looks, in milliseconds. */
const REST = 120

/**
 * Looks at a queue now, and again whenever something has happened in it, in any tab. What is shown is always read from the queue
 * and never added up from events: so it is right after a reload, in a second tab, and when a thousand things happen at once.
 *
 * @returns what has it look again, after something that the queue does not hear of.
 */
export function keepLooking(queue: Pick<Queue, 'subscribe'>, look: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let isLooking = false
  let hasChanged = true

  async function lookWhileChanged(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      while (hasChanged) {
        hasChanged = false
        await look()
        await rest()
      }
    } catch (error) {
      failed(error)
    }
    isLooking = false
  }

  function lookAgain(): void {
    hasChanged = true
    void lookWhileChanged()
  }

  queue.subscribe(lookAgain)
  lookAgain()
  return lookAgain
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST))
}
