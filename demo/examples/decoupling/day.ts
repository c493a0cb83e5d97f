import { openQueue } from 'holdfast'
import type { Consumer, Queue } from 'holdfast'
import { sightings } from './queue.ts'
import type { Entry, Sighting } from './queue.ts'

export const queue: Queue<Sighting> = openQueue(sightings)

/** Enters what the night watch has left, and what comes, one after the other. */
export function enterAll(write: (sighting: Sighting, signal: AbortSignal) => Promise<void>): Consumer {
  return queue.consume(async ({ body, signal }): Promise<Entry> => {
    await write(body, signal)
    // What is returned is the answer to the message, and is kept as its receipt: that is the logbook.
    return { ...body, enteredAt: Date.now() }
  })
}
