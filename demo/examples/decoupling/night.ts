import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import { lastNumber } from './logbook.ts'
import { sightings } from './queue.ts'
import type { Sighting } from './queue.ts'

export const queue: Queue<Sighting> = openQueue(sightings)

/** Resolves when all are on the disk: the lamp may go out now. */
export async function note(ships: readonly Omit<Sighting, 'number'>[]): Promise<void> {
  // Two tabs may keep the same watch: who gives out numbers holds the lock until they are stored.
  await navigator.locks.request('sightings', async () => {
    const next = (await lastNumber(queue)) + 1
    await queue.enqueueAll(ships.map((ship, index) => ({ ...ship, number: next + index })))
  })
}
