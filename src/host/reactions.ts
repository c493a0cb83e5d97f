import type { Drain } from '../consumer/drain.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Reserve } from './reserve.ts'

/** What this host does about what has happened, in any tab. */
export function react(event: QueueEvent, { drain, reserve }: { readonly drain: Drain | undefined; readonly reserve: Reserve }): void {
  switch (event.type) {
    case 'storage-full':
      return reserve.miss()
    case 'resumed':
      return event.group === undefined ? drain?.resume() : drain?.lookAround()
    case 'paused':
      return drain?.recheck()
    case 'cancelled':
      return drain?.cancelled()
    case 'enqueued':
      return event.due === undefined ? drain?.wake() : drain?.lookAround()
    case 'redriven':
      return drain?.wake()
    // It may be due earlier.
    case 'updated':
    case 'replaced':
      return drain?.lookAround()
  }
}
