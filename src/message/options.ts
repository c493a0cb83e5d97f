import { QueueError, shown } from './error.ts'

/** Header names and values, in any form that the `Headers` constructor takes. */
export type HeadersLike = Headers | Readonly<Record<string, string>> | ReadonlyArray<readonly [string, string]>

/** Why headers are asked for. */
export interface HeadersRequest {
  /** The server just answered 401 to the headers that were given last: time to refresh a token. */
  readonly unauthorized: boolean
  /** Aborted when nobody waits for the answer any more, after 30,000 ms. */
  readonly signal: AbortSignal
}

/** Gives the headers of requests that are about to be sent. Asked anew for each burst, at most every 10,000 ms, and after a 401. */
export type HeadersFunction = (request: HeadersRequest) => HeadersLike | Promise<HeadersLike>

/** What a queue is: where its messages go, and how. */
export interface QueueOptions<T = unknown> {
  /**
   * The URL that messages are sent to; relative ones are resolved against the page. Only `http:` and `https:`.
   *
   * @example '/api/orders'
   */
  readonly endpoint: string | URL
  /**
   * The method of each request.
   *
   * @defaultValue 'POST'
   */
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  /**
   * Headers of each request, or a function that gives them when a message is about to be sent. Nothing of them is stored. A function
   * that is given to `openQueue` runs in the page, where tokens live; one in a definition that your own worker serves runs in
   * that worker. If it throws, nothing is sent, and it is asked again later.
   *
   * @defaultValue none
   * @example async () => ({ authorization: `Bearer ${await session.token()}` })
   */
  readonly headers?: HeadersLike | HeadersFunction
  /**
   * Whether cookies go along, as in `fetch`.
   *
   * @defaultValue 'same-origin'
   */
  readonly credentials?: RequestCredentials
  /**
   * How long one attempt may take, until the end of the answer's body, in milliseconds, from 1 to 2,147,483,647.
   *
   * @defaultValue 30_000
   */
  readonly timeout?: number
  /**
   * How many attempts that count a message may take before it becomes a dead letter: a whole number from 1, or `Infinity`. Being
   * offline, and a server that is away or busy (429, 502, 503, 504), never counts. At 50, a server that answers 500 has about two hours.
   *
   * @defaultValue 50
   */
  readonly maxAttempts?: number
  /**
   * What "stored" means. `'strict'`: the browser has flushed it to the disk, so that it survives a power cut. `'relaxed'`: the
   * operating system has it, so that it survives a crash of the browser; each lone enqueue is faster.
   *
   * @defaultValue 'strict'
   */
  readonly durability?: 'strict' | 'relaxed'
  /**
   * What is delivered in order. `'queue'`: everything, one message after the other. `'group'`: the messages of each group, one after the
   * other, and groups side by side; a group that fails holds up nobody else. `'none'`: nothing; a message that fails waits aside.
   *
   * @defaultValue 'group' where there is a `group`, otherwise 'queue'
   */
  readonly order?: Order
  /**
   * The group of a message, by its body: a string of at most 256 characters. Called where the message is enqueued.
   *
   * @defaultValue none: messages that are enqueued without a group are one group together
   * @example (order) => order.customer
   */
  // A method: a definition of any bodies is a definition of some.
  group?(body: T): string
  /**
   * How many messages may be under way at once, of different groups: a whole number from 1 to 100. Only 1 with `order: 'queue'`.
   *
   * @defaultValue 1 with `order: 'queue'`, otherwise 6
   */
  readonly concurrency?: number
}

/** What is delivered in order. */
export type Order = 'queue' | 'group' | 'none'

/** How a page opens a queue: everything in {@link QueueOptions}, and where the queue runs. */
export interface OpenOptions<T = unknown> extends QueueOptions<T> {
  /**
   * Where the queue runs. `'worker'`: in the ready-made worker, one for all queues of the page; should that not load, in place,
   * and the `host-started` event says why. `'in-place'`: in the calling thread, for where there are no workers.
   *
   * @defaultValue 'worker'
   */
  readonly host?: 'worker' | 'in-place'
  /**
   * Starts your own worker, which calls `serve()` from `holdfast/worker`. Queues that are opened with the same function share one.
   * If it does not start, calls reject with `host-failed`.
   *
   * @defaultValue the ready-made worker
   * @example () => new Worker(new URL('./queues.worker.ts', import.meta.url), { type: 'module' })
   */
  readonly worker?: () => Worker
}

/** What {@link QueueOptions.order} and concurrency are where they are left out. */
export function orderOf({ order, group, concurrency }: Pick<QueueOptions, 'order' | 'group' | 'concurrency'>): {
  order: Order
  concurrency: number
} {
  const chosen = order ?? (group ? 'group' : 'queue')
  return { order: chosen, concurrency: concurrency ?? (chosen === 'queue' ? 1 : 6) }
}

/** The other options that may be left out, and what they are then. */
export const DEFAULTS: Required<Omit<QueueOptions, 'endpoint' | 'headers' | 'order' | 'group' | 'concurrency'>> = {
  method: 'POST',
  credentials: 'same-origin',
  timeout: 30_000,
  maxAttempts: 50,
  durability: 'strict',
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
}

export const openChecks: Checks<OpenOptions> = {
  ...queueChecks,
  host: oneOf('worker', 'in-place'),
  worker: { expected: 'a function that starts a worker', passes: (value) => typeof value === 'function' },
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
