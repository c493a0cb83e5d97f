import { isQueueError, QueueError } from '../message/error.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import { invalid, wrongOption } from '../message/checks.ts'
import { checkEnqueue, outgoingOrContent } from '../protocol/outgoing.ts'
import type { Outgoing, OutgoingContent, Rules } from '../protocol/outgoing.ts'
import type { Receipt } from './receipt.ts'

/** What is said of each message of a batch: the same of all, or what a function says. */
export type EnqueueAllOptions<T> = Omit<EnqueueOptions, 'idempotencyKey' | 'dedupKey'> | ((body: T, index: number) => EnqueueOptions)

/** All messages of a batch, as they leave the page; where one of them cannot, none does. */
export function outgoingAll<T>(bodies: Iterable<T>, options: EnqueueAllOptions<T>, rules: Rules<T>): (Outgoing | OutgoingContent)[] {
  if (typeof bodies !== 'object' || bodies === null || !(Symbol.iterator in bodies)) throw wrongOption('bodies', 'an iterable', bodies)
  const common = typeof options === 'function' ? undefined : options
  if (common !== undefined) checkEnqueue(common)
  const own = (['idempotencyKey', 'dedupKey'] as const).find((name) => common && name in common)
  if (own) throw invalid(`Expected \`${own}\` from a function, in \`enqueueAll\`: messages of one key are one message`)
  return Array.from(bodies, (body, index) => {
    try {
      return outgoingOrContent(body, typeof options === 'function' ? options(body, index) : options, rules)
    } catch (error) {
      if (!isQueueError(error)) throw error
      throw new QueueError(error.code, `Message ${index} of the batch: ${error.message}`, { cause: error.cause })
    }
  })
}

/** Waits until all are stored. Where some are refused, it says of how many that is not so; those that are stored stay so. */
export async function allStored<A>(storing: readonly Promise<Receipt<A>>[]): Promise<Receipt<A>[]> {
  const results = await Promise.allSettled(storing)
  const stored = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const refused = results.find((result) => result.status === 'rejected')
  if (!refused) return stored
  const error: unknown = refused.reason
  if (stored.length === 0 || !isQueueError(error)) throw error
  throw new QueueError(error.code, `${error.message}; ${stored.length} messages of ${results.length} are stored`, {
    cause: { stored: stored.map(({ id }) => id) },
  })
}
