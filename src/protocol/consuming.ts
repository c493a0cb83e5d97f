import type { Content } from '../message/content.ts'
import type { WholeBody } from '../message/spooled.ts'
import { areFollowers } from './following.ts'
import type { Follower } from './following.ts'
import { databaseName } from './names.ts'

/**
 * What who drains a queue and its consumers say to each other, in whatever tab and thread each of them is. All hear the queue's roll; what is said of a message is said on a channel of the consumer's
 * own, so that nobody else has a copy of it made.
 *
 *     leader   -- who ------------------> all            a leader begins: who is there?
 *     consumer -- here -----------------> all            as it begins, when it is asked, and when it leaves
 *     leader   -- handed (token) -------> consumer       the message is leased to it
 *     consumer -- extended, progressed -> leader
 *     consumer -- ended (token, how) ---> leader         only under the token of the lease as it is now does that count
 *     leader   -- taken (token) --------> consumer       the lease is over: it ran out, or the message was cancelled
 *
 * That a consumer is gone, its lock tells, however it went.
 */
export const consumerRoll = (key: string): string => `${databaseName(key)}/consumers`
export const consumerChannel = (key: string, id: string): string => `${consumerRoll(key)}/${id}`

/** The lock that a consumer holds while it lives. It tells the length of its leases, for a leader whom it does not answer: its thread may be busy, or frozen. */
export const consumerLock = (key: string, id: string, lease: number): string => `${consumerChannel(key, id)}/${lease}`

/** The other end of {@link consumerLock}. */
export function ofConsumerLock(key: string, name: string): { readonly id: string; readonly lease: number } | undefined {
  const prefix = `${consumerRoll(key)}/`
  if (!name.startsWith(prefix)) return undefined
  const [id, lease, ...more] = name.slice(prefix.length).split('/')
  return id !== undefined && more.length === 0 && isLength(Number(lease)) ? { id, lease: Number(lease) } : undefined
}

/** Heard by all who have to do with a queue's consumers. */
export type RollCall =
  /** Who drains asks, in its epoch: whoever has an earlier one is no leader any more. */
  { readonly holdfast: 1; readonly who: number } | { readonly holdfast: 1; readonly here: Presence }

/** A consumer, as it says of itself. */
export interface Presence {
  readonly id: string
  readonly lease: number
  /** How many messages it takes at once; 0 when it takes no more. */
  readonly places: number
  /** The messages that it has in hand. */
  readonly inHand: readonly string[]
  /** Tokens of leases that are over, and whose handlers have not ended: they have places. */
  readonly stuck: readonly string[]
  /** Those that it has done, and a leader that is gone may not have settled. */
  readonly done: readonly string[]
}

/** A message that is leased to a consumer. */
export interface Handed {
  readonly token: string
  readonly epoch: number
  /** When that was said, in milliseconds since the epoch: who was frozen meanwhile need not begin. */
  readonly at: number
  readonly id: string
  /** As JSON, or content's bytes. */
  readonly body: WholeBody
  readonly content?: Content
  readonly group?: string
  readonly attempt: number
}

/** What became of a message in a consumer's hands. */
export type Ended =
  /** What the handler returned, as JSON; absent where that was nothing. With what follows. */
  | { readonly how: 'returned'; readonly answer?: string; readonly followers?: readonly Follower[] }
  /** With a delay, the handler has said how long to wait. */
  | { readonly how: 'threw'; readonly message: string; readonly delay?: number }
  | { readonly how: 'refused'; readonly message: string }
  /** Nothing came of it: the consumer ends, or has no place for it. */
  | { readonly how: 'handed-back' }
  /** The message was not the handler's any more: what it says of it is for nobody, but its place is free. */
  | { readonly how: 'late' }

export type ToConsumer = { readonly holdfast: 1; readonly handed: Handed } | { readonly holdfast: 1; readonly taken: string }

export type FromConsumer =
  /** Said before it hands something back that it has no place for: what is said on the roll may be heard later. */
  | { readonly holdfast: 1; readonly here: Presence }
  | { readonly holdfast: 1; readonly token: string; readonly id: string; readonly ended: Ended }
  | { readonly holdfast: 1; readonly token: string; readonly extended: true }
  | { readonly holdfast: 1; readonly token: string; readonly progressed: number }

/** The longest answer that is kept of a handler, in characters of its JSON; of what it threw, a beginning. */
export const LONGEST_ANSWER: number = 64 * 1024
export const LONGEST_WORD = 4_000

/** The longest that a handler may have its message wait, in milliseconds: no timer runs for as long, and a time after it is a whole number still. */
export const LONGEST_DELAY: number = 2 ** 52

/** The most messages that a consumer has in hand, and remembers that it has done. */
export const MOST_IN_HAND = 100
export const MOST_REMEMBERED = 64

const LONGEST_LEASE = 2_147_483_647

export function isRollCall(data: unknown): data is RollCall {
  if (!isOurs(data)) return false
  if ('who' in data) return isWhole(data.who)
  return 'here' in data && isPresence(data.here)
}

export function isToConsumer(data: unknown): data is ToConsumer {
  if (!isOurs(data)) return false
  if ('taken' in data) return typeof data.taken === 'string'
  return 'handed' in data && isHanded(data.handed)
}

export function isFromConsumer(data: unknown): data is FromConsumer {
  if (isOurs(data) && 'here' in data) return isPresence(data.here)
  if (!isOurs(data) || !('token' in data) || typeof data.token !== 'string') return false
  if ('extended' in data) return data.extended === true
  if ('progressed' in data) return typeof data.progressed === 'number' && data.progressed >= 0 && data.progressed <= 1
  return 'ended' in data && 'id' in data && isId(data.id) && isEnded(data.ended)
}

function isPresence(value: unknown): value is Presence {
  if (!isObject(value)) return false
  const { id, lease, places, inHand, stuck, done } = value as Partial<Presence>
  const isCounted = isWhole(places) && places <= MOST_IN_HAND
  const areHands = areIds(inHand, MOST_IN_HAND) && areIds(stuck, MOST_IN_HAND)
  return isId(id) && isLength(lease) && isCounted && areHands && areIds(done, MOST_REMEMBERED)
}

function isHanded(value: unknown): value is Handed {
  if (!isObject(value)) return false
  const { token, epoch, at, id, body, content, group, attempt } = value as Partial<Handed>
  const isNamed = typeof token === 'string' && isId(id) && (group === undefined || typeof group === 'string')
  return isNamed && isBody(body, content) && isWhole(epoch) && isWhole(at) && isWhole(attempt)
}

/** Whose it is, its leader has checked. */
function isBody(body: unknown, content: unknown): boolean {
  return typeof body === 'string' || (isObject(content) && (body instanceof Uint8Array || body instanceof Blob))
}

function isEnded(value: unknown): value is Ended {
  if (!isObject(value) || !('how' in value)) return false
  const { answer, followers, message, delay } = value as Readonly<Partial<Record<string, unknown>>>
  switch (value.how) {
    case 'returned':
      return (answer === undefined || isShort(answer, LONGEST_ANSWER)) && (followers === undefined || areFollowers(followers))
    case 'threw':
      return isShort(message, LONGEST_WORD) && (delay === undefined || (isWhole(delay) && delay <= LONGEST_DELAY))
    case 'refused':
      return isShort(message, LONGEST_WORD)
    default:
      return value.how === 'handed-back' || value.how === 'late'
  }
}

function isOurs(data: unknown): data is object {
  return isObject(data) && 'holdfast' in data && data.holdfast === 1
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isShort(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest
}

function areIds(value: unknown, most: number): boolean {
  return Array.isArray(value) && value.length <= most && value.every(isId)
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 300
}

function isLength(value: unknown): value is number {
  return isWhole(value) && value > 0 && value <= LONGEST_LEASE
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
