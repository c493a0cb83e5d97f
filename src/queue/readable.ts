import { unwrap } from 'idb'
import type { Message, PlacedMessage } from '../message/message.ts'
import { isSpooled } from '../message/spooled.ts'
import type { InboxRecord, ParkedRecord } from './schema.ts'

/** Where something lies that this release cannot read: damaged, or written by a later one. It is set aside, and holds up nobody. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly place: UnreadablePlace

  constructor(place: UnreadablePlace) {
    super(`Expected messages in ${JSON.stringify(place)}`)
    this.place = place
  }
}

export type UnreadablePlace =
  /** A record of the inbox, by its key. */
  | { readonly record: number }
  /** A message of the inbox, by its number, in a record that is whole otherwise. */
  | { readonly message: number }
  /** What is parked of a group. */
  | { readonly group: string }

export function isInboxRecord(value: unknown, key: number): value is InboxRecord {
  const { version, first, messages } = Object(value) as Partial<InboxRecord>
  return version === 1 && first === key && Array.isArray(messages) && messages.length > 0
}

export function isParkedRecord(value: unknown): value is ParkedRecord {
  const { version, messages } = Object(value) as Partial<ParkedRecord>
  return version === 1 && Array.isArray(messages) && messages.length > 0 && messages.every(isPlaced)
}

function isPlaced(value: unknown): value is PlacedMessage {
  return isMessage(value) && Number.isFinite((value as Partial<PlacedMessage>).sequence)
}

export function isMessage(value: unknown): value is Message {
  const { id, body, bytes, enqueuedAt, group, request, content, sealed } = Object(value) as Partial<Message>
  return (
    typeof id === 'string' &&
    (request || content || sealed ? ArrayBuffer.isView(body) || isSpooled(body) : typeof body === 'string') &&
    Number.isFinite(bytes) &&
    Number.isFinite(enqueuedAt) &&
    (group === undefined || typeof group === 'string')
  )
}

/** What an engine gives; nothing where it cannot read that, which does not abort the transaction. */
export async function valueOf<T>(getting: Promise<T>): Promise<T | undefined> {
  const request = unwrap(getting as Promise<never>) as IDBRequest
  request.addEventListener('error', (event) => event.preventDefault())
  try {
    return await getting
  } catch (error) {
    // The transaction is over, whatever for.
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    return undefined
  }
}
