import type { Death, PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { readHead, readTail, writeHead } from './schema.ts'
import type { GroupRow, Head, WriteTransaction } from './schema.ts'

/** What the leader wants written: where the head is now, and what became of the messages that it has passed. */
export interface Settlement {
  /** With the leader's own epoch. */
  readonly head: Head
  /** Inbox records of which every message is done with. */
  readonly exhausted: readonly number[]
  /** Messages that died. */
  readonly dead: readonly { readonly message: PlacedMessage; readonly death: Death }[]
  /** Groups that are behind, and groups that have caught up. */
  readonly rows: ReadonlyMap<string, GroupRow | undefined>
  /** Messages to park, by group. */
  readonly parked: readonly { readonly group: string; readonly messages: readonly PlacedMessage[] }[]
  /** Keys of parked records of which every message is settled. */
  readonly unparked: readonly (readonly [string, number])[]
}

/** Another leader has begun: this one may neither settle nor send. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/**
 * Settles what was answered, parks what stands in the way, and leases what comes next, in one transaction, as only the leader of the present epoch
 * can. It is written relaxed: a settle that a power cut undoes is a message delivered again, with its key.
 *
 * @returns whether the queue is paused: then nothing is leased.
 */
export function settle(connection: Connection, settlement: Settlement): Promise<boolean> {
  const { head, exhausted, dead, rows, parked, unparked } = settlement
  return connection.writeFromReserve(['inbox', 'meta', 'groups', 'parked', 'dead'], 'relaxed', async (tx) => {
    const [before, { paused }] = await Promise.all([readHead(tx), readTail(tx)])
    assertEpoch(before, head.epoch)
    // Issued again, since nobody heard that it was written.
    if (before.revision === head.revision) return paused
    const { held: _held, endpoint: _endpoint, ...kept } = before
    await Promise.all([
      // What a later release keeps there stays.
      writeHead(tx, { ...kept, ...head, ...(paused && { reserved: head.position, serving: [] }) }),
      ...exhausted.map((key) => tx.objectStore('inbox').delete(key)),
      ...dead.map(({ message, death }) => tx.objectStore('dead').put({ ...message, ...death }, message.sequence)),
      ...Array.from(rows, ([group, row]) => writeRow(tx, group, row)),
      ...parked.map(({ group, messages }) => tx.objectStore('parked').put({ version: 1, group, messages }, [group, messages[0]!.sequence])),
      ...unparked.map(([group, first]) => tx.objectStore('parked').delete([group, first])),
    ])
    return paused
  })
}

export function assertEpoch(head: Head, epoch: number): void {
  if (head.epoch !== epoch) throw new Superseded(`epoch ${epoch} ended; it is ${head.epoch} now`)
}

async function writeRow(tx: WriteTransaction, group: string, row: GroupRow | undefined): Promise<void> {
  await (row ? tx.objectStore('groups').put(row, group) : tx.objectStore('groups').delete(group))
}
