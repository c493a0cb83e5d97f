import { toBase64 } from '../message/base64.ts'
import { EVENT_TYPE, eventSource, formatEvent, formatSequence } from '../protocol/batch.ts'
import type { Outgoing } from './transport.ts'

/** Several messages as the body of one request. */
export async function batchBody(queue: string, messages: readonly Outgoing[]): Promise<string> {
  const events = await Promise.all(messages.map((message) => eventOf(queue, message)))
  return `[${events.join(',')}]`
}

async function eventOf(queue: string, message: Outgoing): Promise<string> {
  const { id, idempotencyKey, enqueuedAt, partition, sequence, content, body } = message
  const attributes = {
    specversion: '1.0',
    id,
    source: eventSource(queue),
    type: EVENT_TYPE,
    time: new Date(enqueuedAt).toISOString(),
    ...(partition !== '' && { partitionkey: partition }),
    sequence: formatSequence(sequence),
    ...(idempotencyKey !== undefined && { idempotencykey: idempotencyKey }),
    datacontenttype: content?.type ?? 'application/json',
  } as const
  if (!content && typeof body === 'string') return formatEvent(attributes, `"data":${body}`)
  const bytes = new Uint8Array(await new Response(body).arrayBuffer())
  return formatEvent(attributes, `"data_base64":"${toBase64(bytes)}"`)
}
