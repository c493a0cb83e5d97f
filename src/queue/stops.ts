import type { Connection } from './connection.ts'
import { freeKey } from './dedup.ts'
import { queueTime, readHead, readTail, writeHead, writeTail } from './meta.ts'
import type { Tail } from './meta.ts'
import type { DeadRecord, Stop, StoreName, WriteTransaction } from './schema.ts'

/** What `release` needs. */
export const STOP_STORES: StoreName[] = ['meta', 'inbox', 'groups', 'dead', 'changes', 'stops', 'dedup']

/** Holds the queue, or a group: in every tab, and after a reload too. What is under way is finished. */
export function pause(connection: Connection, group: string | undefined): Promise<void> {
  return connection.writeFromReserve(['meta', 'stops'], 'strict', async (tx) => {
    const tail = await readTail(tx)
    if (group === undefined) return writeTail(tx, { ...tail, paused: true })
    const stop = await tx.objectStore('stops').get(group)
    await Promise.all([
      tx.objectStore('stops').put({ ...stop, isPaused: true }, group),
      ...(stop ? [] : [writeTail(tx, { ...tail, stopped: tail.stopped + 1 })]),
    ])
  })
}

export interface ResumeOptions {
  /** The group that goes on; without one, the queue does. */
  readonly group?: string | undefined
  /** Whether the queue is one group, and halted as such. */
  readonly isOneGroup: boolean
  /** The device's time. */
  readonly now: number
}

/** Lets the queue go on, or a group: that was paused, or without the dead letter that halts it. */
export function resume(connection: Connection, { group, isOneGroup, now }: ResumeOptions): Promise<void> {
  return connection.writeFromReserve(STOP_STORES, 'strict', async (tx) => {
    const before = await readTail(tx)
    const tail = group === undefined ? { ...before, paused: false } : before
    const stopped = group ?? (isOneGroup ? '' : undefined)
    await writeTail(tx, stopped === undefined || tail.stopped === 0 ? tail : await resumeGroup(tx, tail, stopped, now))
  })
}

async function resumeGroup(tx: WriteTransaction, tail: Tail, group: string, now: number): Promise<Tail> {
  const stop = await tx.objectStore('stops').get(group)
  if (!stop) return tail
  const letter = stop.letter === undefined ? undefined : await tx.objectStore('dead').get(stop.letter)
  if (letter) {
    const { halts: _, stopped: _stopped, ...rest } = letter
    await tx.objectStore('dead').put(rest, letter.sequence)
  }
  const after = letter ? await release(tx, tail, group, letter, { isRetried: false, now }) : tail
  await Promise.all([tx.objectStore('stops').delete(group), wakeGroup(tx, group, now)])
  return { ...after, stopped: tail.stopped - 1 }
}

export interface ReleaseOptions {
  /** Whether the message is tried again in its place; otherwise the group goes on without it. */
  readonly isRetried: boolean
  /** The device's time. */
  readonly now: number
}

/**
 * Lets a group go on that a dead letter halts: the letter is decided. Its message has kept its place.
 *
 * @returns the tail, to be written.
 */
export async function release(
  tx: WriteTransaction,
  tail: Tail,
  group: string,
  letter: DeadRecord,
  { isRetried, now }: ReleaseOptions,
): Promise<Tail> {
  const { sequence, id, bytes } = letter
  const stop: Stop = (await tx.objectStore('stops').get(group)) ?? {}
  await (stop.isPaused ? tx.objectStore('stops').put({ isPaused: true }, group) : tx.objectStore('stops').delete(group))
  await wakeGroup(tx, group, now)
  const { held, ...head } = await readHead(tx)
  // Of a queue that is one group; its leader does the same when it writes next.
  if (held?.isHalted && head.position === sequence) await writeHead(tx, head)
  const after = { ...tail, halted: tail.halted - 1, stopped: tail.stopped - (stop.isPaused ? 0 : 1) }
  if (isRetried) return after
  await freeKey(tx, letter)
  const change = await tx.objectStore('changes').get(sequence)
  await tx.objectStore('changes').put({ sequence, id, original: change?.original ?? id, kind: 'passed' }, sequence)
  return { ...after, cancelled: after.cancelled + 1, changes: after.changes + (change ? 0 : 1), bytes: after.bytes - bytes }
}

/** A group that is behind is due now, whatever it waits for, unless it is stopped. */
export function retryGroup(connection: Connection, group: string, now: number): Promise<void> {
  return connection.writeFromReserve(['meta', 'groups', 'stops'], 'relaxed', async (tx) => {
    if (!(await tx.objectStore('stops').get(group))) await wakeGroup(tx, group, now)
  })
}

/** The leader may know the row, where it is serving the group, or is about to write it; then what is done here is looked up as that is written. */
export async function wakeGroup(tx: WriteTransaction, group: string, now: number): Promise<void> {
  const row = await tx.objectStore('groups').get(group)
  if (!row) return
  const { held, ...rest } = row
  const due = Math.min(row.due, queueTime(await readHead(tx), now))
  await tx.objectStore('groups').put({ ...rest, due, ...(held && !held.isHalted && { held }) }, group)
}
