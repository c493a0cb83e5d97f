import { offline } from '@redux-offline/redux-offline'
import defaults from '@redux-offline/redux-offline/lib/defaults'
import type { OfflineAction } from '@redux-offline/redux-offline/lib/types'
import localforage from 'localforage'
import { legacy_createStore as createStore } from 'redux'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'

interface State {
  readonly offline?: { readonly outbox: readonly OfflineAction[] }
}

/**
 * An action that is dispatched is in memory at once, and on disk some time later, with the whole outbox in one text; nothing says when. So
 * the bench listens at the storage: what the last text that was written holds is stored. The storage is localForage, as
 * redux-persist shows; its own choice, localStorage, holds 5 MB.
 */
export const open: Open = async ({ endpoint, isHeld }) => {
  const store = localforage.createInstance({ name: 'bench', driver: localforage.INDEXEDDB })
  const waiting = new Map<number, () => void>()
  const storage = {
    getItem: store.getItem.bind(store),
    removeItem: store.removeItem.bind(store),
    getAllKeys: store.keys.bind(store),
    async setItem(key: string, text: string) {
      const last = state().lastTransaction
      await store.setItem(key, text)
      for (const [transaction, stored] of waiting) if (transaction <= last && waiting.delete(transaction)) stored()
    },
  }
  let setOnline!: (isOnline: boolean) => void
  let queue!: { getState(): State; dispatch(action: unknown): void }
  const state = (): { outbox: readonly OfflineAction[]; lastTransaction: number } => queue.getState().offline as never

  await new Promise<void>((resolve) => {
    const config = {
      ...defaults,
      detectNetwork: (callback: (isOnline: boolean) => void) => void (setOnline = callback),
      persistOptions: { storage },
      persistCallback: () => resolve(),
    }
    queue = offline(config as never)(createStore)(
      (known) => known,
      {},
      (next: unknown) => next as never,
    ) as typeof queue
  })
  if (!isHeld) setOnline(true)

  return {
    enqueue(body) {
      queue.dispatch({ type: 'SEND', meta: { offline: { effect: { url: endpoint, method: 'POST', json: body } } } })
      const { lastTransaction } = state()
      return new Promise<void>((resolve) => waiting.set(lastTransaction, resolve))
    },
    async drain() {
      setOnline(true)
      while (state().outbox.length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    readBack: async () => state().outbox.map(({ meta }) => (meta.offline.effect as { json: Body }).json),
  }
}
