import { defineQueue } from 'holdfast'
import type { QueueDefinition } from 'holdfast'

/** A message names its picture, and no more: bodies are JSON, and the bytes are in the album. */
export interface Wanted {
  readonly picture: string
}

/** Whichever worker is free takes the next one. A picture that takes its worker down each time is a dead letter after five. */
export const pictures: QueueDefinition<Wanted> = defineQueue<Wanted>('pictures', {
  consumers: true,
  order: 'none',
  maxAttempts: 5,
})
