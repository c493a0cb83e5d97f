import { batchOf } from '../message/id.ts'
import type { Message } from '../message/message.ts'
import { bytesWithin } from '../message/spooled.ts'
import type { InboxRecord } from './schema.ts'

/** Above 64 KiB, Chromium writes a record to a file of its own: measured, that costs more than it saves. */
const LARGEST_RECORD = 56_000

/** What encryption adds to a message, at most about: a nonce, a tag, and the names of the key and of the message. */
const SEALING = 150

/** Lays messages out as inbox records, the first of which gets the number `first`. */
export function toRecords(messages: readonly Message[], first: number): InboxRecord[] {
  let number = first
  return portions(messages).map((portion) => {
    const record = { version: 1, first: number, messages: portion, batches: batchesOf(portion) } as const
    number += portion.length
    return record
  })
}

/** The batches in which messages were enqueued: by these their record is found. */
export function batchesOf(messages: readonly Message[]): string[] {
  return [...new Set(messages.map(({ id }) => batchOf(id)))]
}

/** Cuts messages into portions that each make a record of a good size. */
export function portions<Portioned extends Message>(messages: readonly Portioned[]): Portioned[][] {
  const all: Portioned[][] = []
  let size = Infinity
  for (const message of messages) {
    const stored = storedSize(message)
    if (size + stored > LARGEST_RECORD) {
      all.push([])
      size = 0
    }
    all.at(-1)?.push(message)
    size += stored
  }
  return all
}

/** What a message takes once cloned: a string that is not Latin-1 takes two bytes a character, however few of them need it. */
function storedSize({ id, body, bytes, group = '', request, content, sealed }: Message): number {
  if (typeof body !== 'string') {
    const said = JSON.stringify([request, content]).length + (sealed ? SEALING + (sealed.head?.byteLength ?? 0) : 0)
    return bytesWithin({ body, bytes }) + said + id.length + group.length * 2 + 64
  }
  // As many bytes as characters: ASCII, which need not be looked through.
  // eslint-disable-next-line no-control-regex -- the whole of Latin-1 is meant
  const width = bytes === body.length || /^[\x00-\xff]*$/.test(body) ? 1 : 2
  return body.length * width + id.length + group.length * 2 + 64
}
