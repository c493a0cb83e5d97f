import type { Connection } from './connection.ts'
import { countsOf, readHead, readTail, withNumbers, writeHead } from './meta.ts'
import type { Head, Range, Tail } from './meta.ts'
import { exactly } from './read.ts'
import type { WriteTransaction } from './schema.ts'

/** How many ranges of messages are remembered that a leader which is gone may have sent: twice what one may have in a request. */
const MOST_FROZEN = 2_000

/** What a new leader begins with. */
export interface Begun {
  readonly head: Head
  readonly tail: Tail
}

/** Begins a new epoch: from here on, whoever led before can write nothing, and nothing is reserved. */
export function lead(connection: Connection): Promise<Begun> {
  return connection.writeFromReserve(['meta', 'groups', 'parked'], 'relaxed', async (tx) => {
    const [tail, before] = await Promise.all([readTail(tx), readHead(tx)])
    const head: Head = {
      ...before,
      ...totals(tail, before),
      epoch: before.epoch + 1,
      reserved: before.position,
      serving: [],
      along: [],
      frozen: [...before.frozen, ...(await maybeSent(tx, before))].slice(-MOST_FROZEN),
      isUnauthorized: false,
    }
    await writeHead(tx, head)
    return { head, tail }
  })
}

/** Where nothing is left, nothing is counted: what was set aside unread has taken along nobody knows how much, and an earlier release knows no changes. */
function totals(tail: Tail, head: Head): Pick<Head, 'bytes' | 'cancelled' | 'changes'> {
  const { bytes, cancelled, changes } = head
  const inRecords = countsOf(tail, head).waiting + tail.halted + tail.cancelled - cancelled
  if (inRecords > 0 || tail.delayed > 0) return { bytes, cancelled, changes }
  return { bytes: tail.bytes, cancelled: tail.cancelled, changes: tail.changes }
}

/** The leader before gave nothing back: what it had reserved may be on its way. */
async function maybeSent(tx: WriteTransaction, { position, reserved, done, serving, along }: Head): Promise<Range[]> {
  const ranges: Range[] = []
  let from = position
  for (const [start, end] of [...done.filter(([first]) => first < reserved), [reserved, reserved] as const]) {
    if (start > from) ranges.push([from, start])
    from = Math.max(from, end)
  }
  const rows = await Promise.all(serving.map((group) => tx.objectStore('groups').get(group)))
  const exact = await Promise.all(rows.flatMap((row) => (row ? [exactly(tx, row)] : [])))
  return withNumbers(ranges, [...exact.map(({ next }) => next), ...along])
}
