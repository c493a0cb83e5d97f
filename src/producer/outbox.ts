import { wallClock } from '../handler/clock.ts'
import { messageId, mintProducer } from '../message/id.ts'
import { closedError, QueueError } from '../message/error.ts'
import { checkOptions, invalid, isText } from '../message/checks.ts'
import { outgoing } from '../protocol/outgoing.ts'
import { OUTBOX } from './outbox-store.ts'
import type { OutboxEntry } from './outbox-store.ts'
import { watchPage } from './page-signals.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import type { Queue } from './queue.ts'
import { Relay } from './relay.ts'
import type { RelayPlatform } from './relay.ts'
import { relayingOf } from './relaying.ts'
import type { Relaying } from './relaying.ts'

/** As much of a database as is used while it is upgraded: the browser's own, or one that `idb` has wrapped. */
export interface UpgradedDatabase {
  readonly objectStoreNames: { contains(name: never): boolean }
  createObjectStore(name: never, options?: IDBObjectStoreParameters): unknown
}

/** As much of a transaction as is used: the browser's own, or one that `idb` has wrapped. */
export interface OutboxTransaction {
  objectStore(name: never): unknown
  addEventListener(type: 'complete', listener: () => void): void
}

/** Where an outbox is. */
export interface OutboxOptions {
  /** The name of the app's database. It is opened only for as long as messages are moved, and never made. */
  readonly database: string
}

/**
 * The end of a queue in the app's own database.
 *
 * @example
 * ```ts
 * const tx = db.transaction(['carts', OUTBOX], 'readwrite')
 * tx.objectStore('carts').put({ ...cart, state: 'ordered' })
 * const id = outbox.enqueueIn(tx, { cart: cart.id })
 * ```
 */
export interface Outbox<T = unknown> extends AsyncDisposable {
  /**
   * Enqueues a message in a transaction of the app's: it is in the queue if, and only if, that commits. Then it is moved there, in the order of commits. The queue's `capacity` is
   * no reason to refuse it.
   *
   * @returns its id, for `queue.receipt(id)`, which knows it once it was moved (see {@link Outbox.relay}).
   * @throws QueueError at once, with nothing written: `invalid-body`, `body-too-large` or `invalid-option`, as `enqueue` rejects with; `invalid-option` for a transaction that has ended,
   * only reads, or does not reach the store `OUTBOX`.
   */
  enqueueIn(tx: OutboxTransaction, body: T, options?: EnqueueOptions): string

  /** Moves now what was committed, as happens by itself; resolves when all of it is in the queue. A failure is tried again by itself as well. */
  relay(): Promise<void>

  /** Lets it go. What was not moved is moved when an outbox of this queue is opened next. */
  close(): Promise<void>
}

/** Makes the store for messages in the app's database, where there is none. To be called while that is upgraded. */
export function installOutbox(database: UpgradedDatabase): void {
  if (database.objectStoreNames.contains(OUTBOX as never)) return
  const store = database.createObjectStore(OUTBOX as never, { autoIncrement: true }) as Pick<IDBObjectStore, 'createIndex'>
  store.createIndex('queue', 'queue')
}

/**
 * Opens the outbox of a queue in the app's own database, and moves what an earlier visit has left in there. It closes with its queue.
 *
 * @throws QueueError `invalid-option`.
 * @example
 * ```ts
 * const orders = openQueue<Order>('orders', { endpoint: '/api/orders' })
 * const outbox = openOutbox(orders, { database: 'shop' })
 * ```
 */
export function openOutbox<T>(queue: Queue<T>, options: OutboxOptions): Outbox<T> {
  return openOutboxOn(realmPlatform(), queue, options)
}

/** {@link openOutbox}, with its surroundings chosen by the caller. */
export function openOutboxOn<T>(platform: RelayPlatform, queue: Queue<T>, options: OutboxOptions): Outbox<T> {
  checkOptions<OutboxOptions>(options, { database: { expected: 'the name of a database', passes: (value) => isText(value, 1) } })
  if (options.database === undefined) throw invalid('Expected `database` to be the name of a database, got undefined')
  return new AppOutbox(platform, queue.name, relayingOf<T>(queue), options.database)
}

function realmPlatform(): RelayPlatform {
  return { locks: globalThis.navigator?.locks, ...wallClock }
}

class AppOutbox<T> implements Outbox<T> {
  readonly #name: string
  readonly #queue: Relaying<T>
  readonly #now: () => number
  readonly #relay: Relay
  readonly #producer = mintProducer()
  /** Ids say which were stored together. */
  readonly #transactions = new WeakMap<OutboxTransaction, { readonly number: number; size: number }>()
  readonly #unwatch: () => void
  #number = 0
  #isClosed = false

  constructor(platform: RelayPlatform, name: string, queue: Relaying<T>, database: string) {
    this.#name = name
    this.#queue = queue
    this.#now = () => platform.now()
    this.#relay = new Relay({ platform, database, queue, ended: () => void this.close() })
    this.#unwatch = watchPage((signal) => signal !== 'offline' && this.#relay.wake())
    // On a server it does nothing, as its queue.
    if (typeof indexedDB !== 'undefined') this.#relay.wake()
  }

  enqueueIn(tx: OutboxTransaction, body: T, options?: EnqueueOptions): string {
    if (this.#isClosed) throw closedError(this.#name)
    const message = outgoing(body, options, this.#queue.rules)
    const { number, size } = this.#known(tx)
    const id = messageId(this.#producer, number, size)
    this.#add(tx, { version: 1, queue: this.#queue.key, at: this.#now(), message: { id, ...message } })
    if (size === 0) tx.addEventListener('complete', () => this.#relay.wake())
    this.#transactions.set(tx, { number, size: size + 1 })
    return id
  }

  async relay(): Promise<void> {
    if (this.#isClosed) throw closedError(this.#name)
    await this.#relay.run()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#unwatch()
    await this.#relay.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #known(tx: OutboxTransaction): { readonly number: number; readonly size: number } {
    return this.#transactions.get(tx) ?? { number: this.#number++, size: 0 }
  }

  #add(tx: OutboxTransaction, entry: OutboxEntry): void {
    try {
      const store = tx.objectStore(OUTBOX as never) as { add(value: unknown): IDBRequest | Promise<unknown> }
      const added = store.add(entry)
      // Whoever waits for the transaction is told.
      if ('catch' in added) added.catch(() => {})
    } catch (error) {
      const text = `Expected \`tx\` to be a transaction under way that may write to the store "${OUTBOX}": ${String(error)}`
      throw new QueueError('invalid-option', text, { cause: error })
    }
  }
}
