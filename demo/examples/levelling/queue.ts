import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'

export interface Reading {
  readonly sensor: number
}

/** A pile that is worked off at the endpoint's own pace, by all tabs together. */
export const readings: Queue<Reading> = openQueue<Reading>('readings', {
  endpoint: '/api/meter',
  order: 'none',
  concurrency: 4,
  rate: { messages: 50, per: 1_000 },
})

/** Resolves when all of them are on the disk, which is at once: nobody has to wait for the endpoint. */
export async function burst(size: number): Promise<void> {
  await readings.enqueueAll(Array.from({ length: size }, (_, sensor) => ({ sensor })))
}
