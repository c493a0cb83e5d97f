import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase, IDBPObjectStore } from 'idb'
import { bytesOf } from '../message/bytes.ts'
import { mintProducer } from '../message/id.ts'
import type { OutgoingMessage } from '../protocol/host.ts'

/** The store in the app's own database: part of the stored format. */
export const OUTBOX = 'holdfast-outbox'

/** How much one batch carries: so many messages, or so many characters, whichever comes first. */
const MOST_MESSAGES = 100
const MOST_CHARACTERS = 1_000_000

/** A message in the outbox. Its key is a number that the store gives: as transactions over one store come one after the other, that is the order of their commits. */
export interface OutboxEntry {
  readonly version: 1
  /** The key of the queue that it is for; an index finds them by it. */
  readonly queue: string
  readonly at: number
  readonly message: OutgoingMessage
}

/** Where the relay to a queue stands; its key is the queue's. It has no `queue`, so that the index passes it over. */
interface RelayState {
  /** Random, and as old as the store: numbers begin anew in another. */
  readonly producer: string
  /** The number of the next batch. */
  readonly batch: number
  /** The last entry of the batch that is on its way: should nobody hear that it was stored, it is the same batch again. */
  readonly upTo?: number
}

interface AppSchema extends DBSchema {
  [OUTBOX]: { key: number | string; value: OutboxEntry | RelayState; indexes: { queue: string } }
}

/** A batch that is on its way. */
export interface Portion {
  readonly producer: string
  readonly number: number
  readonly keys: readonly number[]
  readonly entries: readonly OutboxEntry[]
}

type AppDatabase = IDBPDatabase<AppSchema>
type Store = IDBPObjectStore<AppSchema, [typeof OUTBOX], typeof OUTBOX, 'readwrite'>

/**
 * Runs `work` on the app's database, and closes it: it is never in the way of the app's own upgrade for longer than a transaction.
 *
 * @returns nothing where there is no such database, or no outbox in it.
 */
export async function withDatabase<R>(name: string, work: (database: AppDatabase) => Promise<R>): Promise<R | undefined> {
  const database = await openExisting(name)
  if (!database) return undefined
  try {
    return database.objectStoreNames.contains(OUTBOX) ? await work(database) : undefined
  } finally {
    database.close()
  }
}

async function openExisting(name: string): Promise<AppDatabase | undefined> {
  let isNew = false
  try {
    return await openDB<AppSchema>(name, undefined, {
      // It is the app's to make.
      upgrade: (_database, _before, _after, tx) => {
        isNew = true
        tx.done.catch(() => {})
        tx.abort()
      },
      blocking: (_before, _after, event) => (event.target as IDBDatabase).close(),
    })
  } catch (error) {
    if (isNew) return undefined
    throw error
  }
}

/** The next batch for a queue: the one that is on its way, or a new one, which is on its way from now on. */
export async function takePortion(database: AppDatabase, queue: string): Promise<Portion | undefined> {
  const tx = database.transaction(OUTBOX, 'readwrite')
  const [portion] = await Promise.all([begin(tx.store, queue), tx.done])
  return portion
}

async function begin(store: Store, queue: string): Promise<Portion | undefined> {
  const state = ((await store.get(queue)) as RelayState | undefined) ?? { producer: mintProducer(), batch: 0 }
  const { producer, batch, upTo = Infinity } = state
  const keys: number[] = []
  const entries: OutboxEntry[] = []
  let characters = 0
  for (const key of (await store.index('queue').getAllKeys(queue, MOST_MESSAGES)) as number[]) {
    const isEnough = upTo === Infinity && characters >= MOST_CHARACTERS
    if (isEnough || key > upTo) break
    const entry = (await store.get(key)) as OutboxEntry
    keys.push(key)
    entries.push(entry)
    characters += bytesOf(entry.message.body)
  }
  if (keys.length === 0 && upTo === Infinity) return undefined
  if (upTo === Infinity) await store.put({ producer, batch, upTo: keys.at(-1)! }, queue)
  return { producer, number: batch, keys, entries }
}

/** The batch is in the queue: its entries go, unless another tab has seen to that. */
export async function dropPortion(database: AppDatabase, queue: string, { producer, number, keys }: Portion): Promise<void> {
  const tx = database.transaction(OUTBOX, 'readwrite')
  await Promise.all([drop(tx.store, queue, producer, number, keys), tx.done])
}

async function drop(store: Store, queue: string, producer: string, number: number, keys: readonly number[]): Promise<void> {
  const state = (await store.get(queue)) as RelayState | undefined
  if (state?.producer !== producer || state.batch !== number) return
  await Promise.all([...keys.map((key) => store.delete(key)), store.put({ producer, batch: number + 1 }, queue)])
}
