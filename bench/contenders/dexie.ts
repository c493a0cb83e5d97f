import { Dexie } from 'dexie'
import type { EntityTable } from 'dexie'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'
import { send } from './raw-store.ts'

interface Message {
  id: number
  body: Body
}

/** A table with a key that counts, and `add()` for each message. */
export const open: Open = async ({ durability, endpoint, isHeld }) => {
  const database = new Dexie('bench', { chromeTransactionDurability: durability }) as Dexie & { messages: EntityTable<Message, 'id'> }
  database.version(1).stores({ messages: '++id' })
  const { messages } = database

  async function drain(): Promise<void> {
    for (let after = 0; ;) {
      const message = await messages.where('id').above(after).first()
      if (!message) return
      await send(endpoint, JSON.stringify(message.body))
      await messages.delete(message.id)
      after = message.id
    }
  }

  if (!isHeld) void drain()
  return {
    enqueue: (body) => messages.add({ body }),
    drain,
    readBack: async () => (await messages.orderBy('id').toArray()).map(({ body }) => body),
  }
}
