import type { OutgoingMessage } from './host.ts'

/** A message that follows on another, as a consumer tells who drains: for which queue, by its key. */
export interface Follower {
  readonly queue: string
  readonly message: Omit<OutgoingMessage, 'id'> & { readonly body: string }
}

/** How many messages may follow on one, and how much, in characters of their JSON. */
export const MOST_FOLLOWERS = 100
export const MOST_CHARACTERS: number = 4 * 1024 * 1024

/** The longest text that is said of a message, in characters: a group, or a key. */
const LONGEST_OPTION = 256

/** How long an id may be that others are made of, in characters: chains have no end. */
const LONGEST_ID = 128

/**
 * The batch that follows on a message: its messages are `<batch>.<offset>`, as those of a producer's are. So what is asked for twice is known, and the message that something follows on
 * can be read off its id.
 */
export async function batchAfter(id: string): Promise<string> {
  if (id.length <= LONGEST_ID) return id
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function areFollowers(value: unknown): value is readonly Follower[] {
  if (!Array.isArray(value) || value.length > MOST_FOLLOWERS || !value.every(isFollower)) return false
  return value.reduce((sum, { message }) => sum + message.body.length, 0) <= MOST_CHARACTERS
}

function isFollower(value: unknown): value is Follower {
  if (typeof value !== 'object' || value === null) return false
  const { queue, message } = value as Partial<Follower>
  if (typeof queue !== 'string' || typeof message !== 'object' || message === null) return false
  const { body, backoff = { first: 1, longest: 1 }, ...options } = message
  return typeof body === 'string' && [...Object.values(options), backoff.first, backoff.longest].every(isShortOrCounted)
}

/** What is said of a message was checked where it was said. */
function isShortOrCounted(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= LONGEST_OPTION : typeof value === 'number' && value >= 0
}
