/** What befalls a transaction. */
export type Fault =
  /** It cannot begin: the browser has lost its storage. */
  | 'lost'
  /** It cannot begin, for a reason that a new connection does not mend. */
  | 'refused'
  /** The browser has closed the connection, and nobody has heard of that yet. */
  | 'connection-closed'
  /** It is aborted before anything was asked of it. */
  | 'aborted'
  /** It is aborted in its midst, where it lasts as long. */
  | 'aborted-late'
  /** It is committed, and the connection is lost before anybody hears of that. */
  | 'unheard'
  /** All that was asked of it is done, and its commit fails: the quota is used up. */
  | 'full'

/** A transaction that is about to begin. */
export interface Beginning {
  readonly stores: readonly string[]
  readonly mode: IDBTransactionMode
  readonly database: IDBDatabase
}

/**
 * Breaks IndexedDB as disks and browsers do.
 *
 * @param faultOf says what befalls a transaction, if anything does.
 * @returns what mends it.
 */
export function breakStorage(faultOf: (beginning: Beginning) => Fault | undefined): () => void {
  const original = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, stores, mode = 'readonly', options) {
    // fake-indexeddb comes this way itself, to create stores.
    const fault = mode === 'versionchange' ? undefined : faultOf({ stores: [stores].flat() as string[], mode, database: this })
    if (fault === 'lost') throw new DOMException('Connection to Indexed Database server lost', 'UnknownError')
    if (fault === 'refused') throw new DOMException('A store is missing', 'NotFoundError')
    if (fault === 'connection-closed') this.close()
    const transaction = original.call(this, stores, mode, options)
    if (fault === 'aborted') queueMicrotask(() => abort(transaction))
    if (fault === 'unheard') silenceCommit(transaction)
    if (fault === 'aborted-late') setImmediate(() => abort(transaction))
    if (fault === 'full') failCommit(transaction as unknown as FakeTransaction)
    return transaction
  }
  return () => void (IDBDatabase.prototype.transaction = original)
}

function silenceCommit(transaction: IDBTransaction): void {
  transaction.addEventListener('complete', (event) => {
    event.stopImmediatePropagation()
    // fake-indexeddb takes no events but its own.
    transaction.dispatchEvent(new (event.constructor as typeof Event)('abort'))
  })
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}

/** As much of fake-indexeddb's transaction as is used: nothing that is public makes a commit fail. */
interface FakeTransaction {
  _abort(errorName: string | null): void
  _markFinished(): void
}

function failCommit(transaction: FakeTransaction): void {
  const { _abort, _markFinished } = transaction
  const restore = (): void => void Object.assign(transaction, { _abort, _markFinished })
  // One that is aborted before its end has another reason.
  transaction._abort = (errorName) => {
    restore()
    transaction._abort(errorName)
  }
  transaction._markFinished = () => {
    restore()
    transaction._abort('QuotaExceededError')
  }
}
