/** Holds a database's stores in a transaction that does not end, as a tab does that hangs in the middle of one; gives what ends it. */
export async function holdStorage(name: string): Promise<() => void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name)
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
  })
  database.addEventListener('versionchange', () => database.close())
  const store = database.transaction('meta', 'readwrite').objectStore('meta')
  let isHeld = true
  const hold = (): void => {
    if (isHeld) store.get('tail').addEventListener('success', hold)
    else database.close()
  }
  hold()
  return () => void (isHeld = false)
}
