import { isQueueError, QueueError, STORAGE_BLOCKED } from '../message/error.ts'
import { inTime } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { expectGeneration } from './generation.ts'
import { Handle } from './handle.ts'
import type { HandleNews } from './handle.ts'
import { readTail } from './meta.ts'
import type { ReadTransaction, StoreName, WriteTransaction } from './schema.ts'
import { abort, completed } from './transaction.ts'

/** How long a transaction may take before its connection is held to be dead, in milliseconds; each time it is issued again, twice as long. */
const PATIENCE = 10_000

/** How long to wait before something is issued again, in milliseconds; the last for every further time. The first loss is made good at once. */
const PAUSES = [0, 250, 1_000, 4_000]

/** How long a storage that is away is waited for, in milliseconds, before those who wait are told that it failed. */
const LONGEST_WAIT = 60_000

export type Durability = 'strict' | 'relaxed'

/** What a connection tells of the storage. */
export type StorageNews =
  | HandleNews
  /** It was destroyed by somebody else, and this connection knows what was before. */
  | { readonly type: 'destroyed' }
  | { readonly type: 'storage-lost'; readonly message: string }
  | { readonly type: 'storage-restored' }

export interface ConnectionOptions {
  readonly name: string
  /** The generation of the queue that those know who ask, where they had it open before. */
  readonly known?: string | undefined
  readonly clock: Clock
  readonly tell: (news: StorageNews) => void
  /** Gives free what is kept back for when the disk is full, if anything is. */
  readonly makeRoom: () => Promise<void>
}

/**
 * The connection to a queue's database. Every transaction of the library runs through here.
 *
 * `work` may await nothing but its transaction's own requests; the transaction then commits by itself. Never `tx.commit()`: in
 * WebKit, a worker that ends in the middle of one leaves the database unusable until the browser restarts.
 *
 * One runs after the other: a worker that ends with several under way can leave a database of WebKit (2.50) that runs no transaction any more until the browser restarts. It
 * was measured, and reads like bug 324094.
 *
 * A transaction whose connection is lost, or that stalls, is issued again on a new one, and whoever asked for it waits meanwhile. Nobody knows
 * then whether the first try was committed: each verb sees to it that a second changes nothing. What fails for another reason fails at once.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #handle: Handle
  readonly #pausing = new Set<() => void>()
  /** How long the storage was waited for, since it last answered. Not by the clock: a device that sleeps waits for nothing. */
  #waited = 0
  /** Resolves when the last transaction has ended. */
  #last: Promise<void> = Promise.resolve()
  #isLossTold = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#handle = new Handle(options.name, {
      known: options.known,
      tell: options.tell,
      // The site's data may have been cleared: whoever waits for something is to hear of that soon.
      terminated: () => this.read(['meta'], readTail).catch(() => {}),
    })
  }

  /** The generation of the queue that is known here; nothing before it was opened. */
  get generation(): string | undefined {
    return this.#handle.told
  }

  /** Whether the storage is away, and those who ask wait for it. */
  get isLost(): boolean {
    return this.#isLossTold
  }

  /** Runs `work` in a read-only transaction. */
  read<T>(stores: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run((database) => database.transaction(stores, 'readonly'), work)
  }

  /** Runs `work` in a read-write transaction, and resolves once the transaction has completed: what it wrote is on disk. */
  write<T>(stores: StoreName[], durability: Durability, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#run((database) => database.transaction(stores, 'readwrite', { durability }), work)
  }

  /** The same, for what is no new message: it must work when the disk is full. */
  async writeFromReserve<T>(stores: StoreName[], durability: Durability, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.write(stores, durability, work)
    } catch (error) {
      if (!isQueueError(error) || error.code !== 'storage-full') throw error
      await this.#options.makeRoom()
      // Also where there was nothing to give free: another may have made room since this one failed.
      return this.write(stores, durability, work)
    }
  }

  /** For good: whoever comes later, or is between two transactions, is told `closed`. */
  async close(): Promise<void> {
    const closed = this.#handle.close()
    for (const end of this.#pausing) end()
    // A storage that is away may never answer.
    if (!this.#isLossTold) await inTime(this.#options.clock, PATIENCE, closed, () => {})
  }

  async #run<Tx extends ReadTransaction | WriteTransaction, T>(
    begin: (database: Database) => Tx,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    let waited = this.#waited
    for (let losses = 0; ; losses++) {
      const opening = this.#handle.open()
      const patience = PATIENCE * 2 ** losses
      try {
        const value = await this.#watched(opening, begin, work, patience)
        this.#restored()
        return value
      } catch (error) {
        if (isQueueError(error) && error.code === 'destroyed') this.#options.tell({ type: 'destroyed' })
        if (!isLoss(error)) throw storageError(error)
        this.#handle.forget(opening)
        if (losses > 0 || error instanceof Stalled) this.#lost(error)
        const pause = PAUSES[losses] ?? PAUSES.at(-1)!
        waited += error instanceof Stalled ? patience : pause
        this.#waited = Math.max(this.#waited, waited)
        if (waited > LONGEST_WAIT) throw storageError(error)
        await this.#pause(pause)
      }
    }
  }

  /** Runs a transaction, and gives it up when it takes too long. */
  #watched<Tx extends ReadTransaction | WriteTransaction, T>(
    opening: Promise<Database>,
    begin: (database: Database) => Tx,
    work: (tx: Tx) => Promise<T>,
    patience: number,
  ): Promise<T> {
    let tx: Tx | undefined
    let isGivenUp = false
    let end = (): void => {}
    const before = this.#last
    this.#last = new Promise((resolve) => (end = resolve))
    const run = async (): Promise<T> => {
      const [database] = await Promise.all([opening, before])
      if (isGivenUp) throw new Stalled(patience)
      tx = begin(database)
      expectGeneration(tx, this.#handle.generation)
      return completed(tx, work(tx))
    }
    return inTime(this.#options.clock, patience, run(), () => {
      isGivenUp = true
      if (tx) abort(tx)
      throw new Stalled(patience)
    }).finally(end)
  }

  #lost(error: unknown): void {
    if (this.#isLossTold) return
    this.#isLossTold = true
    this.#options.tell({ type: 'storage-lost', message: String(error) })
  }

  #restored(): void {
    this.#waited = 0
    if (!this.#isLossTold) return
    this.#isLossTold = false
    this.#options.tell({ type: 'storage-restored' })
  }

  async #pause(length: number): Promise<void> {
    if (length === 0 || this.#handle.isClosed) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel()
        this.#pausing.delete(end)
        resolve()
      }
      const cancel = this.#options.clock.after(length, end)
      this.#pausing.add(end)
    })
  }
}

/** Neither done nor failed for so long that nobody waits any more. */
class Stalled extends DOMException {
  constructor(patience: number) {
    super(`IndexedDB did not answer within ${patience} ms`, 'TimeoutError')
  }
}

/**
 * Whether it is the connection that failed, and not what was asked of it. A connection that was closed under us: `InvalidStateError`, or
 * `AbortError` for what was under way (Firefox); a browser that has lost its storage process: `UnknownError` (WebKit's "Connection to Indexed
 * Database server lost", Chromium's "Internal error").
 */
function isLoss(error: unknown): boolean {
  return error instanceof DOMException && /^(InvalidState|Unknown|Abort|Timeout)Error$/.test(error.name)
}

function storageError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error
  if (error.name === 'QuotaExceededError') {
    return new QueueError('storage-full', 'The browser gives this origin no more space; nothing was stored', { cause: error })
  }
  if (error.name === 'SecurityError') {
    return new QueueError('unsupported', STORAGE_BLOCKED, { cause: error })
  }
  return new QueueError('storage-failed', `IndexedDB failed: ${error.name}: ${error.message}`, { cause: error })
}
