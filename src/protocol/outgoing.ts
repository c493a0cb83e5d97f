import { encodeBody } from '../message/body.ts'
import { assertNoCodec, encodedBy } from '../message/codec.ts'
import type { Codec } from '../message/codec.ts'
import type { EncryptionFunction } from '../message/encryption.ts'
import { contentOf } from '../message/content.ts'
import type { TakenContent } from '../message/content.ts'
import { checkOptions, invalid, wrongOption } from '../message/checks.ts'
import { groupIn } from '../message/option-checks.ts'
import { validated } from '../message/schema.ts'
import type { StandardSchema } from '../message/schema.ts'
import type { StoredBody } from '../message/spooled.ts'
import type { StoredRequest } from '../message/stored-request.ts'
import type { OutgoingMessage, Setup } from './host.ts'
import { dedupKeyCheck, enqueueChecks } from '../message/enqueue-checks.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'

/** The options of a queue that say something of each message. */
type RuledSetup = Pick<Setup, 'version' | 'order' | 'ttl' | 'onDuplicate' | 'consumers'>

/** What a queue makes of the bodies that it is given. */
export interface Rules<T> {
  readonly setup: RuledSetup
  readonly group: ((body: T) => string) | undefined
  readonly dedupKey: ((body: T) => string | undefined) | undefined
  readonly schema: StandardSchema<T> | undefined
  readonly codec: Codec<T> | undefined
  readonly encryption: EncryptionFunction | undefined
}

/** A queue by its key, and what it makes of bodies. */
export interface Addressed<T> {
  readonly key: string
  readonly rules: Rules<T>
}

/** A message as it leaves the page, but for its id. */
export type Outgoing = { -readonly [Name in keyof Omit<OutgoingMessage, 'id'>]: OutgoingMessage[Name] }

/** Content as it leaves the page, once its bytes are stored, or go along. */
export interface OutgoingContent {
  readonly group: string | undefined
  readonly bytes: TakenContent['bytes']
  readonly with: (stored: StoredBody) => Outgoing
}

/** Where no bytes go. */
const WHERE = 'in a schedule, an outbox, and behind `ack`'

/** What is stored for a body, as JSON: what the queue's schema, its functions and the options of this one message make of it. */
export function outgoing<T>(given: T, options: EnqueueOptions | undefined, rules: Rules<T>): Outgoing {
  assertNoCodec(rules.codec, WHERE)
  if (rules.encryption) throw invalid(`Expected a queue without \`encryption\` ${WHERE}: what it takes lies on the disk in clear`)
  const { body, message } = described(given, options, rules)
  return { ...message, body: encodeBody(body) }
}

/** The same of a body that may be content, whose bytes are still to be taken. */
export function outgoingOrContent<T>(given: T, options: EnqueueOptions | undefined, rules: Rules<T>): Outgoing | OutgoingContent {
  const { body, message } = described(given, options, rules)
  const taken = rules.codec ? encodedBy(rules.codec, body) : contentOf(body)
  if (!taken) return { ...message, body: encodeBody(body) }
  return { group: message.group, bytes: taken.bytes, with: (stored) => ({ ...message, content: taken.content, body: stored }) }
}

function described<T>(given: T, options: EnqueueOptions | undefined, rules: Rules<T>): { body: T; message: Omit<Outgoing, 'body'> } {
  if (options !== undefined) checkEnqueue(options)
  const body = rules.schema ? validated(rules.schema, given) : given
  const { setup } = rules
  const message: Omit<Outgoing, 'body'> = { ...(setup.version > 1 && { version: setup.version }) }
  const group = options?.group ?? rules.group?.(body)
  addOptions(message, { ...options, ...(group !== undefined && { group }) }, setup)
  addDedupKey(message, options?.dedupKey ?? rules.dedupKey?.(body), options?.onDuplicate, setup)
  return { body, message }
}

/** What is stored for a request that was taken, once its bytes are. What a queue makes of bodies it does not make of these. */
export function outgoingRequest(request: StoredRequest, options: EnqueueOptions, setup: RuledSetup): (stored: StoredBody) => Outgoing {
  if (setup.consumers) throw invalid('Expected a queue with an `endpoint` for a request: this one has consumers')
  const message: Omit<Outgoing, 'body'> = { request }
  addOptions(message, options, setup)
  addDedupKey(message, options.dedupKey, options.onDuplicate, setup)
  return (body) => ({ ...message, body })
}

/** Refuses options of a message that are none. */
export function checkEnqueue(options: unknown): asserts options is EnqueueOptions {
  checkOptions(options, enqueueChecks)
}

function addOptions(message: Omit<Outgoing, 'body'>, options: EnqueueOptions, setup: RuledSetup): void {
  const { group, ttl = setup.ttl, delay, maxAttempts, backoff, idempotencyKey, redirects } = options
  if (group !== undefined) message.group = groupIn(setup.order, group)
  if (ttl !== undefined) message.ttl = ttl
  if (delay) message.delay = delay
  if (maxAttempts !== undefined) message.maxAttempts = maxAttempts
  if (backoff) message.backoff = { ...backoff }
  if (idempotencyKey !== undefined) message.idempotencyKey = idempotencyKey
  if (redirects) message.redirects = redirects
  if (delay && message.ttl !== undefined && delay >= message.ttl) {
    throw wrongOption('delay', `less than \`ttl\`, ${message.ttl}, or it would never be sent`, delay)
  }
}

function addDedupKey(message: Omit<Outgoing, 'body'>, key: unknown, own: EnqueueOptions['onDuplicate'], setup: RuledSetup): void {
  if (key === undefined) {
    if (own) throw invalid(`Expected \`onDuplicate\` only with a \`dedupKey\`, got '${own}'`)
    return
  }
  if (!dedupKeyCheck.passes(key)) throw wrongOption('dedupKey', dedupKeyCheck.expected, key)
  message.dedupKey = key as string
  const onDuplicate = own ?? setup.onDuplicate
  if (onDuplicate !== 'ignore') message.onDuplicate = onDuplicate
}
