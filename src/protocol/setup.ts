import { keptOfAnswer, MOST_OF_ANSWER } from '../message/answer.ts'
import { compressionOf } from '../message/compression.ts'
import { QueueError, shown } from '../message/error.ts'
import { batchOf, DEFAULTS, orderOf } from '../message/defaults.ts'
import type { OpenOptions } from '../message/open-options.ts'
import { toEntries } from './functions.ts'
import type { Asks, Setup } from './host.ts'

/** What only the page needs, beside the functions. */
const STAYS = ['schema', 'codec', 'identity', 'host', 'blockedStorage', 'persist', 'backgroundSync']

/**
 * The options as they cross to the host, to which functions cannot.
 *
 * @param given those that go before a definition that is shared: its functions are asked where they were given.
 */
export function setupOf(options: OpenOptions, given: Partial<Pick<OpenOptions, keyof Setup['asks'] | 'schema'>>): Setup {
  const { endpoint, headers } = options
  const crossing = Object.entries(options).filter(([name, value]) => typeof value !== 'function' && !STAYS.includes(name))
  const asks = (...names: readonly (keyof typeof given)[]): Asks => {
    if (names.every((name) => options[name] === undefined)) return 'never'
    return names.every((name) => given[name] === undefined) ? 'unless-served' : 'always'
  }
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(crossing) as Partial<Setup>),
    ...orderOf(options),
    endpoint: endpoint === undefined ? '' : absolute(endpoint),
    ...(options.compress && { compress: compressionOf(options.compress) }),
    ...(options.batch && { batch: batchOf(options.batch) }),
    // What consumers answer is bounded as they say it.
    answer: keptOfAnswer(options.consumers ? { limit: MOST_OF_ANSWER } : options.answer),
    headers: typeof headers === 'function' || headers === undefined ? [] : toEntries(headers),
    asks: {
      headers: typeof headers === 'function' ? asks('headers') : 'never',
      classify: asks('classify'),
      encryption: asks('encryption'),
      // No body is of an earlier version than the first.
      upcast: options.version === undefined || options.version === 1 ? 'never' : asks('upcast', 'schema'),
    },
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
