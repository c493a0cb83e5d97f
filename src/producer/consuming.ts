import { assertCanConsume } from '../handler/support.ts'
import type { Realm } from '../handler/realm.ts'
import type { Codec } from '../message/codec.ts'
import type { QueueEvent } from '../message/event.ts'
import type { ConsumeOptions, Consumer, Handler, PoolOptions } from '../message/handling.ts'
import { checkConsume, checkPool } from '../message/handling-checks.ts'
import { invalid } from '../message/checks.ts'
import type { Setup } from '../protocol/host.ts'
import { LateConsumer, loadHandling } from './late-consumer.ts'
import type { HandlingDoor } from './late-consumer.ts'

/** How long consumers may take to finish when their queue is closed, in milliseconds: as long as an attempt that is under way. */
const GRACE = 2_000

export interface ConsumingOptions<T> {
  readonly codec: Codec<T> | undefined
  readonly queue: { readonly key: string; readonly setup: Setup }
  readonly assertOpen: () => void
  /** Tells what happens to those who listen to the queue in this page. */
  readonly tell: (event: QueueEvent) => void
  /** What consumers take from their surroundings; the calling realm's, where it is left out. */
  readonly realm: (() => Realm) | undefined
}

/** The consumers of a queue that belong to its handle: they end with it. */
export class Consuming<T> {
  readonly #options: ConsumingOptions<T>
  readonly #consumers = new Set<Consumer>()
  readonly #leaseExpired = new Set<(consumer: string) => void>()

  constructor(options: ConsumingOptions<T>) {
    this.#options = options
    if (options.queue.setup.consumers) loadHandling().catch(() => {})
  }

  consume(handler: Handler<T>, options: ConsumeOptions): Consumer {
    this.#assertMay()
    checkConsume(handler, options)
    const { queue, codec, realm } = this.#options
    return this.#begin(({ consumeOn }) => consumeOn(realm?.(), { key: queue.key, codec }, handler, options))
  }

  consumeInWorkers(start: () => Worker, options: PoolOptions): Consumer {
    this.#assertMay()
    checkPool(start, options)
    let replace = (_consumer: string): void => {}
    const tell = (consumer: string): void => replace(consumer)
    this.#leaseExpired.add(tell)
    return this.#begin(
      ({ Pool }) => {
        const failed = (message: string): void => this.#options.tell({ type: 'pool-worker-failed', message })
        const pool = new Pool({ start, key: this.#options.queue.key, failed }, options.size)
        replace = (consumer) => pool.replace(consumer)
        return pool
      },
      () => this.#leaseExpired.delete(tell),
    )
  }

  /** Something happened in the queue. */
  hear(event: QueueEvent): void {
    if (event.type === 'lease-expired') for (const tell of this.#leaseExpired) tell(event.consumer)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.close({ timeout: GRACE })))
  }

  /** It is held here until it is closed. */
  #begin(begin: (door: HandlingDoor) => Consumer, ended = (): unknown => undefined): Consumer {
    const consumer = new LateConsumer(begin, () => {
      this.#consumers.delete(consumer)
      ended()
    })
    this.#consumers.add(consumer)
    return consumer
  }

  #assertMay(): void {
    const { assertOpen, queue, realm } = this.#options
    assertOpen()
    if (!queue.setup.consumers) throw invalid('Expected a queue with `consumers: true`: the messages of this one go to its endpoint')
    if (!realm) assertCanConsume()
  }
}
