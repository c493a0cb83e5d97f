import { base64Length, fromBase64, toBase64 } from '../message/base64.ts'
import { isSpooled } from '../message/spooled.ts'
import type { Batch, OutgoingMessage } from '../protocol/host.ts'

/** The bytes of a body, where there can be only text. */
interface Base64 {
  readonly base64: string
}

/** A batch as data that JSON can hold. */
export interface TextBatch extends Omit<Batch, 'messages'> {
  readonly messages: readonly (Omit<OutgoingMessage, 'body'> & { readonly body: string | Base64 })[]
}

/** At most about so many characters are its bodies. */
export function charactersOf({ messages }: Batch): number {
  return messages.reduce((sum, { body }) => sum + charactersOfBody(body), 0)
}

function charactersOfBody(body: OutgoingMessage['body']): number {
  if (typeof body === 'string') return body.length
  // Whoever has stored it is gone by then, and it with them.
  return isSpooled(body) ? Infinity : base64Length(body.byteLength)
}

/** @param batch one without large bodies: such a one is of infinite length. */
export function toText(batch: Batch): TextBatch {
  const messages = batch.messages.map(({ body, ...message }) => ({
    ...message,
    body: ArrayBuffer.isView(body) ? { base64: toBase64(body) } : (body as string),
  }))
  return { ...batch, messages }
}

/** @throws Error where it is none. */
export function fromText(batch: TextBatch): Batch {
  const messages = batch.messages.map(({ body, ...message }) => ({
    ...message,
    body: typeof body === 'string' ? body : fromBase64(body.base64),
  }))
  return { ...batch, messages }
}
