import { checkName } from '../message/definition.ts'
import { checkOptions, checkOrder, DEFAULTS, openChecks, orderOf } from '../message/option-checks.ts'
import type { QueueDefinition } from '../message/definition.ts'
import type { HeadersFunction, OpenOptions, QueueOptions } from '../message/options.ts'
import { QueueError, shown } from '../message/error.ts'
import { askClassify, askHeaders, askUpcast, toEntries } from '../protocol/functions.ts'
import type { Asks, Setup } from '../protocol/host.ts'
import { HostLink } from './host-link.ts'
import { QueueHandle } from './queue-handle.ts'
import type { Queue } from './queue.ts'
import { startInPlace, startReadyMade, startWorker } from './start-host.ts'
import type { StartHost } from './start-host.ts'

/**
 * Opens a queue and returns at once; it is worked in the background, in a Web Worker by default. Opening starts delivery of what an
 * earlier visit left behind. On a server, where there is no IndexedDB, it does nothing, and its methods reject with `unsupported`.
 *
 * @throws QueueError `invalid-name` or `invalid-option`.
 * @example
 * ```ts
 * const orders = openQueue<Order>('orders', {
 *   endpoint: '/api/orders',
 *   headers: async () => ({ authorization: `Bearer ${await session.token()}` }),
 * })
 * ```
 */
export function openQueue<T = unknown>(name: string, options: OpenOptions<T>): Queue<T>
/**
 * Opens a queue that was defined with `defineQueue`; options given here go before those of the definition.
 *
 * @example
 * ```ts
 * const queue = openQueue(orders, {
 *   worker: () => new Worker(new URL('./queues.worker.ts', import.meta.url), { type: 'module' }),
 * })
 * ```
 */
export function openQueue<T = unknown>(definition: QueueDefinition<T>, options?: Partial<OpenOptions<T>>): Queue<T>
export function openQueue<T>(queue: string | QueueDefinition<T>, options: Partial<OpenOptions<T>> = {}): Queue<T> {
  return openQueueOn(linkFor, queue, options)
}

/** {@link openQueue}, with the link to the host chosen by the caller. */
export function openQueueOn<T>(
  linkTo: (options: OpenOptions) => HostLink,
  queue: string | QueueDefinition<T>,
  given: Partial<OpenOptions<T>>,
): Queue<T> {
  const isDefined = typeof queue === 'object' && queue !== null
  const name = isDefined ? queue.name : queue
  checkName(name)
  const defined = isDefined ? queue.options : undefined
  const options = isObject(given) ? withoutUndefined({ ...defined, ...withoutUndefined(given) }) : given
  checkOptions<OpenOptions<T>>(options, openChecks)
  checkOrder(options)
  if (options.host && options.worker) {
    throw new QueueError('invalid-option', `Expected \`host\` or \`worker\`, got both: a worker of your own is a host`)
  }
  return new QueueHandle<T>({
    name,
    setup: setupOf(options as OpenOptions, given as Partial<OpenOptions>),
    link: linkTo(options as OpenOptions),
    group: options.group?.bind(options),
    functions: {
      headers: (unauthorized) => askHeaders(options.headers as HeadersFunction, unauthorized),
      classify: (answer) => askClassify(options.classify!, answer),
      upcast: (body, version) => askUpcast(options.upcast!, body, version),
    },
  })
}

const links = new Map<unknown, HostLink>()

/** One host for all queues of the page that want the same: a worker of the user's is known by the function that starts it. */
function linkFor({ host, worker }: OpenOptions): HostLink {
  // On a server nothing is kept: it renders a page a thousand times.
  if (typeof indexedDB === 'undefined') return new HostLink(startNowhere, () => {})
  const key = worker ?? host ?? 'worker'
  const link = links.get(key) ?? new HostLink(starter(host, worker), () => links.get(key) === link && links.delete(key))
  links.set(key, link)
  return link
}

function starter(host: OpenOptions['host'], worker: OpenOptions['worker']): StartHost {
  if (worker) return (page, maker) => startWorker(worker, page, maker)
  return host === 'in-place' ? startInPlace : startReadyMade
}

const startNowhere: StartHost = async () => {
  throw new QueueError('unsupported', 'Expected IndexedDB, which is not to be found here: is this a server?')
}

/** The options as they cross to the host. */
function setupOf(options: QueueOptions, given: Partial<QueueOptions>): Setup {
  const { endpoint, headers, method, credentials, timeout, maxAttempts, durability, backoff, onDead, onDuplicate, dedupWindow, version } = {
    ...DEFAULTS,
    ...options,
  }
  const { ttl, keepReceipts, capacity } = options
  const asks = (name: 'headers' | 'classify' | 'upcast'): Asks =>
    typeof options[name] !== 'function' ? 'never' : given[name] === undefined ? 'unless-served' : 'always'
  return {
    method,
    credentials,
    timeout,
    maxAttempts,
    durability,
    ...orderOf(options),
    endpoint: absolute(endpoint),
    headers: typeof headers === 'function' || headers === undefined ? [] : toEntries(headers),
    asks: { headers: asks('headers'), classify: asks('classify'), upcast: asks('upcast') },
    backoff,
    onDead,
    onDuplicate,
    dedupWindow,
    version,
    ...(ttl !== undefined && { ttl }),
    ...(keepReceipts && { keepReceipts }),
    ...(capacity && { capacity }),
  }
}

/** An endpoint that means the same in a worker, whose base is its own file. */
function absolute(endpoint: string | URL): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  try {
    return new URL(endpoint, base).href
  } catch {
    // On a server a relative endpoint is as good as any: nothing is sent.
    if (typeof indexedDB === 'undefined') return String(endpoint)
    throw new QueueError('invalid-option', `Expected \`endpoint\` to be an absolute URL where there is no page, got ${shown(endpoint)}`)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}
