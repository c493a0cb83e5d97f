import type { Message } from '../message/message.ts'
import type { Scheduled } from '../message/schedule.ts'
import type { Connection, Durability } from './connection.ts'
import { find } from './find.ts'
import { queueTime, readHead, readTail, writeTail } from './meta.ts'
import type { Tail } from './meta.ts'
import type { DelayedRecord, Said, StoreName, WriteTransaction } from './schema.ts'

/** The next occurrence of a schedule. */
export interface Planned {
  readonly name: string
  /** When it is repeated, as text: where that is another, the schedule is. */
  readonly when: string
  /** How long after the last one it is due, in milliseconds; or when, by the device's time. */
  readonly next: { readonly every: number } | { readonly due: number }
  readonly message: Message
  /** It comes after another, and only where the schedule is what it was. */
  readonly isFurther: boolean
  /** The device's time. */
  readonly now: number
}

export interface ScheduledNow extends Scheduled {
  /** It has left the queue, and what was asked for is not due after it: who asks has looked at the clock before, or at another one. */
  readonly isOver?: true
  /** Whether it is new, or another in the place of what waited; nothing where it was there. */
  readonly news?: 'stored' | 'changed'
}

const STORES: StoreName[] = ['inbox', 'meta', 'groups', 'parked', 'delayed', 'changes', 'dedup']

/**
 * Stores the next occurrence of a schedule among the delayed messages, where none of it is in the queue: so there is one at a time, whoever asks for it, and after a week asleep there is one.
 *
 * @returns the one that there is now; nothing where it is not this schedule any more that has the name.
 */
export function schedule(connection: Connection, durability: Durability, planned: Planned): Promise<ScheduledNow | undefined> {
  const { name, when, message, now } = planned
  return connection.write(STORES, durability, async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const time = queueTime(head, now)
    const row = await readRow(tx, name)
    const isSame = row?.when === when
    if (planned.isFurther && !isSame) return undefined
    const place = row && (await find(tx, { tail, head }, row.id))
    const toDevice = now - time
    // A page that only goes on with it may be of an earlier release, which said something else.
    const said = planned.isFurther && row ? row.said : saidBy(message)
    if (place && place.kind !== 'delayed') {
      // What has joined the tail stays, and the next one comes as this says.
      if (!planned.isFurther) await writeRow(tx, name, { ...row, when, said })
      return { id: row.id, due: row.due + toDevice }
    }
    const due = isSame && place ? row.due : dueOf(planned, isSame ? row.due : undefined, time)
    if (isSame && !place && due <= row.due) return { id: row.id, due: row.due + toDevice, isOver: true }
    const before = place?.message
    const id = before?.id ?? message.id
    if (before && due === before.due && isAlike(before, said)) return { id, due: due + toDevice }
    await keepBack(
      tx,
      tail,
      { ...said, id, enqueuedAt: message.enqueuedAt, ...(said.ttl !== undefined && { expiresAt: due + said.ttl }), due },
      before,
    )
    await writeRow(tx, name, { id, when, due, said })
    return { id, due: due + toDevice, news: before ? 'changed' : 'stored' }
  })
}

/**
 * Ends a schedule. What waits of it for its time is taken out.
 *
 * @returns nothing where there was none; the id of what was taken out, or that nothing was.
 */
export function unschedule(connection: Connection, name: string): Promise<{ readonly cancelled?: string } | undefined> {
  let ended: { readonly cancelled?: string } | undefined
  return connection.writeFromReserve(STORES, 'strict', async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const row = await readRow(tx, name)
    // Issued again, since nobody heard that it was written: it has ended by now.
    if (!row) return ended
    const place = await find(tx, { tail, head }, row.id)
    ended = place?.kind === 'delayed' ? { cancelled: row.id } : {}
    await tx.objectStore('dedup').delete(keyOf(name))
    if (place?.kind === 'delayed') await takeOut(tx, tail, place.message)
    return ended
  })
}

/** In queue time. Occurrences that were missed are left out. */
function dueOf({ next, now }: Planned, last: number | undefined, time: number): number {
  if ('due' in next) return next.due + time - now
  if (last === undefined) return time + next.every
  return last + next.every * Math.max(1, Math.floor((time - last) / next.every) + 1)
}

async function keepBack(
  tx: WriteTransaction,
  tail: Tail,
  message: Omit<DelayedRecord, 'number'>,
  before: DelayedRecord | undefined,
): Promise<void> {
  const number = tail.delays
  if (before) await tx.objectStore('delayed').delete([before.due, before.number])
  await Promise.all([
    tx.objectStore('delayed').put({ ...message, number }, [message.due, number]),
    writeTail(tx, {
      ...tail,
      bytes: tail.bytes + message.bytes - (before?.bytes ?? 0),
      delayed: tail.delayed + (before ? 0 : 1),
      delays: number + 1,
    }),
  ])
}

async function takeOut(tx: WriteTransaction, tail: Tail, { due, number, bytes }: DelayedRecord): Promise<void> {
  await Promise.all([
    tx.objectStore('delayed').delete([due, number]),
    writeTail(tx, { ...tail, bytes: tail.bytes - bytes, delayed: tail.delayed - 1 }),
  ])
}

interface Row {
  readonly id: string
  readonly when: string
  readonly due: number
  readonly said: Said
}

/** With no dedup key, which every other has. */
function keyOf(name: string): [string, string] {
  return [`schedule:${name}`, '']
}

async function readRow(tx: WriteTransaction, name: string): Promise<Row | undefined> {
  const row = await tx.objectStore('dedup').get(keyOf(name))
  return row?.schedule && { id: row.id, ...row.schedule }
}

async function writeRow(tx: WriteTransaction, name: string, { id, ...schedule }: Row): Promise<void> {
  await tx.objectStore('dedup').put({ id, schedule }, keyOf(name))
}

/** Whether one that waits says the same. */
function isAlike({ due: _due, number: _number, ...before }: DelayedRecord, said: Said): boolean {
  return JSON.stringify(saidBy(before)) === JSON.stringify(said)
}

function saidBy({ id: _id, enqueuedAt: _at, expiresAt: _expires, ...said }: Message): Said {
  return said
}
