import { QueueError, shown } from '../message/error.ts'
import type { Batch } from '../protocol/host.ts'
import type { Addressed } from '../protocol/outgoing.ts'

/** What an outbox needs of its queue, beside what its users know. */
export interface Relaying<T> extends Addressed<T> {
  /** Stores a batch in the queue; one that was decided before is not stored again. */
  store(batch: Batch): Promise<void>
}

export function relayingOf<T>(queue: unknown): Relaying<T> {
  const relaying = (queue as { readonly relaying?: Relaying<T> } | null | undefined)?.relaying
  if (relaying) return relaying
  throw new QueueError('invalid-option', `Expected \`queue\` to be a queue that \`openQueue\` gave, got ${shown(queue)}`)
}
