import type { PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import type { GroupRow, InboxRecord, ReadTransaction } from './schema.ts'

/** A record, and the rows of those of its groups that are behind. */
export interface ReadRecord {
  readonly record: InboxRecord
  readonly rows: readonly GroupRow[]
}

/**
 * The first record at or after a key: at most about 56 kB, or one larger message.
 *
 * @param groupsOf the groups of a record whose rows are wanted; none where no group is behind.
 */
export function readRecord(
  connection: Connection,
  from: number,
  groupsOf: (record: InboxRecord) => Iterable<string> = () => [],
): Promise<ReadRecord | undefined> {
  return connection.read(['inbox', 'groups'], async (tx) => {
    const [record] = await tx.objectStore('inbox').getAll(IDBKeyRange.lowerBound(from), 1)
    if (!record) return undefined
    const rows = await Promise.all(Array.from(groupsOf(record), (group) => tx.objectStore('groups').get(group)))
    return { record, rows: rows.filter((row) => row !== undefined) }
  })
}

/** A group that is due, with its first message. */
export interface DueGroup {
  readonly row: GroupRow
  readonly message: PlacedMessage
  /** The number in the key of the record that holds it, and whether it is the last in there. */
  readonly record: number
  readonly isLast: boolean
}

export interface DueQuery {
  readonly now: number
  readonly most: number
  /** Only groups that have not had a later turn than this. */
  readonly upToTurn?: number
}

export interface DueGroups {
  readonly groups: readonly DueGroup[]
  /** The next group that is not due yet, where all that are due were found. */
  readonly later: DueGroup | undefined
}

/** The groups that are due, whose turn it is first; asked of an index, and never of messages. */
export function readDue(connection: Connection, { now, most, upToTurn = Infinity }: DueQuery): Promise<DueGroups> {
  return connection.read(['groups', 'parked'], async (tx) => {
    const turns = tx.objectStore('groups').index('turn')
    const rows: GroupRow[] = []
    let cursor = await turns.openCursor()
    while (cursor && cursor.value.due <= now && rows.length < most) {
      if (cursor.value.turn <= upToTurn) rows.push(cursor.value)
      cursor = await cursor.continue()
    }
    const later = cursor && cursor.value.due > now ? await firstOf(tx, cursor.value) : undefined
    return { groups: await Promise.all(rows.map((row) => firstOf(tx, row))), later }
  })
}

async function firstOf(tx: ReadTransaction, row: GroupRow): Promise<DueGroup> {
  const range = IDBKeyRange.bound([row.group, 0], [row.group, Infinity])
  const [record] = await tx.objectStore('parked').getAll(range, 1)
  const at = record?.messages.findIndex(({ sequence }) => sequence >= row.next) ?? -1
  const message = record?.messages[at]
  if (!record || !message) throw new Error(`Group "${row.group}" has no parked message from ${row.next} on`)
  return { row, message, record: record.messages[0]!.sequence, isLast: at === record.messages.length - 1 }
}
