import type { Connection } from './connection.ts'
import { assertEpoch } from './epoch.ts'
import { parkedOf } from './read.ts'
import { isInboxRecord, isMessage, isParkedRecord, valueOf } from './readable.ts'
import type { UnreadablePlace } from './readable.ts'
import { isDone, readHead, readTail, writeHead } from './meta.ts'
import type { Head, Range } from './meta.ts'
import type { DeadRecord, WriteTransaction } from './schema.ts'
import { passChanges } from './settle.ts'

export interface Finding {
  readonly epoch: number
  /** Now, in milliseconds since the epoch of clocks. */
  readonly deadAt: number
  readonly place: UnreadablePlace
  /** That it could not be read was seen several times, over some seconds: what an engine does not give may be there again in a moment. */
  readonly isLasting: boolean
}

/** What is taken out at one place. */
interface Found {
  readonly head: Head
  readonly letters: readonly DeadRecord[]
  /** Issued again, since nobody heard that it was written. */
  readonly wasDone?: boolean
}

/**
 * Takes out what cannot be read, and puts a dead letter in its place, with what was found there; in one transaction, as only the leader of the
 * epoch can. It is to begin a new one: what it knew is out of date then.
 *
 * @returns the dead letters; none where all can be read after all, or may be in a moment.
 */
export function setAside(connection: Connection, finding: Finding): Promise<readonly DeadRecord[]> {
  return connection.writeFromReserve(['inbox', 'meta', 'groups', 'parked', 'dead', 'changes'], 'relaxed', async (tx) => {
    const before = await readHead(tx)
    assertEpoch(before, finding.epoch)
    const { head, letters, wasDone } = await take(tx, before, finding)
    if (wasDone) return letters
    await Promise.all([
      writeHead(tx, { ...head, deadIn: head.deadIn + letters.length }),
      ...letters.map((letter) => tx.objectStore('dead').put(letter, letter.sequence)),
    ])
    return letters
  })
}

function take(tx: WriteTransaction, head: Head, finding: Finding): Promise<Found> {
  const { place, deadAt } = finding
  if ('group' in place) return takeOfGroup(tx, head, finding, place.group)
  return 'record' in place ? takeRecord(tx, head, finding, place.record) : takeMessage(tx, head, deadAt, place.message)
}

/** All that a record of the inbox holds, and nobody knows what that is. Its letter stands where the first stood that was not done with: others may have letters. */
async function takeRecord(tx: WriteTransaction, head: Head, { deadAt, isLasting }: Finding, key: number): Promise<Found> {
  const inbox = tx.objectStore('inbox')
  const [there, following, tail] = await Promise.all([inbox.getKey(key), inbox.getKey(IDBKeyRange.lowerBound(key, true)), readTail(tx)])
  const end = following ?? tail.next
  if (there === undefined) return { head, letters: await lettersWithin(tx, key, end), wasDone: true }
  const found = await valueOf(inbox.get(key))
  if (isInboxRecord(found, key) || (found === undefined && !isLasting)) return { head, letters: [] }
  await inbox.delete(key)
  const done = [[0, head.position] as const, ...head.done].filter(([from, to]) => from < end && to > key)
  let sequence = key
  while (isDone({ position: 0, done }, sequence)) sequence += 1
  return { head: await takenOut(tx, head, [key, end]), letters: [letterOf({ sequence, found, deadAt, done })] }
}

async function lettersWithin(tx: WriteTransaction, from: number, end: number): Promise<DeadRecord[]> {
  const letters = await tx.objectStore('dead').getAll(IDBKeyRange.bound(from, end, false, true))
  return letters.filter(({ reason }) => reason === 'unreadable')
}

/** One message. Its record stays as it is. */
async function takeMessage(tx: WriteTransaction, head: Head, deadAt: number, sequence: number): Promise<Found> {
  const keys = await tx.objectStore('inbox').getAllKeys(IDBKeyRange.bound(head.record, sequence))
  const record = await tx.objectStore('inbox').get(keys.at(-1) ?? sequence)
  const found: unknown = record?.messages[sequence - record.first]
  if (isDone(head, sequence)) return { head, letters: await lettersWithin(tx, sequence, sequence + 1), wasDone: true }
  if (isMessage(found)) return { head, letters: [] }
  return { head: await takenOut(tx, head, [sequence, sequence + 1]), letters: [letterOf({ sequence, found, deadAt })] }
}

/** Those records of a group that cannot be read. Its row is written anew, by what is left: all that can be read, where the row was damaged. */
async function takeOfGroup(tx: WriteTransaction, head: Head, { deadAt, isLasting }: Finding, group: string): Promise<Found> {
  const [groups, parked] = [tx.objectStore('groups'), tx.objectStore('parked')]
  const row = await groups.get(group)
  const letters: DeadRecord[] = []
  let next = Infinity
  let count = 0
  for (const key of await parked.getAllKeys(parkedOf(group))) {
    const found: unknown = await valueOf(parked.get(key))
    if (isParkedRecord(found)) {
      // A record of which nothing waits is deleted with its last message: it is the row that is wrong.
      const after = found.messages.filter(({ sequence }) => sequence >= (row?.next ?? 0))
      const waiting = after.length > 0 ? after : found.messages
      next = Math.min(next, waiting[0]!.sequence)
      count += waiting.length
    } else if (found === undefined && !isLasting) return { head, letters: [] }
    else {
      await parked.delete(key)
      // What stood before the row's next may have a letter of its own.
      const sequence = letters.length === 0 && count === 0 ? Math.max(key[1], row?.next ?? 0) : key[1]
      letters.push(letterOf({ sequence, found, deadAt, group, done: row ? [[0, row.next]] : [] }))
    }
  }
  if (count === 0) await groups.delete(group)
  else await groups.put({ group, next, parked: count, due: deadAt, turn: head.turn }, group)
  const parkedNow = head.parked + count - (row?.parked ?? 0)
  return { head: { ...head, parked: parkedNow, groups: head.groups - (row && count === 0 ? 1 : 0) }, letters }
}

function letterOf({
  sequence,
  found,
  deadAt,
  group,
  done,
}: Pick<DeadRecord, 'sequence' | 'found' | 'deadAt' | 'group' | 'done'>): DeadRecord {
  const { id } = Object(found) as { id?: unknown }
  return {
    id: typeof id === 'string' ? id : `unreadable.${sequence}`,
    body: '',
    bytes: 0,
    enqueuedAt: deadAt,
    sequence,
    ...(group !== undefined && { group }),
    reason: 'unreadable',
    deadAt,
    attempts: 0,
    status: 0,
    excerpt: '',
    found,
    ...(done && { done }),
  }
}

/** The head, without what is in a range of the inbox. Of what was cancelled there, nothing is counted any more. */
async function takenOut(tx: WriteTransaction, head: Head, range: Range): Promise<Head> {
  const changed = await tx.objectStore('changes').getAllKeys(IDBKeyRange.bound(...range, false, true))
  const waiting = changed.filter((sequence) => !isDone(head, sequence))
  return { ...withDone(head, range), ...(await passChanges(tx, head, waiting)) }
}

/** A head that is done with a range. What came of the message at its position is said of no other. */
function withDone(head: Head, range: Range): Head {
  const { held, ...rest } = head
  let { position } = head
  const done: Range[] = []
  for (const [from, to] of [...head.done, range].sort((a, b) => a[0] - b[0])) {
    const last = done.at(-1)
    if (from <= position) position = Math.max(position, to)
    else if (last && from <= last[1]) done[done.length - 1] = [last[0], Math.max(last[1], to)]
    else done.push([from, to])
  }
  return { ...rest, position, done, ...(held && position === head.position && { held }) }
}
