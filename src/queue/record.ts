import type { Message } from '../message/message.ts'
import type { InboxRecord } from './schema.ts'

/** Above 64 KiB, Chromium writes a record to a file of its own: measured, that costs more than it saves. */
const LARGEST_RECORD = 56_000

/** Lays messages out as inbox records, the first of which gets the number `first`. */
export function toRecords(messages: readonly Message[], first: number): InboxRecord[] {
  const records: InboxRecord[] = []
  let part: Message[] = []
  let size = 0
  let number = first
  for (const message of messages) {
    const stored = storedSize(message)
    if (part.length > 0 && size + stored > LARGEST_RECORD) {
      records.push({ version: 1, first: number, messages: part })
      number += part.length
      part = []
      size = 0
    }
    part.push(message)
    size += stored
  }
  if (part.length > 0) records.push({ version: 1, first: number, messages: part })
  return records
}

/** What a message takes once cloned: a string that is not Latin-1 takes two bytes a character, however few of them need it. */
function storedSize({ id, body }: Message): number {
  // eslint-disable-next-line no-control-regex -- the whole of Latin-1 is meant
  const width = /^[\x00-\xff]*$/.test(body) ? 1 : 2
  return body.length * width + id.length + 64
}
