import type { Connection } from './connection.ts'
import { append } from './enqueue.ts'
import { readHead, readTail } from './meta.ts'
import type { DelayedRecord } from './schema.ts'
import { assertEpoch } from './epoch.ts'

/** How many delayed messages join the tail in one transaction, at most. */
const MOST = 100

export interface Joined {
  readonly ids: readonly string[]
  /** When the next one is due, in queue time; `Infinity` where there is none. */
  readonly nextDue: number
}

/** When the first delayed message is due, in queue time; `Infinity` where there is none. */
export function firstDue(connection: Connection): Promise<number> {
  return connection.read(['delayed'], async (tx) => (await tx.objectStore('delayed').getAllKeys(null, 1))[0]?.[0] ?? Infinity)
}

/** Delayed messages that are due join the tail, in the order of their times, as only the leader of the present epoch lets them: by its time. */
export function join(connection: Connection, epoch: number, now: number): Promise<Joined> {
  let ids: readonly string[] = []
  return connection.writeFromReserve(['inbox', 'meta', 'delayed'], 'strict', async (tx) => {
    const delayed = tx.objectStore('delayed')
    const [head, tail, found] = await Promise.all([readHead(tx), readTail(tx), delayed.getAll(null, MOST + 1)])
    assertEpoch(head, epoch)
    const due = found.slice(0, MOST).filter((record) => record.due <= now)
    const nextDue = found[due.length]?.due ?? Infinity
    // Issued again, since nobody heard that it was written: they have joined by now.
    if (due.length === 0) return { ids, nextDue }
    ids = due.map(({ id }) => id)
    await Promise.all([
      append(tx, { ...tail, delayed: tail.delayed - due.length }, due.map(messageOf)),
      ...due.map((record) => delayed.delete([record.due, record.number])),
    ])
    return { ids, nextDue }
  })
}

function messageOf({ due: _due, number: _number, ...message }: DelayedRecord): Omit<DelayedRecord, 'due' | 'number'> {
  return message
}
