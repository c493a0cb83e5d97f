import type { Drain } from '../consumer/drain.ts'
import type { QueueEvent } from '../message/event.ts'

/** What the drain makes of something that happened, here or in another tab. */
export function tellDrain(drain: Drain, event: QueueEvent): void {
  switch (event.type) {
    case 'resumed':
      return event.group === undefined ? drain.resume() : drain.lookAround()
    case 'paused':
      return drain.recheck()
    case 'cancelled':
      return drain.cancelled()
    case 'enqueued':
      return event.due === undefined ? drain.wake() : drain.lookAround()
    case 'redriven':
      return drain.redriven(event.id)
    // It may be due earlier.
    case 'updated':
    case 'replaced':
      return drain.lookAround()
  }
}
