import { systemClock } from '../../src/host/platform.ts'
import { Connection } from '../../src/queue/connection.ts'
import type { ConnectionOptions, Durability } from '../../src/queue/connection.ts'
import { messages } from '../../src/queue/messages.ts'
import { readRecord } from '../../src/queue/read.ts'
import type { Message } from '../../src/message/message.ts'
import type { Place, Waiting } from '../../src/queue/messages.ts'
import type { EnqueueLimits, IncomingBatch } from '../../src/queue/enqueue.ts'
import type { InboxRecord } from '../../src/queue/schema.ts'
import type { Settlement } from '../../src/queue/settlement.ts'

let name: string
let opened: Connection[] = []

/** A connection to a database that no test has used before: engines keep what an earlier file of tests has stored. */
export function openNew(): Connection {
  name = `store-${crypto.randomUUID()}`
  return openAnother()
}

/** One more connection to the same database, as another tab has it. */
export function openAnother(): Connection {
  return watch(connectTo(name))
}

/** Has a connection closed when the test ends. */
export function watch(connection: Connection): Connection {
  opened.push(connection)
  return connection
}

export function connectTo(database: string): Connection {
  return new Connection(optionsFor(database))
}

export function optionsFor(database: string): ConnectionOptions {
  return { name: database, clock: systemClock, tell: () => {}, makeRoom: async () => {} }
}

/** For whoever opens it in another thread. */
export function databaseName(): string {
  return name
}

/** Closes the test's connections and deletes its database; rejects where something still holds it. */
export async function deleteDatabase(): Promise<void> {
  await Promise.all(opened.map((connection) => connection.close()))
  opened = []
  await deleteRaw()
}

/** What a connection that does not close at once, when it is asked to, means: a failure, or a wait for what it has under way. */
type Blocked = 'fails' | 'waits'

/** Deletes the database, as another tab does that knows nothing of ours. */
export async function deleteRaw(blocked: Blocked = 'fails'): Promise<void> {
  await answered(indexedDB.deleteDatabase(name), blocked)
}

/** Opens the database as it is, or at a later version, as another release of the app does. */
export function openRaw(version?: number, blocked: Blocked = 'fails'): Promise<IDBDatabase> {
  return answered(indexedDB.open(name, version), blocked)
}

/** The version that the next release may have. */
export async function laterVersion(): Promise<number> {
  const database = await openRaw()
  database.close()
  return database.version + 1
}

function answered<T>(request: IDBOpenDBRequest & IDBRequest<T>, blocked: Blocked): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')))
    request.addEventListener('blocked', () => blocked === 'fails' && reject(new Error('A connection does not make way')))
  })
}

/** How something is enqueued, where nothing else is said. */
export function limits(durability: Durability): EnqueueLimits {
  return { durability, now: 0 }
}

/** A settlement of nothing: what it says is added. */
export const NOTHING: Omit<Settlement, 'head'> = {
  underWay: { sequences: [], groups: [] },
  now: 0,
  isOneGroup: false,
  exhausted: [],
  dead: [],
  rows: new Map(),
  parked: [],
  unparked: [],
  candidates: [],
  passed: [],
  sent: [],
  answered: [],
  changes: [],
  freed: [],
  emptied: [],
  receipts: [],
  keep: undefined,
}

export function message(id: string, body = '1'): Message {
  return { id, body, bytes: new TextEncoder().encode(body).length, enqueuedAt: 0 }
}

export function batch(producer: string, number: number, ...ids: string[]): IncomingBatch {
  return { producer, number, messages: ids.map((id) => message(id)) }
}

/** Everything in the queue, a record at a time. */
export async function allRecords(connection: Connection): Promise<InboxRecord[]> {
  const records: InboxRecord[] = []
  for (let read = await readRecord(connection, 0); read; read = await readRecord(connection, read.record.first + 1))
    records.push(read.record)
  return records
}

/** Everything in the queue, a page at a time. */
export async function allMessages(connection: Connection): Promise<Message[]> {
  const all: Message[] = []
  let from: Place | undefined
  do {
    const { items, next }: Waiting = await messages(connection, from)
    all.push(...items)
    from = next
  } while (from !== undefined)
  return all
}
