import type { Codec } from '../message/codec.ts'
import type { ConsumeOptions, Consumer, Handler } from '../message/handling.ts'
import { checkConsume, LEASE } from '../message/handling-checks.ts'
import { checkName } from '../message/definition.ts'
import type { QueueDefinition } from '../message/definition.ts'
import { invalid } from '../message/checks.ts'
import { queueKey } from '../protocol/names.ts'
import { ConsumerEnd } from './consumer-end.ts'
import { serveInPool } from './pool-worker.ts'
import { callingRealm } from './realm.ts'
import type { Realm } from './realm.ts'

/** {@link ConsumeOptions}, and whose queue it is. */
export interface ConsumeInWorkerOptions extends ConsumeOptions {
  /**
   * Whose messages these are, as in `openQueue`.
   *
   * @defaultValue none
   */
  readonly identity?: string
}

/**
 * Handles the messages of a queue that was defined with `consumers: true`, in a page or a worker that does not open it: some tab must have it open. In a worker that `consumeInWorkers` has started, it belongs
 * to that pool.
 *
 * @throws QueueError `invalid-option`; `unsupported` where there are no Web Locks.
 * @example
 * ```ts
 * // thumbnails.worker.ts
 * import { consume } from 'holdfast/consumer'
 * import { thumbnails } from './queues.ts'
 *
 * consume(thumbnails, async ({ body, signal }) => makeThumbnail(body, signal))
 * ```
 */
export function consume<T>({ name, options: of }: QueueDefinition<T>, handler: Handler<T>, options: ConsumeInWorkerOptions = {}): Consumer {
  const { identity, ...given } = options
  checkName(name)
  if (!of.consumers) throw invalid(`Expected the queue "${name}" to be defined with \`consumers: true\`: its messages go to an endpoint`)
  checkConsume(handler, given)
  return serveInPool((joined) => consumeOn(undefined, { key: queueKey(name, identity), codec: of.codec }, handler, given, joined))
}

/** {@link consume}, of a queue by its key, in a realm that the caller gives, or in the calling one. */
export function consumeOn<T>(
  realm: Realm | undefined,
  { key, codec }: { readonly key: string; readonly codec?: Codec<T> | undefined },
  handler: Handler<T>,
  options: ConsumeOptions,
  joined?: (lock: string) => void,
): Consumer {
  const { concurrency = 1, lease = LEASE } = options
  return new ConsumerEnd({ key, codec, handler, concurrency, lease, realm: realm ?? callingRealm(), ...(joined && { joined }) })
}
