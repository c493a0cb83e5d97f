import type { PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { isInboxRecord, isParkedRecord, Unreadable, valueOf } from './readable.ts'
import type { GroupRow, InboxRecord, ParkedRecord, ReadTransaction, WriteTransaction } from './schema.ts'

/** A record, and the rows of those of its groups that are behind. */
export interface ReadRecord {
  readonly record: InboxRecord
  readonly rows: readonly GroupRow[]
}

/**
 * The first record at or after a key: at most about 56 kB, or one larger message.
 *
 * @param groupsOf the groups of a record whose rows are wanted; none where no group is behind.
 * @throws Unreadable.
 */
export function readRecord(
  connection: Connection,
  from: number,
  groupsOf: (record: InboxRecord) => Iterable<string> = () => [],
): Promise<ReadRecord | undefined> {
  return connection.read(['inbox', 'groups'], async (tx) => {
    const found = await firstRecord(tx, from)
    if (!found) return undefined
    const { key, record } = found
    if (!isInboxRecord(record, key)) throw new Unreadable({ record: key })
    const rows = await Promise.all(Array.from(groupsOf(record), (group) => tx.objectStore('groups').get(group)))
    return { record, rows: rows.filter((row) => row !== undefined) }
  })
}

/** The first record at or after a key, as it is found there. */
export async function firstRecord(tx: ReadTransaction, from: number): Promise<{ key: number; record: unknown } | undefined> {
  const inbox = tx.objectStore('inbox')
  const range = IDBKeyRange.lowerBound(from)
  const [key, records] = await Promise.all([inbox.getKey(range), valueOf(inbox.getAll(range, 1))])
  return key === undefined ? undefined : { key, record: records?.[0] }
}

/** A group that is due, with its first message. */
export interface DueGroup {
  readonly row: GroupRow
  readonly message: PlacedMessage
  /** The record that holds it, and whether it is the last in there. */
  readonly record: ParkedRecord
  readonly isLast: boolean
}

export interface DueQuery {
  readonly now: number
  readonly most: number
  /** Only groups that have not had a later turn than this. */
  readonly upToTurn?: number
  /** The first record of a group, where it was read before. */
  readonly recordOf: (group: string) => ParkedRecord | undefined
}

export interface DueGroups {
  readonly groups: readonly DueGroup[]
  /** Whether there may be more that are due. */
  readonly isFull: boolean
  /** The next group that is not due yet, where all that are due were found. */
  readonly later: DueGroup | undefined
}

/** The groups that are due, whose turn it is first; asked of an index, and never of messages. */
export function readDue(connection: Connection, { now, most, upToTurn = Infinity, recordOf }: DueQuery): Promise<DueGroups> {
  return connection.read(['groups', 'parked'], async (tx) => {
    const turns = tx.objectStore('groups').index('turn')
    const rows: GroupRow[] = []
    let cursor = await turns.openCursor()
    // What is stopped stands at the end, and is never due.
    while (cursor && cursor.value.due <= now && cursor.value.due !== Infinity && rows.length < most) {
      if (cursor.value.turn <= upToTurn) rows.push(cursor.value)
      cursor = await cursor.continue()
    }
    const later =
      cursor && cursor.value.due > now && cursor.value.due !== Infinity ? await readFirst(tx, cursor.value, recordOf) : undefined
    return { isFull: rows.length === most, groups: await Promise.all(rows.map((row) => readFirst(tx, row, recordOf))), later }
  })
}

async function readFirst(tx: ReadTransaction, row: GroupRow, recordOf: DueQuery['recordOf']): Promise<DueGroup> {
  const { group } = row
  const record = recordOf(group) ?? (await valueOf(tx.objectStore('parked').getAll(parkedOf(group), 1)))?.[0]
  const first = isParkedRecord(record) ? firstOf(row, record) : undefined
  if (!first) throw new Unreadable({ group })
  return first
}

/** The keys of all that is parked of a group. */
export function parkedOf(group: string): IDBKeyRange {
  return IDBKeyRange.bound([group, 0], [group, Infinity])
}

/** The first message of a group, if it is in this record. */
export function firstOf(row: GroupRow, record: ParkedRecord): DueGroup | undefined {
  const at = record.messages.findIndex(({ sequence }) => sequence >= row.next)
  const message = record.messages[at]
  return message && { row, message, record, isLast: at === record.messages.length - 1 }
}

/** A row with the number of its first message: a row says from where on that is, and what lies between may be other groups'. */
export async function exactly(tx: ReadTransaction | WriteTransaction, row: GroupRow): Promise<GroupRow> {
  const [record] = (await valueOf(tx.objectStore('parked').getAll(parkedOf(row.group), 1))) ?? []
  const first = isParkedRecord(record) ? firstOf(row, record) : undefined
  return first ? { ...row, next: first.message.sequence } : row
}
