import { MOST_OF_ANSWER } from './answer.ts'
import type { Compression } from './compression.ts'
import {
  checkOptions,
  invalid,
  wrongOption,
  whole,
  wholeUpTo,
  oneOf,
  oneOrBoth,
  aFunction,
  isText,
  isWhole,
  isCount,
  countGiven,
} from './checks.ts'
import type { Check, Checks } from './checks.ts'
import { DEFAULTS, MOST_IN_BATCH, MOST_UNDER_WAY, orderOf } from './defaults.ts'
import { shown } from './error.ts'
import type { BatchLimits } from './limits.ts'
import type { OpenOptions } from './open-options.ts'
import type { Order, QueueOptions } from './options.ts'
import { isSchema } from './schema.ts'
import { areHeaders, areReadable, isEndpoint, isWellFormed } from './web-checks.ts'

/** The longest time that `setTimeout` can wait; anything above fires at once. */
export const LONGEST_TIMEOUT = 2_147_483_647

export { MOST_UNDER_WAY } from './defaults.ts'

/** What is checked alike for a queue and for one message. */
export const messageChecks: Checks<Pick<QueueOptions, 'ttl' | 'maxAttempts' | 'backoff' | 'onDuplicate' | 'redirects'>> = {
  ttl: whole(1),
  maxAttempts: { expected: 'a whole number from 1, or Infinity', passes: isCount },
  backoff: {
    expected: '{ first, longest }, `longest` not below `first`',
    parts: { first: whole(1), longest: whole(1) },
    passes: (value) => {
      const { first, longest } = value as { first?: number; longest?: number }
      return first !== undefined && longest !== undefined && longest >= first
    },
  },
  onDuplicate: oneOf('ignore', 'replace', 'latest'),
  redirects: oneOf('retry', 'accept'),
}

const { ttl, maxAttempts, backoff, onDuplicate, redirects } = messageChecks

const schema: Check = { expected: 'a schema that follows Standard Schema, version 1', passes: isSchema }

const queueChecks: Checks<QueueOptions> = {
  endpoint: { expected: 'an http or https URL without credentials', passes: isEndpoint },
  consumers: oneOf(true, false),
  method: oneOf('POST', 'PUT', 'PATCH'),
  headers: { expected: 'headers, or a function that gives them', passes: (value) => typeof value === 'function' || areHeaders(value) },
  credentials: oneOf('same-origin', 'include', 'omit'),
  timeout: {
    expected: `a number of milliseconds from 1 to ${LONGEST_TIMEOUT}`,
    passes: (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMEOUT,
  },
  maxAttempts,
  durability: oneOf('strict', 'relaxed'),
  order: oneOf('queue', 'group', 'none'),
  group: aFunction('gives the group of a body'),
  concurrency: wholeUpTo(MOST_UNDER_WAY),
  rate: {
    expected: '{ messages, per }',
    parts: { messages: wholeUpTo(10_000), per: wholeUpTo(LONGEST_TIMEOUT) },
    passes: (value) => countGiven(value) === 2,
  },
  ttl,
  backoff,
  classify: aFunction('tells what an answer means'),
  onDead: oneOf('continue', 'halt'),
  dedupKey: aFunction('gives the dedup key of a body'),
  onDuplicate,
  dedupWindow: whole(0),
  keepReceipts: { expected: '{ age, number }', parts: { age: whole(1), number: whole(1) }, passes: (value) => countGiven(value) === 2 },
  keepDeadLetters: oneOrBoth({ age: whole(1), number: whole(1) }),
  capacity: oneOrBoth({ messages: whole(1), bytes: whole(1) }),
  largestBody: { expected: 'a whole number from 1, or Infinity', passes: isCount },
  schema,
  codec: { expected: '{ type, encode, decode }', passes: isCodec },
  version: whole(1),
  upcast: aFunction('gives a body of today for an earlier one'),
  encryption: aFunction('gives { keys, current }'),
  compress: {
    expected: "'gzip' or { encoding, threshold }",
    shorthand: 'gzip',
    parts: { encoding: oneOf('gzip'), threshold: whole(0) },
    passes: (value) => (value as Compression).encoding !== undefined,
  },
  batch: {
    expected: '{ messages, bytes }',
    parts: { messages: wholeUpTo(MOST_IN_BATCH), bytes: wholeUpTo(16 * 1024 * 1024) },
    passes: (value) => (value as BatchLimits).messages !== undefined,
  },
  answer: {
    expected: '{ schema, headers, limit }, one of them or more',
    parts: {
      schema,
      headers: { expected: 'a list of at most 50 names of headers that can be read', passes: areReadable },
      limit: {
        expected: `a whole number from 0 to ${MOST_OF_ANSWER}`,
        passes: (value) => isWhole(value, 0) && (value as number) <= MOST_OF_ANSWER,
      },
    },
    passes: (value) => countGiven(value) > 0,
  },
  redirects,
  uploadProgress: oneOf(true, false),
  backgroundSync: oneOf(true, false),
}

const openChecks: Checks<OpenOptions> = {
  ...queueChecks,
  identity: {
    expected: 'a string of 1 to 256 characters, well-formed',
    passes: (value) => isText(value, 1) && isWellFormed(value as string),
  },
  host: oneOf('worker', 'in-place'),
  worker: aFunction('starts a worker'),
  blockedStorage: oneOf('reject', 'memory'),
  persist: oneOf(true, false),
}

/** Refuses what is no queue: a wrong option, none where one is needed, or options that contradict each other. */
export function checkQueue(options: unknown, isOpened?: 'opened'): asserts options is OpenOptions {
  checkOptions<QueueOptions>(options, isOpened ? openChecks : queueChecks)
  checkEnd(options)
  checkOrder(options)
  const { onDuplicate = DEFAULTS.onDuplicate, dedupWindow = DEFAULTS.dedupWindow, upcast, version = DEFAULTS.version } = options
  if (dedupWindow > 0 && onDuplicate !== 'ignore') {
    throw invalid(
      `Expected \`dedupWindow\` only with \`onDuplicate: 'ignore'\`, got '${onDuplicate}': what was delivered can only be ignored`,
    )
  }
  if (options.batch && options.encryption)
    throw invalid('Expected no `encryption` with `batch`: what is encrypted is opened for its own attempt, and goes by itself')
  if (options.batch && options.rate) throw invalid('Expected no `rate` with `batch`: what is to go evenly goes one by one')
  if (upcast && version === DEFAULTS.version) throw invalid('Expected `upcast` only with a `version` above 1: there is no earlier one')
}

/** What only says how something is sent. */
const OF_SENDING = [
  'endpoint',
  'method',
  'headers',
  'credentials',
  'timeout',
  'classify',
  'redirects',
  'compress',
  'batch',
  'uploadProgress',
  'backgroundSync',
] as const

/** A queue ends at an endpoint, or at consumers. */
function checkEnd(options: QueueOptions): void {
  if (!options.consumers) {
    if (options.endpoint !== undefined) return
    throw invalid('Expected `endpoint`, where messages are sent to, or `consumers: true`, got neither')
  }
  const ofAnswer = { 'answer.headers': options.answer?.headers, 'answer.limit': options.answer?.limit }
  const given = Object.entries({ ...Object.fromEntries(OF_SENDING.map((name) => [name, options[name]])), ...ofAnswer })
  const [wrong] = given.filter(([, value]) => value !== undefined)
  if (wrong) throw invalid(`Expected no \`${wrong[0]}\` with \`consumers: true\`, got ${shown(wrong[1])}: nothing is sent anywhere`)
}

function checkOrder(options: QueueOptions): void {
  const { order, concurrency } = orderOf(options)
  if (order === 'queue' && concurrency > 1) {
    throw invalid(`Expected \`concurrency\` to be 1 with \`order: 'queue'\`, got ${concurrency}: one message goes after the other`)
  }
  if (order !== 'group' && options.group) throw invalid(`Expected \`group\` only with \`order: 'group'\`, got \`order: '${order}'\``)
  if (order === 'none' && options.onDead === 'halt') {
    throw invalid("Expected `onDead: 'continue'` with `order: 'none'`, got 'halt': there is nothing behind a message to be held up")
  }
}

/** Refuses what can be no group. */
export function checkGroup(group: unknown): asserts group is string {
  if (!groupCheck.passes(group)) throw wrongOption('group', groupCheck.expected, group)
}

export const groupCheck: Check = { expected: 'a string of at most 256 characters', passes: (value) => isText(value, 0) }

/** A group, in a queue that has groups. */
export function groupIn(order: Order, group: unknown): string {
  checkGroup(group)
  if (order === 'group') return group
  throw invalid(`Expected no \`group\` in a queue with \`order: '${order}'\`, got ${shown(group)}`)
}

function isCodec(value: unknown): boolean {
  const { type, encode, decode } = Object(value) as Record<string, unknown>
  return isText(type, 1) && typeof encode === 'function' && typeof decode === 'function'
}
