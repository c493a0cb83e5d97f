import { QueueError } from './error.ts'

/**
 * What was decided of the message at an offset of a batch, where it was not simply stored: there was no space left for it; its body is not there any more; one of its dedup
 * key is in the queue, and it is the same as that, which may have its body now; or it stands in the place of that.
 */
export type Decision = readonly [
  offset: number,
  decided: 'full' | 'lost' | { readonly sameAs: string; readonly isUpdated?: true } | { readonly replaced: string },
]

/** What is thrown where a message was not stored; nothing where it was, or another in its place. */
export function refusalOf(queue: string, decided: Decision[1] | undefined): QueueError | undefined {
  if (decided === 'full') return new QueueError('queue-full', `The queue "${queue}" holds as much as its \`capacity\` allows`)
  if (decided === 'lost') return bodyGone()
  return undefined
}

/** Whoever stored a large body was away for so long that another took it for given up. */
export function bodyGone(): QueueError {
  const why = 'the storage was cleared, or its page was frozen, while it was being stored'
  return new QueueError('storage-failed', `The large body of this message is gone: ${why}; nothing was stored`)
}
