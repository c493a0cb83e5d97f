/** A database as it lies on a disk: what a release has left there, for the next one to find. */
export interface RawDatabase {
  readonly version: number
  readonly stores: Readonly<Record<string, RawStore>>
}

interface RawStore {
  /** Key paths, by name. */
  readonly indexes: Readonly<Record<string, string | readonly string[]>>
  readonly entries: readonly (readonly [IDBValidKey, unknown])[]
}

/** Writes a database anew. */
export async function writeRaw(name: string, { version, stores }: RawDatabase): Promise<void> {
  const request = indexedDB.open(name, version)
  request.addEventListener('upgradeneeded', () => {
    for (const [storeName, { indexes, entries }] of Object.entries(stores)) {
      const store = request.result.createObjectStore(storeName)
      for (const [index, keyPath] of Object.entries(indexes)) store.createIndex(index, keyPath as string | string[])
      for (const [key, value] of entries) store.put(value, key)
    }
  })
  const database = await answered(request)
  database.close()
}

/** Changes one value, behind the back of whoever has the database open. */
export async function changeRaw(name: string, store: string, key: IDBValidKey, change: (value: never) => unknown): Promise<void> {
  const database = await answered(indexedDB.open(name))
  const tx = database.transaction(store, 'readwrite')
  const done = new Promise((resolve) => tx.addEventListener('complete', resolve))
  const values = tx.objectStore(store)
  values.put(change((await answered(values.get(key))) as never), key)
  await done
  database.close()
}

/** Everything in a store, with its keys. */
export async function readRaw(name: string, store: string): Promise<(readonly [IDBValidKey, unknown])[]> {
  const database = await answered(indexedDB.open(name))
  const tx = database.transaction(store)
  const done = new Promise((resolve) => tx.addEventListener('complete', resolve))
  const values = tx.objectStore(store)
  const [keys, all] = await Promise.all([answered(values.getAllKeys()), answered(values.getAll())])
  // Closed before, it would still be there for a moment, and keep the database from being deleted.
  await done
  database.close()
  return keys.map((key, at) => [key, all[at]])
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
  })
}
