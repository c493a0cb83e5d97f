import { base64Length } from '../message/base64.ts'
import type { BatchLimits } from '../message/limits.ts'
import type { Message } from '../message/message.ts'
import { isSpooled } from '../message/spooled.ts'
import type { Delivery } from './turns.ts'

/** How much may go in one request. */
export type Room = Required<BatchLimits>

/**
 * Chooses what goes along with a message, in one request: what stands next, as far as there is room. What may not go, or has none, keeps back what is behind it in its group.
 *
 * @param waiting in the order of the queue; nothing for one that may not go now.
 */
export function companyFor(lead: Delivery, waiting: Iterable<{ group: string; delivery: Delivery | undefined }>, room: Room): Delivery[] {
  const company: Delivery[] = []
  const keptBack = new Set<string>()
  let bytes = sizeInBatch(lead.message)
  for (const { group, delivery } of waiting) {
    if (company.length + 1 >= room.messages) break
    if (keptBack.has(group)) continue
    const size = delivery ? sizeInBatch(delivery.message) : Infinity
    if (delivery && bytes + size <= room.bytes) {
      company.push(delivery)
      bytes += size
    } else keptBack.add(group)
  }
  return company
}

/** How many bytes the body of a message is in a batch; without end for what goes by itself: a request, what is encrypted, and a body that does not lie with its message. */
export function sizeInBatch({
  request,
  content,
  sealed,
  body,
  bytes,
}: Pick<Message, 'request' | 'content' | 'sealed' | 'body' | 'bytes'>): number {
  if (request || sealed || isSpooled(body)) return Infinity
  return content ? base64Length(bytes) : bytes
}
