import { toBase64 } from '../message/base64.ts'
import { EVENT_TYPE, eventSource, formatEvent, formatSequence } from '../protocol/batch.ts'
import { isJson } from '../protocol/http.ts'
import type { Outgoing } from './transport.ts'

/** Several messages as the body of one request. */
export async function batchBody(queue: string, messages: readonly Outgoing[]): Promise<string> {
  const events = await Promise.all(messages.map((message) => eventOf(queue, message)))
  return `[${events.join(',')}]`
}

async function eventOf(queue: string, message: Outgoing): Promise<string> {
  const { id, idempotencyKey, enqueuedAt, partition, sequence, content, body, headers } = message
  // A type of one's own goes before that of a body, as where it goes alone.
  const type = new Headers(headers as HeadersInit).get('content-type') ?? content?.type ?? 'application/json'
  const attributes = {
    specversion: '1.0',
    id,
    source: eventSource(queue),
    type: EVENT_TYPE,
    time: new Date(enqueuedAt).toISOString(),
    ...(partition !== '' && { partitionkey: partition }),
    sequence: formatSequence(sequence),
    ...(idempotencyKey !== undefined && { idempotencykey: idempotencyKey }),
    datacontenttype: type,
  } as const
  if (!content && typeof body === 'string' && isJson(type)) return formatEvent(attributes, `"data":${body}`)
  const bytes = new Uint8Array(await new Response(body).arrayBuffer())
  return formatEvent(attributes, `"data_base64":"${toBase64(bytes)}"`)
}
