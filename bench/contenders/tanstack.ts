import { createCollection, localOnlyCollectionOptions } from '@tanstack/db'
import { IndexedDBAdapter, OfflineTransactionAPI, startOfflineExecutor } from '@tanstack/offline-transactions'
import type { OnlineDetector } from '@tanstack/offline-transactions'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'
import { send } from './raw-store.ts'

/**
 * `commit()` resolves when a message was delivered; that it is stored, nothing says. So the bench listens at its storage adapter, whose
 * `set()` resolves when the request has succeeded: before the transaction has completed.
 */
class HeardAdapter extends IndexedDBAdapter {
  readonly #stored: (key: string) => void

  constructor(stored: (key: string) => void) {
    super()
    this.#stored = stored
  }

  override async set(key: string, value: string): Promise<void> {
    await super.set(key, value)
    this.#stored(key)
  }
}

/** Says that there is no connection until it is told otherwise. */
class Switch implements OnlineDetector {
  readonly #listeners = new Set<() => void>()
  #isOnline: boolean

  constructor(isOnline: boolean) {
    this.#isOnline = isOnline
  }

  isOnline = (): boolean => this.#isOnline

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  notifyOnline = (): void => {
    this.#isOnline = true
    for (const listener of this.#listeners) listener()
  }

  dispose = (): void => {}
}

export const open: Open = async ({ endpoint, isHeld }) => {
  const waiting = new Map<string, () => void>()
  const messages = createCollection(localOnlyCollectionOptions<Body, number>({ id: 'messages', getKey: ({ n }) => n }))
  const connection = new Switch(!isHeld)
  const executor = startOfflineExecutor({
    collections: { messages },
    mutationFns: {
      send: async ({ transaction }) => {
        for (const { modified } of transaction.mutations) await send(endpoint, JSON.stringify(modified))
      },
    },
    storage: new HeardAdapter((key) => waiting.get(key)?.()),
    onlineDetector: connection,
  })
  await executor.waitForInit()

  return {
    enqueue(body) {
      const transaction = executor.createOfflineTransaction({ mutationFnName: 'send', autoCommit: false })
      if (!(transaction instanceof OfflineTransactionAPI)) throw new Error('offline transactions are not enabled')
      const stored = new Promise<void>((resolve) => waiting.set(`tx:${transaction.id}`, resolve))
      transaction.mutate(() => messages.insert(body))
      // eslint-disable-next-line no-restricted-properties -- TanStack's own, and no IndexedDB transaction's
      void transaction.commit()
      return stored
    },
    async drain() {
      connection.notifyOnline()
      while (executor.getPendingCount() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    readBack: async () => {
      const transactions = await executor.peekOutbox()
      return transactions.flatMap(({ mutations }) => mutations.map(({ modified }) => modified as unknown as Body))
    },
  }
}
