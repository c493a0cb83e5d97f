import { checkName } from '../message/definition.ts'
import { invalid } from '../message/checks.ts'
import { checkQueue } from '../message/option-checks.ts'
import type { Realm } from '../handler/realm.ts'
import type { QueueDefinition } from '../message/definition.ts'
import type { OpenOptions, QueueEnd } from '../message/open-options.ts'
import { QueueError } from '../message/error.ts'
import { isSchema } from '../message/schema.ts'
import { askClassify, askEncryption, askHeaders, askUpcast } from '../protocol/functions.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import { queueKey } from '../protocol/names.ts'
import { setupOf } from '../protocol/setup.ts'
import { Answers } from './answers.ts'
import { callServiceWorker } from './background-sync.ts'
import { unlessBlocked } from './blocked-storage.ts'
import { HostLink } from './host-link.ts'
import { askToPersist } from './persist.ts'
import { QueueHandle } from './queue-handle.ts'
import type { Queue } from './queue.ts'
import { startInPlace, readyMade, startWorker } from './start-host.ts'
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
export function openQueue<T = unknown, A = unknown>(name: string, options: OpenOptions<T, A> & QueueEnd): Queue<T, A>
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
export function openQueue<T = unknown, A = unknown>(definition: QueueDefinition<T, A>, options?: Partial<OpenOptions<T, A>>): Queue<T, A>
export function openQueue<T, A>(queue: string | QueueDefinition<T, A>, options: Partial<OpenOptions<T, A>> = {}): Queue<T, A> {
  return openQueueOn(linkFor, queue, options)
}

/** {@link openQueue}, with the link to the host chosen by the caller. */
export function openQueueOn<T, A = unknown>(
  linkTo: (options: OpenOptions) => HostLink,
  queue: string | QueueDefinition<T, A>,
  given: Partial<OpenOptions<T, A>>,
  realm?: () => Realm,
): Queue<T, A> {
  const isDefined = typeof queue === 'object' && queue !== null
  const name = isDefined ? queue.name : queue
  checkName(name)
  const defined = isDefined ? queue.options : undefined
  const options = isObject(given) ? withoutUndefined({ ...defined, ...withoutUndefined(given) }) : given
  checkQueue(options, 'opened')
  if (options.host && options.worker) {
    throw new QueueError('invalid-option', `Expected \`host\` or \`worker\`, got both: a worker of your own is a host`)
  }
  if (options.backgroundSync) refusePagesOwn(given, defined, options.version)
  const setup = setupOf(options, given)
  const link = linkTo(options)
  link.assertSameEnd(queueKey(name, options.identity), setup)
  const handle = new QueueHandle<T, A>({
    name,
    setup,
    link,
    functions: functionsOf(name, options),
    realm,
    mayBeInMemory: options.blockedStorage === 'memory',
    identity: options.identity,
    group: options.group?.bind(options),
    dedupKey: options.dedupKey?.bind(options),
    schema: options.schema,
    codec: options.codec,
    encryption: options.encryption,
    answers: new Answers(options.answer?.schema),
  })
  // A service worker does not know who is signed in.
  if (options.backgroundSync && options.identity === undefined) callServiceWorker(handle)
  if (options.persist) void askToPersist().then((granted) => handle.hear({ type: 'persist-answered', granted }))
  return handle
}

/** A service worker drains when there is no page that could be asked for these. */
function refusePagesOwn<T>(given: Partial<OpenOptions<T>>, defined: Partial<OpenOptions<T>> = {}, version = 1): void {
  const asked = ['headers', 'classify', 'upcast', 'encryption', ...(version > 1 ? (['schema'] as const) : [])] as const
  const own = asked.find((name) => isAsked(given[name]) && !isAsked(defined[name]))
  if (own === undefined) return
  throw invalid(`Expected \`${own}\` in the definition, with \`backgroundSync\`: a service worker has no page to ask`)
}

/** Headers may be there without a function. */
function isAsked(option: unknown): boolean {
  return typeof option === 'function' || isSchema(option)
}

/** The functions that a host asks this page for. */
function functionsOf(name: string, { headers, classify, upcast, schema, encryption, identity }: OpenOptions): PageFunctions {
  const given = <Given>(option: Given): Extract<Given, (...given: never[]) => unknown> => {
    if (typeof option === 'function') return option as never
    throw new QueueError('internal', `The queue "${name}" has no such function`)
  }
  return {
    headers: async (unauthorized) => askHeaders(given(headers), unauthorized, identity),
    classify: async (answer) => askClassify(given(classify), answer),
    upcast: async (body, version) => askUpcast({ upcast, schema }, body, version),
    encryption: async () => askEncryption(given(encryption), identity),
  }
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
  if (worker) return unlessBlocked((page, maker) => startWorker(worker, page, maker))
  return unlessBlocked(host === 'in-place' ? startInPlace : readyMade())
}

const startNowhere: StartHost = async () => {
  throw new QueueError('unsupported', 'Expected IndexedDB, which is not to be found here: is this a server?')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}
