import { openDB } from 'idb'
import type { IDBPDatabase } from 'idb'
import { QueueError } from '../message/error.ts'
import type { ReadTransaction, Schema, StoreName, WriteTransaction } from './schema.ts'

const VERSION = 2

export type Durability = 'strict' | 'relaxed'

/**
 * The connection to a queue's database: opened when first needed, given up when the browser or a newer version asks for it, and opened
 * again by whoever needs it next. Every transaction of the library runs through here.
 *
 * `work` may await nothing but its transaction's own requests; the transaction then commits by itself. Never `tx.commit()`: in
 * WebKit, a worker that ends in the middle of one leaves the database unusable until the browser restarts.
 */
export class Connection {
  readonly #name: string
  #database: Promise<IDBPDatabase<Schema>> | undefined
  #isClosed = false

  constructor(name: string) {
    this.#name = name
  }

  /** Runs `work` in a read-only transaction. */
  async read<T>(stores: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const tx = await this.#begin((database) => database.transaction(stores, 'readonly'))
    return completed(tx, work(tx))
  }

  /** Runs `work` in a read-write transaction, and resolves once the transaction has completed: what it wrote is on disk. */
  async write<T>(stores: StoreName[], durability: Durability, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const tx = await this.#begin((database) => database.transaction(stores, 'readwrite', { durability }))
    return completed(tx, work(tx))
  }

  /** For good: whoever comes later, or is between two transactions, is told `closed`. */
  async close(): Promise<void> {
    this.#isClosed = true
    const opening = this.#database
    await opening?.then(
      (database) => database.close(),
      () => {},
    )
  }

  /** Begins a transaction, on a new connection where the browser has closed the old one. */
  async #begin<Tx>(start: (database: IDBPDatabase<Schema>) => Tx): Promise<Tx> {
    try {
      const opening = this.#open()
      const database = await opening
      try {
        return start(database)
      } catch (error) {
        if (!isClosed(error)) throw error
        this.#forget(opening)
        return start(await this.#open())
      }
    } catch (error) {
      throw storageError(error)
    }
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    if (this.#isClosed) throw new QueueError('closed', 'The queue is closed')
    this.#database ??= this.#connect()
    return this.#database
  }

  #connect(): Promise<IDBPDatabase<Schema>> {
    const forget = (): void => this.#forget(opening)
    const opening = openDB<Schema>(this.#name, VERSION, { upgrade: createStores, blocking: forget, terminated: forget })
    opening.catch(forget)
    return opening
  }

  /** Gives a connection up; not the one that another transaction may have made since. */
  #forget(opening: Promise<IDBPDatabase<Schema>>): void {
    if (this.#database === opening) this.#database = undefined
    opening.then(
      (database) => database.close(),
      () => {},
    )
  }
}

/** Stores are added, and never changed or taken away: what an earlier release has stored is delivered by the next. */
function createStores(database: IDBPDatabase<Schema>, before: number): void {
  if (before < 1) {
    database.createObjectStore('inbox')
    database.createObjectStore('meta')
    database.createObjectStore('dead').createIndex('id', 'id')
  }
  if (before < 2) {
    database.createObjectStore('groups').createIndex('turn', ['due', 'turn'])
    database.createObjectStore('parked')
  }
}

/** What `work` came to, once its transaction is complete; a transaction whose work fails is aborted. */
async function completed<T>(tx: ReadTransaction | WriteTransaction, work: Promise<T>): Promise<T> {
  try {
    const [value] = await Promise.all([work, tx.done])
    return value
  } catch (error) {
    abort(tx)
    // When a transaction aborts, its requests fail with AbortError; the transaction knows why.
    throw storageError(tx.error ?? error)
  }
}

function abort(tx: ReadTransaction | WriteTransaction): void {
  try {
    tx.abort()
  } catch {
    // It has ended already.
  }
}

/** The connection was closed under us, before a transaction could begin. */
function isClosed(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'InvalidStateError'
}

function storageError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error
  if (error.name === 'QuotaExceededError') {
    return new QueueError('storage-full', 'The browser gives this origin no more space; nothing was stored', { cause: error })
  }
  return new QueueError('storage-failed', `IndexedDB failed: ${error.name}: ${error.message}`, { cause: error })
}
