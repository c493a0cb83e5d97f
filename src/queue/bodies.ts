import type { Message } from '../message/message.ts'
import { isSpooled } from '../message/spooled.ts'
import type { Spooled } from '../message/spooled.ts'
import type { Connection, Durability } from './connection.ts'
import { find } from './find.ts'
import { readHead, readTail } from './meta.ts'
import type { DeadRecord, ReadTransaction, Spool, StoreName, WriteTransaction } from './schema.ts'

/**
 * Large bodies lie beside their messages, in chunks, so that records stay small and nobody holds a body that is not being sent. One that is larger than a chunk is
 * spooled before its message is stored: chunk by chunk, each in a transaction of its own.
 *
 *     (first chunk) --> spooling --(its message is stored)--> a message's --(the message has left the queue)--> gone
 *                       spooling --(given up, or whoever spooled is gone)--> gone
 *
 * What is being spooled has a row in `spools`; who spools holds a Web Lock as well, by which an orphan is known.
 *
 * All of it in this database, and none in the origin's private file system, though files would be the better place for a film: so a body is dropped in the transaction in which its message leaves, and whatever
 * loses the one loses the other. A file it is for as long as it is being sent (`consumer/bodies.ts`), where that is what keeps it out of memory.
 */

/** Stores of which those need both who store or drop bodies. */
export const BODY_STORES: StoreName[] = ['bodies', 'spools']

/** How many spools a look gives. */
const SOME = 100

export interface Chunk {
  readonly spool: string
  /** From 0. */
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
  /** They are encrypted, as all of the same body. */
  readonly isSealed: boolean
}

/** Stores a chunk. The first begins a spool anew. Says whether it is one: another's is gone, if it was given up, and of no use if the queue was opened with other options since. */
export function putChunk(connection: Connection, durability: Durability, { spool, number, bytes, isSealed }: Chunk): Promise<boolean> {
  return connection.write(BODY_STORES, durability, async (tx) => {
    const [bodies, spools] = [tx.objectStore('bodies'), tx.objectStore('spools')]
    if (number === 0) await bodies.delete(chunksOf(spool))
    else if (!isOfKind(await spools.get(spool), isSealed)) return false
    await Promise.all([bodies.put(bytes, [spool, number]), spools.put({ chunks: number + 1, ...(isSealed && { isSealed }) }, spool)])
    return true
  })
}

/** Whether the body of a message is there, all of it, and encrypted as the message says; it is the message's from now on. */
export async function claim(tx: WriteTransaction, { spool, chunks }: Spooled, isSealed: boolean): Promise<boolean> {
  const row = await tx.objectStore('spools').get(spool)
  if (row?.chunks !== chunks || !isOfKind(row, isSealed)) return false
  await tx.objectStore('spools').delete(spool)
  return true
}

function isOfKind(row: Spool | undefined, isSealed: boolean): boolean {
  return row !== undefined && (row.isSealed ?? false) === isSealed
}

/** Gives up what was being spooled. */
export function dropSpool(connection: Connection, spool: string): Promise<void> {
  return connection.writeFromReserve(BODY_STORES, 'relaxed', async (tx) => {
    // By now it may be a message's.
    if ((await tx.objectStore('spools').get(spool)) === undefined) return
    await Promise.all([tx.objectStore('bodies').delete(chunksOf(spool)), tx.objectStore('spools').delete(spool)])
  })
}

/** What is being spooled, or was. */
export function spools(connection: Connection): Promise<string[]> {
  return connection.read(['spools'], (tx) => tx.objectStore('spools').getAllKeys(null, SOME))
}

/** A message has left the queue: so has its body. */
export async function dropBody(tx: WriteTransaction, { body }: Pick<Message, 'body'>): Promise<void> {
  if (isSpooled(body)) await tx.objectStore('bodies').delete(chunksOf(body.spool))
}

/** A chunk of a body; nothing where it is gone. */
export function readChunk(connection: Connection, spool: string, number: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return connection.read(['bodies'], (tx) => tx.objectStore('bodies').get([spool, number]))
}

/** A message that waits, or is a dead letter. */
export function messageOf(connection: Connection, id: string): Promise<Message | undefined> {
  return connection.read(['inbox', 'meta', 'groups', 'parked', 'dead', 'delayed', 'changes'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    return (await find(tx, { tail, head }, id))?.message ?? (await letterOf(tx, id))
  })
}

function letterOf(tx: ReadTransaction, id: string): Promise<DeadRecord | undefined> {
  return tx.objectStore('dead').index('id').get(id)
}

function chunksOf(spool: string): IDBKeyRange {
  return IDBKeyRange.bound([spool, 0], [spool, Infinity])
}
