import type { Contents } from './audit.ts'
import { EMPTY_HEAD, EMPTY_TAIL } from '../../src/queue/meta.ts'

/** How many transactions, and openings, are under way, and how many transactions ever were. */
export interface Watched {
  underWay: number
  begun: number
}

/**
 * Watches every transaction.
 *
 * @param committed hears of each that wrote something, at the moment of its commit: no other has begun since.
 * @returns what is seen, and what ends it.
 */
export function watchStorage(committed: (contents: Contents) => void): { watched: Watched; end: () => void } {
  const watched = { underWay: 0, begun: 0 }
  const original = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, stores, mode = 'readonly', options) {
    const transaction = original.call(this, stores, mode, options)
    // fake-indexeddb comes this way itself, to create stores.
    if (mode === 'versionchange') return transaction
    watched.underWay += 1
    watched.begun += 1
    // One that is committed unheard has two ends.
    let isEnded = false
    const end = (): void => {
      if (!isEnded) watched.underWay -= 1
      isEnded = true
    }
    transaction.addEventListener('abort', end)
    transaction.addEventListener('complete', () => {
      end()
      if (mode === 'readwrite') committed(contentsOf(this as unknown as FakeDatabase))
    })
    return transaction
  }
  const open = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (this: IDBFactory, name, version) {
    const request = open.call(this, name, version)
    watched.underWay += 1
    const opened = (): void => void (watched.underWay -= 1)
    request.addEventListener('success', opened)
    request.addEventListener('error', opened)
    return request
  }
  const end = (): void => {
    IDBDatabase.prototype.transaction = original
    IDBFactory.prototype.open = open
  }
  return { watched, end }
}

/** As much of fake-indexeddb's insides as is used: a look that is no transaction disturbs none. */
interface FakeDatabase {
  readonly _rawDatabase: {
    readonly rawObjectStores: ReadonlyMap<
      string,
      { readonly records: { values(): Iterable<{ readonly key: unknown; readonly value: unknown }> } }
    >
  }
}

function contentsOf({ _rawDatabase: { rawObjectStores } }: FakeDatabase): Contents {
  const all = (store: string): { key: unknown; value: unknown }[] => [...(rawObjectStores.get(store)?.records.values() ?? [])]
  const values = (store: string): unknown[] => all(store).map(({ value }) => value)
  const pairs = (store: string): unknown[] => all(store).map(({ key, value }) => [key, value])
  const meta = new Map(all('meta').map(({ key, value }) => [key, value as object]))
  return {
    tail: { ...EMPTY_TAIL, ...meta.get('tail') },
    head: { ...EMPTY_HEAD, ...meta.get('head') },
    inbox: values('inbox'),
    groups: values('groups'),
    parked: values('parked'),
    dead: values('dead'),
    delayed: values('delayed'),
    changes: values('changes'),
    stops: pairs('stops'),
    dedup: pairs('dedup'),
    receipts: all('receipts').map(({ key }) => key),
  } as Contents
}
