import { openDB } from 'idb'
import type { IDBPDatabase, OpenDBCallbacks } from 'idb'
import { QueueError } from '../message/error.ts'
import { mintProducer } from '../message/id.ts'
import { EMPTY_HEAD } from './meta.ts'
import { STORES } from './schema.ts'
import type { Schema, UpgradeTransaction } from './schema.ts'

const VERSION = 4

export type Database = IDBPDatabase<Schema>

/** Who hears what becomes of a connection. */
export type Hears = Pick<OpenDBCallbacks<Schema>, 'blocked' | 'blocking' | 'terminated'>

/**
 * Opens a queue's database as this release knows it, or as a later one has left it: stores are only ever added, so that an older release that is
 * still open in another tab, or that a rollback has brought back, goes on with those it knows.
 */
export async function openDatabase(name: string, hears: Hears): Promise<Database> {
  try {
    return await openDB<Schema>(name, VERSION, {
      ...hears,
      upgrade: (database, before, _after, tx) => createStores(database, before, tx),
    })
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'VersionError') throw error
  }
  // Should it be gone by now, it is not to be made like this.
  const later = await openDB<Schema>(name, undefined, { ...hears, upgrade: (_database, _before, _after, tx) => refuse(tx) })
  if (STORES.every((store) => later.objectStoreNames.contains(store))) return later
  later.close()
  throw new QueueError(
    'storage-failed',
    `Expected the database "${name}" to have the stores ${STORES.join(', ')}; another release has changed it`,
  )
}

function refuse(tx: UpgradeTransaction): void {
  unheard(tx.done)
  tx.abort()
}

/** Whether that fails is told by the request that opens the database. */
function unheard(work: Promise<unknown>): void {
  work.catch(() => {})
}

/** Stores are added, and never changed or taken away: what an earlier release has stored is delivered by the next. */
function createStores(database: Database, before: number, tx: UpgradeTransaction): void {
  unheard(tx.done)
  if (before < 1) {
    database.createObjectStore('inbox')
    database.createObjectStore('meta')
    database.createObjectStore('dead').createIndex('id', 'id')
    const meta = tx.objectStore('meta')
    unheard(meta.put(mintProducer(), 'instance'))
    // Later than any of a database of this name that is gone: a leader of that one must not be taken for one of this.
    unheard(meta.put({ ...EMPTY_HEAD, epoch: Date.now() }, 'head'))
  }
  if (before < 2) {
    database.createObjectStore('groups').createIndex('turn', ['due', 'turn'])
    database.createObjectStore('parked')
  }
  if (before < 3) {
    for (const store of [tx.objectStore('inbox'), tx.objectStore('parked')] as const)
      store.createIndex('batch', 'batches', { multiEntry: true })
    database.createObjectStore('delayed').createIndex('id', 'id')
    database.createObjectStore('changes').createIndex('id', 'id')
    database.createObjectStore('stops')
    database.createObjectStore('dedup').createIndex('until', 'until')
    database.createObjectStore('receipts').createIndex('id', 'id')
  }
  if (before < 4) {
    database.createObjectStore('bodies')
    database.createObjectStore('spools')
  }
}
