import { defineQueue } from 'holdfast'
import type { QueueDefinition } from 'holdfast'

/** A ship that the night watch has seen pass. */
export interface Sighting {
  readonly number: number
  readonly ship: string
  readonly course: string
  readonly seenAt: number
}

/** What the day watch makes of it. */
export interface Entry extends Sighting {
  readonly enteredAt: number
}

/** All that the two watches have in common: a name, and who handles what is in it. */
export const sightings: QueueDefinition<Sighting> = defineQueue<Sighting>('sightings', {
  consumers: true,
  keepReceipts: { age: 7 * 86_400_000, number: 1_000 },
})
