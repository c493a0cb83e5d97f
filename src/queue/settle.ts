import { dropBody } from './bodies.ts'
import type { Connection } from './connection.ts'
import { forgetKeys, freeKeys } from './dedup.ts'
import { assertEpoch } from './epoch.ts'
import { areChanged, readHead, readTail, withNumbers, without, writeHead, writeTail } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import { keep } from './receipts.ts'
import { batchesOf } from './record.ts'
import type { Change, GroupRow, Stop, StoreName, WriteTransaction } from './schema.ts'
import type { Buried, Settled, Settlement } from './settlement.ts'

const STORES: StoreName[] = ['inbox', 'meta', 'groups', 'parked', 'dead', 'changes', 'stops', 'dedup', 'receipts']

/**
 * Settles what was answered, parks what stands in the way, and leases what comes next, in one transaction, as only the leader of the present epoch
 * can. It is written relaxed: a settle that a power cut undoes is a message delivered again, with its key.
 *
 * Where the queue is paused nothing is leased that was not before. What is leased is looked up in `changes` and `stops`, where there is anything in there.
 */
export function settle(connection: Connection, settlement: Settlement): Promise<Settled> {
  const stores: StoreName[] = settlement.emptied.length > 0 ? [...STORES, 'bodies'] : STORES
  return connection.writeFromReserve(stores, 'relaxed', async (tx) => {
    const [before, tail] = await Promise.all([readHead(tx), readTail(tx)])
    assertEpoch(before, settlement.head.epoch)
    const isStopped = settlement.isOneGroup && tail.stopped > 0 && (await tx.objectStore('stops').get('')) !== undefined
    const isPaused = tail.paused || isStopped
    // Issued again, since nobody heard that it was written.
    if (before.revision === settlement.head.revision)
      return { ...(await lookUp(tx, settlement, before, tail)), isPaused, isAnySooner: true }
    const after = await write(tx, settlement, before, tail, { isPaused, isStopped })
    const isAnySooner = await writeRows(tx, settlement, after.head, after.tail)
    return { ...(await lookUp(tx, settlement, after.head, after.tail)), isPaused, isAnySooner }
  })
}

async function write(
  tx: WriteTransaction,
  settlement: Settlement,
  before: Head,
  tail: Tail,
  { isPaused, isStopped }: { readonly isPaused: boolean; readonly isStopped: boolean },
): Promise<Pick<Settled, 'head' | 'tail'>> {
  const { head, exhausted, dead, parked, unparked, passed, answered, freed, emptied, receipts } = settlement
  const { held: _held, endpoint: _endpoint, suspects: _suspects, ...kept } = before
  const halting = dead.filter(({ stopped }) => stopped !== undefined)
  const stops = await Promise.all(halting.map((buried) => halt(tx, buried)))
  const after = { ...tail, stopped: tail.stopped + stops.filter(({ isNew }) => isNew).length, halted: tail.halted + halting.length }
  const keeping = receipts.length > 0 && settlement.keep ? await keep(tx, before, receipts, settlement.keep) : undefined
  const { receipts: next, keptFrom } = keeping ?? before
  const { held, ...known } = head
  // The dead letter that halted a queue of one group was decided: its message waits as any other does.
  const isDecided = held?.isHalted === true && !isStopped && halting.length === 0
  const isWanted = !held || (await isStillWanted(tx, head.position, before, tail))
  // What a later release keeps there stays.
  const written = {
    ...kept,
    ...known,
    ...(held && !isDecided && { held: isWanted ? held : { ...held, due: settlement.now, wait: 0 } }),
    ...(await countChanges(tx, settlement, before, tail)),
    frozen: without(withNumbers(before.frozen, settlement.sent), [...answered, ...passed]),
    receipts: next,
    keptFrom,
    ...(isPaused && leasedWhilePaused(settlement, before)),
  }
  await Promise.all([
    writeHead(tx, written),
    ...(halting.length > 0 ? [writeTail(tx, after)] : []),
    ...exhausted.map((key) => tx.objectStore('inbox').delete(key)),
    ...dead.map(({ message, death, stopped }) =>
      tx.objectStore('dead').put({ ...message, ...death, ...(stopped !== undefined && { stopped }) }, message.sequence),
    ),
    ...parked.map(({ group, messages }) =>
      tx.objectStore('parked').put({ version: 1, group, messages, batches: batchesOf(messages) }, [group, messages[0]!.sequence]),
    ),
    ...unparked.map(([group, first]) => tx.objectStore('parked').delete([group, first])),
    ...emptied.map((message) => dropBody(tx, message)),
    ...(freed.length > 0 ? [freeKeys(tx, freed), forgetKeys(tx, settlement.now)] : []),
  ])
  return { head: written, tail: after }
}

/** What stays leased where the queue is paused: of what was, that which is under way, or may be by now. */
function leasedWhilePaused({ head, underWay }: Settlement, before: Head): Pick<Head, 'reserved' | 'serving' | 'along'> {
  const reserved = underWay ? Math.max(...underWay.sequences.map((sequence) => sequence + 1)) : Math.min(head.reserved, before.reserved)
  const serving = underWay?.groups ?? head.serving.filter((group) => before.serving.includes(group))
  const along = head.along.filter((sequence) => before.along.includes(sequence))
  return { reserved: Math.max(head.position, reserved), serving, along }
}

/** Changes of messages that have left the queue have had their time; the leader's own are new. */
async function countChanges(
  tx: WriteTransaction,
  { passed, changes }: Settlement,
  before: Head,
  tail: Tail,
): Promise<Pick<Head, 'cancelled' | 'changes'>> {
  const store = tx.objectStore('changes')
  const counted = { cancelled: before.cancelled, changes: before.changes }
  for (const change of changes) {
    if (!(await store.getKey(change.sequence))) counted.changes -= 1
    await store.put(change, change.sequence)
  }
  return areChanged(tail, { ...before, ...counted }) ? passChanges(tx, counted, passed) : counted
}

/** Changes of messages that are done with go as well; what is counted then. */
export async function passChanges(
  tx: WriteTransaction,
  { cancelled, changes }: Pick<Head, 'cancelled' | 'changes'>,
  passed: readonly number[],
): Promise<Pick<Head, 'cancelled' | 'changes'>> {
  const store = tx.objectStore('changes')
  const counted = { cancelled, changes }
  for (const sequence of passed) {
    const change = await store.get(sequence)
    if (!change) continue
    counted.changes += 1
    if (change.kind === 'cancelled' || change.kind === 'passed') counted.cancelled += 1
    await store.delete(sequence)
  }
  return counted
}

/** Nobody waits for a message that was cancelled: not for its retry either. */
async function isStillWanted(tx: WriteTransaction, sequence: number, head: Head, tail: Tail): Promise<boolean> {
  const change = areChanged(tail, head) ? await tx.objectStore('changes').get(sequence) : undefined
  return change?.kind !== 'cancelled' && change?.kind !== 'aborted'
}

/** A group that was paused meanwhile is stopped already. */
async function halt(tx: WriteTransaction, { message, stopped = '' }: Buried): Promise<{ readonly isNew: boolean }> {
  const before = await tx.objectStore('stops').get(stopped)
  await tx.objectStore('stops').put({ ...before, letter: message.sequence }, stopped)
  return { isNew: before === undefined }
}

/** Rows of groups that are behind. Says whether one of them is due sooner than the leader has thought: others have their say as well. */
async function writeRows(tx: WriteTransaction, { rows, now }: Settlement, head: Head, tail: Tail): Promise<boolean> {
  let isAnySooner = false
  const writing = Array.from(rows, async ([group, row]) => {
    if (!row) return tx.objectStore('groups').delete(group)
    const stop = row.due === Infinity && tail.stopped > 0 ? await tx.objectStore('stops').get(group) : undefined
    const due = await dueOf(tx, row, stop, { now, head, tail })
    if (due < row.due) isAnySooner = true
    const { held, ...rest } = row
    // The letter that halted it may have been decided, and the group be paused as well.
    const isDecided = held?.isHalted === true && stop?.letter === undefined
    await tx.objectStore('groups').put({ ...rest, due, ...(held && !isDecided && { held }) }, group)
  })
  await Promise.all(writing)
  return isAnySooner
}

/** When a group is due: one that was resumed, woken, or rid of what it waited for since the leader looked, sooner than that believes. */
async function dueOf(
  tx: WriteTransaction,
  row: GroupRow,
  stop: Stop | undefined,
  { now, head, tail }: { readonly now: number; readonly head: Head; readonly tail: Tail },
): Promise<number> {
  if (row.due <= now || stop) return row.due
  if (row.due === Infinity || (row.held && !(await isStillWanted(tx, row.next, head, tail)))) return now
  // A turn that is given anew comes with a time of its own.
  const before = await tx.objectStore('groups').get(row.group)
  return before?.turn === row.turn ? Math.min(before.due, row.due) : row.due
}

async function lookUp(
  tx: WriteTransaction,
  { candidates, isOneGroup }: Settlement,
  head: Head,
  tail: Tail,
): Promise<Pick<Settled, 'head' | 'tail' | 'changes' | 'stopped'>> {
  const [changes, stopped] = [new Map<number, Change>(), new Set<string>()]
  const groups = isOneGroup || tail.stopped === 0 ? [] : new Set(candidates.map(({ group }) => group))
  await Promise.all([
    ...(areChanged(tail, head) ? candidates : []).map(async ({ sequence }) => {
      const change = await tx.objectStore('changes').get(sequence)
      if (change) changes.set(sequence, change)
    }),
    ...Array.from(groups, async (group) => {
      if (await tx.objectStore('stops').get(group)) stopped.add(group)
    }),
  ])
  return { head, tail, changes, stopped }
}
