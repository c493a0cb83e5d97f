import type { Batch, OutgoingMessage } from '../protocol/host.ts'

/** The bytes of a body, where there can be only text. */
interface Base64 {
  readonly base64: string
}

/** A batch as data that JSON can hold. */
export interface TextBatch extends Omit<Batch, 'messages'> {
  readonly messages: readonly (Omit<OutgoingMessage, 'body'> & { readonly body: string | Base64 })[]
}

/** How many bytes are made characters of at once: as many as a call may have arguments, in every engine. */
const PORTION = 8_192

/** At most about so many characters are its bodies. */
export function charactersOf({ messages }: Batch): number {
  return messages.reduce((sum, { body }) => sum + (typeof body === 'string' ? body.length : Math.ceil(body.length / 3) * 4), 0)
}

export function toText(batch: Batch): TextBatch {
  const messages = batch.messages.map(({ body, ...message }) => ({ ...message, body: typeof body === 'string' ? body : toBase64(body) }))
  return { ...batch, messages }
}

/** @throws Error where it is none. */
export function fromText(batch: TextBatch): Batch {
  const messages = batch.messages.map(({ body, ...message }) => ({ ...message, body: typeof body === 'string' ? body : fromBase64(body) }))
  return { ...batch, messages }
}

function toBase64(bytes: Uint8Array): Base64 {
  let characters = ''
  for (let start = 0; start < bytes.length; start += PORTION) characters += String.fromCharCode(...bytes.subarray(start, start + PORTION))
  return { base64: btoa(characters) }
}

function fromBase64({ base64 }: Base64): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
