import type { Durability } from '../page/contender.ts'

export type Has =
  /** `enqueue` of single messages. */
  | 'one-by-one'
  /** Stores many. */
  | 'burst'
  | 'drain'
  | 'batches'
  /** Goes on with what an earlier page left. */
  | 'open'
  /** Keeps order within groups, and sends groups side by side. */
  | 'groups'

/** Who takes part, in what, and what its promise is worth. To add one: a module in `contenders/`, and a line here. */
export interface Contender {
  /** In the results. */
  readonly id: string
  /** In the tables. */
  readonly title: string
  readonly module: string
  readonly durability: Durability
  /** What has happened when its promise resolves, where that is not "the transaction has completed, flushed (strict) or not (relaxed)". */
  readonly note?: string
  /** Held while it enqueues, and not merely without an answer. */
  readonly isHeld?: boolean
  readonly kind: 'ours' | 'limit' | 'peer'
  readonly has: readonly Has[]
  /** The longest burst that it ends in a time worth waiting for. */
  readonly mostAtOnce?: number
  /** The most messages that it is opened with. */
  readonly mostWaiting?: number
  /** What a page, and a worker or service worker, needs to import: for the row of sizes. */
  readonly bytes?: { readonly page: string; readonly worker?: string }
}

const QUEUE: readonly Has[] = ['one-by-one', 'burst', 'drain', 'open']

export const CONTENDERS: readonly Contender[] = [
  {
    id: 'holdfast',
    title: 'Holdfast, strict (its default)',
    module: 'holdfast',
    durability: 'strict',
    kind: 'ours',
    has: [...QUEUE, 'batches', 'groups'],
    bytes: { page: `export { openQueue } from 'holdfast'`, worker: `import 'holdfast/auto-worker'` },
  },
  {
    id: 'holdfast-relaxed',
    title: 'Holdfast, relaxed',
    module: 'holdfast',
    durability: 'relaxed',
    kind: 'ours',
    has: ['one-by-one', 'burst'],
  },
  {
    id: 'holdfast-paused',
    title: 'Holdfast, strict, paused',
    module: 'holdfast',
    durability: 'strict',
    isHeld: true,
    kind: 'ours',
    has: ['one-by-one'],
  },
  {
    id: 'limit-page',
    title: 'limit: raw IndexedDB, all adds in one transaction, strict',
    module: 'one-transaction',
    durability: 'strict',
    kind: 'limit',
    has: ['burst'],
  },
  {
    id: 'limit-worker',
    title: 'limit: the same in a worker',
    module: 'one-transaction-worker',
    durability: 'strict',
    kind: 'limit',
    has: ['burst'],
  },
  {
    id: 'fetch-page',
    title: 'limit: raw `fetch`',
    module: 'fetch',
    durability: 'relaxed',
    note: 'stores nothing',
    kind: 'limit',
    has: ['drain', 'batches'],
  },
  {
    id: 'fetch-worker',
    title: 'limit: raw `fetch` in a worker',
    module: 'fetch-worker',
    durability: 'relaxed',
    note: 'stores nothing',
    kind: 'limit',
    has: ['drain', 'batches'],
  },
  {
    id: 'idb-strict',
    title: 'raw idb, a transaction each, strict',
    module: 'idb',
    durability: 'strict',
    kind: 'limit',
    has: ['one-by-one', 'burst', 'drain'],
    bytes: { page: `export { openDB } from 'idb'` },
  },
  {
    id: 'idb-relaxed',
    title: 'raw idb, a transaction each, relaxed',
    module: 'idb',
    durability: 'relaxed',
    kind: 'limit',
    has: ['one-by-one', 'burst'],
  },
  {
    id: 'idb-worker',
    title: 'raw idb in a worker, a transaction each, strict',
    module: 'idb-worker',
    durability: 'strict',
    kind: 'limit',
    has: QUEUE,
  },
  {
    id: 'dexie',
    title: 'Dexie, relaxed',
    module: 'dexie',
    durability: 'relaxed',
    kind: 'peer',
    has: QUEUE,
    mostWaiting: 1_000,
    bytes: { page: `export { Dexie } from 'dexie'` },
  },
  {
    id: 'dexie-strict',
    title: 'Dexie, strict',
    module: 'dexie',
    durability: 'strict',
    kind: 'peer',
    has: ['one-by-one'],
  },
  {
    id: 'localforage',
    title: 'localForage',
    module: 'localforage',
    durability: 'relaxed',
    note: 'has no choice of durability; keeps no order of its own',
    kind: 'peer',
    has: QUEUE,
    mostWaiting: 1_000,
    bytes: { page: `export { default } from 'localforage'` },
  },
  {
    id: 'workbox',
    title: 'Workbox in its service worker',
    module: 'workbox',
    durability: 'relaxed',
    note: 'has no choice of durability; asked to replay, as `sync` events have no fixed time; deletes before it sends',
    kind: 'peer',
    has: QUEUE,
    mostAtOnce: 1_000,
    mostWaiting: 1_000,
    bytes: { page: 'export {}', worker: `export { Queue } from 'workbox-background-sync'` },
  },
  {
    id: 'tanstack',
    title: 'TanStack offline-transactions',
    module: 'tanstack',
    durability: 'relaxed',
    note: 'resolves when a request has succeeded, before its transaction has completed; heard at its storage adapter',
    kind: 'peer',
    has: QUEUE,
    mostAtOnce: 1_000,
    mostWaiting: 1_000,
    bytes: {
      page: `export { startOfflineExecutor } from '@tanstack/offline-transactions'; export { createCollection, localOnlyCollectionOptions } from '@tanstack/db'`,
    },
  },
  {
    id: 'redux-offline',
    title: 'redux-offline',
    module: 'redux-offline',
    durability: 'relaxed',
    note: 'not durable when it says so: the whole outbox is written some time later; heard at its storage, localForage',
    kind: 'peer',
    has: QUEUE,
    mostWaiting: 1_000,
    bytes: {
      page: `export { offline } from '@redux-offline/redux-offline'; export { default } from '@redux-offline/redux-offline/lib/defaults'; export { legacy_createStore } from 'redux'; export { default as storage } from 'localforage'`,
    },
  },
]
