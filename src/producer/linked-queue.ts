import type { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { Setup } from '../protocol/host.ts'
import type { Outbound } from './outbound.ts'

/** A queue of the page, as its link to the host knows it. */
export interface LinkedQueue {
  /** Its name, and whose messages it holds. */
  readonly key: string
  /** With the generation of the queue, once its host has told it. */
  setup: Setup
  readonly functions: PageFunctions
  /** Whether it may be kept in memory, where there is no other storage. */
  readonly mayBeInMemory: boolean
  hear(event: QueueEvent): void
  /** The host is another, or the page was away: something may not have been heard. */
  lookAgain(): void
  /** There is no host, and none starts: who waits for something is told. */
  lose(error: QueueError): void
  /** Where the page may end: what is not known to be stored is written down. */
  readonly outbound: Pick<Outbound, 'keep' | 'stay' | 'producer'>
}

/** Which generation of the queue this is. */
export function know(queue: LinkedQueue, generation: string): void {
  queue.setup = { ...queue.setup, generation }
}

/** Something happened in the queue. */
export function tell(queue: LinkedQueue, event: QueueEvent): void {
  if ('generation' in event) know(queue, event.generation)
  queue.hear(event)
}
