import { QueueError, shown } from './error.ts'
import type { OpenOptions, Order, QueueOptions } from './options.ts'

/** What `order` and concurrency are where they are left out. */
export function orderOf({ order, group, concurrency }: Pick<QueueOptions, 'order' | 'group' | 'concurrency'>): {
  order: Order
  concurrency: number
} {
  const chosen = order ?? (group ? 'group' : 'queue')
  return { order: chosen, concurrency: concurrency ?? (chosen === 'queue' ? 1 : 6) }
}

type Defaults = Required<
  Pick<
    QueueOptions,
    'method' | 'credentials' | 'timeout' | 'maxAttempts' | 'durability' | 'backoff' | 'onDead' | 'onDuplicate' | 'dedupWindow' | 'version'
  >
>

/** The other options that may be left out, and what they are then. */
export const DEFAULTS: Defaults = {
  method: 'POST',
  credentials: 'same-origin',
  timeout: 30_000,
  maxAttempts: 50,
  durability: 'strict',
  backoff: { first: 1_000, longest: 300_000 },
  onDead: 'continue',
  onDuplicate: 'ignore',
  dedupWindow: 0,
  version: 1,
}

/** The longest time that `setTimeout` can wait; anything above fires at once. */
export const LONGEST_TIMEOUT = 2_147_483_647

interface Check {
  readonly expected: string
  readonly passes: (value: unknown) => boolean
}

type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check }

export const queueChecks: Checks<QueueOptions> = {
  endpoint: { expected: 'an http or https URL without credentials', passes: isEndpoint },
  method: oneOf('POST', 'PUT', 'PATCH'),
  headers: { expected: 'headers, or a function that gives them', passes: (value) => typeof value === 'function' || areHeaders(value) },
  credentials: oneOf('same-origin', 'include', 'omit'),
  timeout: {
    expected: `a number of milliseconds from 1 to ${LONGEST_TIMEOUT}`,
    passes: (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMEOUT,
  },
  maxAttempts: {
    expected: 'a whole number from 1, or Infinity',
    passes: (value) => typeof value === 'number' && value >= 1 && (Number.isInteger(value) || value === Infinity),
  },
  durability: oneOf('strict', 'relaxed'),
  order: oneOf('queue', 'group', 'none'),
  group: { expected: 'a function that gives the group of a body', passes: (value) => typeof value === 'function' },
  concurrency: {
    expected: 'a whole number from 1 to 100',
    passes: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100,
  },
  ttl: { expected: 'a number', passes: () => true },
  backoff: { expected: 'a backoff', passes: () => true },
  classify: { expected: 'a function', passes: () => true },
  onDead: oneOf('continue', 'halt'),
  dedupKey: { expected: 'a function', passes: () => true },
  onDuplicate: oneOf('ignore', 'replace', 'latest'),
  dedupWindow: { expected: 'a number', passes: () => true },
  keepReceipts: { expected: 'limits', passes: () => true },
  capacity: { expected: 'limits', passes: () => true },
  schema: { expected: 'a schema', passes: () => true },
  version: { expected: 'a number', passes: () => true },
  upcast: { expected: 'a function', passes: () => true },
}

export const openChecks: Checks<OpenOptions> = {
  ...queueChecks,
  host: oneOf('worker', 'in-place'),
  worker: { expected: 'a function that starts a worker', passes: (value) => typeof value === 'function' },
  persist: { expected: 'a boolean', passes: () => true },
}

/** Refuses unknown options, and known ones with a value that they do not take. */
export function checkOptions<Options>(options: unknown, checks: Checks<Options>): asserts options is Options {
  if (typeof options !== 'object' || options === null) {
    throw new QueueError('invalid-option', `Expected \`options\` to be an object, got ${shown(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined
    if (!check) throw new QueueError('invalid-option', `Unknown option \`${name}\`; known are ${Object.keys(checks).join(', ')}`)
    if (value !== undefined && !check.passes(value)) throw wrongOption(name, check.expected, value)
  }
  if (!('endpoint' in options) || options.endpoint === undefined) throw wrongOption('endpoint', queueChecks.endpoint.expected, undefined)
}

/** Refuses options that contradict each other. */
export function checkOrder(options: Pick<QueueOptions, 'order' | 'group' | 'concurrency'>): void {
  const { order, concurrency } = orderOf(options)
  if (order === 'queue' && concurrency > 1) {
    throw new QueueError(
      'invalid-option',
      `Expected \`concurrency\` to be 1 with \`order: 'queue'\`, got ${concurrency}: one message goes after the other`,
    )
  }
  if (order !== 'group' && options.group) {
    throw new QueueError('invalid-option', `Expected \`group\` only with \`order: 'group'\`, got \`order: '${order}'\``)
  }
}

/** Refuses what can be no group. */
export function checkGroup(group: unknown): asserts group is string {
  if (typeof group === 'string' && group.length <= 256) return
  throw new QueueError('invalid-option', `Expected \`group\` to be a string of at most 256 characters, got ${shown(group)}`)
}

function wrongOption(name: string, expected: string, value: unknown): QueueError {
  return new QueueError('invalid-option', `Expected \`${name}\` to be ${expected}, got ${shown(value)}`)
}

function oneOf(...values: string[]): Check {
  return { expected: values.map((value) => `'${value}'`).join(' or '), passes: (value) => values.includes(value as string) }
}

/** An absolute http(s) URL, or one that becomes so on any page. */
function isEndpoint(value: unknown): boolean {
  if (!(value instanceof URL) && (typeof value !== 'string' || value.trim() === '')) return false
  try {
    const { protocol, username, password } = new URL(value, 'https://page.invalid/')
    // `fetch` takes no URL with credentials in it.
    return /^https?:$/.test(protocol) && username === '' && password === ''
  } catch {
    return false
  }
}

function areHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return new Headers(value as HeadersInit) instanceof Headers
  } catch {
    return false
  }
}
