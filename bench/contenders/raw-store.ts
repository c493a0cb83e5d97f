import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'
import type { Body } from '../page/bodies.ts'
import type { Durability } from '../page/contender.ts'

interface Schema extends DBSchema {
  messages: { key: number; value: Body }
}

/** A queue as one would write it by hand over `idb`: a record for each message under a key that counts, a transaction for each verb. */
export class RawStore {
  readonly #database: IDBPDatabase<Schema>
  readonly #durability: Durability

  private constructor(database: IDBPDatabase<Schema>, durability: Durability) {
    this.#database = database
    this.#durability = durability
  }

  static async open(durability: Durability): Promise<RawStore> {
    const database = await openDB<Schema>('raw', 1, {
      upgrade: (upgraded) => void upgraded.createObjectStore('messages', { autoIncrement: true }),
    })
    return new RawStore(database, durability)
  }

  async add(body: Body): Promise<void> {
    const tx = this.#database.transaction('messages', 'readwrite', { durability: this.#durability })
    await Promise.all([tx.store.add(body), tx.done])
  }

  /** All in one transaction: what IndexedDB can do with a record for each message. */
  async addAll(bodies: readonly Body[]): Promise<void> {
    const tx = this.#database.transaction('messages', 'readwrite', { durability: this.#durability })
    for (const body of bodies) void tx.store.add(body)
    await tx.done
  }

  getAll(): Promise<Body[]> {
    return this.#database.getAll('messages')
  }

  /** Sends the first, waits for the answer, deletes it, and so on. */
  async drain(endpoint: string): Promise<void> {
    for (let after = 0; ;) {
      const cursor = await this.#database.transaction('messages').store.openCursor(IDBKeyRange.lowerBound(after, true))
      if (!cursor) return
      const { key, value } = cursor
      await send(endpoint, JSON.stringify(value))
      await this.#database.delete('messages', key)
      after = key
    }
  }
}

/** One request, and its answer read to the end. Anything but a yes is an error: nobody in this run has a reason to be refused. */
export async function send(endpoint: string, body: string): Promise<void> {
  const response = await fetch(endpoint, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  await response.text()
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
}
