import { isQueueError } from '../message/error.ts'
import type { Connection } from './connection.ts'
import { EMPTY_HEAD, EMPTY_TAIL, readHead, writeHead, writeTail } from './meta.ts'
import type { StoreName } from './schema.ts'

/**
 * Deletes all that is in the queue, and raises its generation: whoever knew it before, however long it slept, writes nothing into what it is from now on. The database itself stays,
 * empty: it is how they find out.
 */
export async function destroy(connection: Connection): Promise<void> {
  try {
    // Those of a later release as well.
    const stores = await connection.read(['meta'], async (tx) => [...tx.db.objectStoreNames] as StoreName[])
    await connection.writeFromReserve(stores, 'strict', async (tx) => {
      const { epoch, generation = 0 } = await readHead(tx)
      const next = { generation: generation + 1 }
      await Promise.all(stores.filter((store) => store !== 'meta').map((store) => tx.objectStore(store).clear()))
      await Promise.all([
        writeTail(tx, { ...EMPTY_TAIL, ...next }),
        // As of a database that is new: a leader of the one that was must not be taken for one of this.
        writeHead(tx, { ...EMPTY_HEAD, epoch: Math.max(epoch + 1, Date.now()), ...next }),
      ])
    })
  } catch (error) {
    // Issued again, since nobody heard that it was written, by this host or the one before; or another was first.
    if (!isQueueError(error) || error.code !== 'destroyed') throw error
  }
}
