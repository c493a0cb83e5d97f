import { consumeOn } from '../handler/consume.ts'
import { Pool } from '../handler/pool.ts'
import { callingRealm } from '../handler/realm.ts'
import type { Realm } from '../handler/realm.ts'
import type { QueueEvent } from '../message/event.ts'
import type { ConsumeOptions, Consumer, Handler, PoolOptions } from '../message/handling.ts'
import { checkConsume, checkPool } from '../message/handling-checks.ts'
import { invalid } from '../message/option-checks.ts'
import type { Setup } from '../protocol/host.ts'

/** How long consumers may take to finish when their queue is closed, in milliseconds: as long as an attempt that is under way. */
const GRACE = 2_000

/** The consumers of a queue that belong to its handle: they end with it. */
export class Consuming<T> {
  readonly #realm: () => Realm
  readonly #queue: { readonly key: string; readonly setup: Setup }
  readonly #assertOpen: () => void
  readonly #consumers = new Set<Consumer>()
  readonly #pools = new Set<Pool>()

  constructor(queue: { readonly key: string; readonly setup: Setup }, assertOpen: () => void, realm: () => Realm = callingRealm) {
    this.#queue = queue
    this.#assertOpen = assertOpen
    this.#realm = realm
  }

  consume(handler: Handler<T>, options: ConsumeOptions): Consumer {
    this.#assertMay()
    checkConsume(handler, options)
    const consumer = consumeOn(this.#realm(), this.#queue.key, handler, options)
    this.#consumers.add(consumer)
    return consumer
  }

  consumeInWorkers(start: () => Worker, options: PoolOptions): Consumer {
    this.#assertMay()
    checkPool(start, options)
    const pool = new Pool(start, options.size)
    this.#consumers.add(pool)
    this.#pools.add(pool)
    return pool
  }

  /** Something happened in the queue. */
  hear(event: QueueEvent): void {
    if (event.type === 'lease-expired') for (const pool of this.#pools) pool.replace(event.consumer)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.close({ timeout: GRACE })))
  }

  #assertMay(): void {
    this.#assertOpen()
    if (!this.#queue.setup.consumers)
      throw invalid(`Expected a queue with \`consumers: true\`: the messages of this one go to its endpoint`)
  }
}
