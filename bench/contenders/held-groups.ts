import { systemClock } from '../../src/host/platform.ts'
import { Connection } from '../../src/queue/connection.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { lead } from '../../src/queue/lead.ts'
import { toRecords } from '../../src/queue/record.ts'
import { settle } from '../../src/queue/settle.ts'
import type { Message, PlacedMessage } from '../../src/message/message.ts'
import { databaseName } from '../../src/protocol/names.ts'
import type { Body } from '../page/bodies.ts'
import { BODY_BYTES } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'

/** How long they wait: longer than any run. */
const A_WEEK = 7 * 24 * 3_600_000

const NOTHING = {
  isOneGroup: false,
  underWay: undefined,
  dead: [],
  unparked: [],
  candidates: [],
  passed: [],
  changes: [],
  freed: [],
  emptied: [],
  receipts: [],
  keep: undefined,
  sent: [],
  answered: [],
}

/**
 * Fills Holdfast's database with groups of which each waits for a retry, by the library's own transactions and without the requests: what
 * a server leaves that has answered to none but the first attempts, asking each to come back in a week.
 */
export const open: Open = async () => {
  const connection = new Connection({ name: databaseName('bench'), clock: systemClock, tell: () => {}, makeRoom: async () => {} })
  let batches = 0

  async function fill(bodies: readonly Body[]): Promise<void> {
    const messages = bodies.map(toMessage)
    await enqueue(connection, { durability: 'relaxed', now: Date.now() }, [{ producer: 'fill', number: batches++, messages }])
    const { head } = await lead(connection)
    const placed = messages.map((message, i): PlacedMessage => ({ ...message, sequence: head.position + i }))
    const position = head.position + placed.length
    const now = Date.now()
    const due = now + A_WEEK
    const held = { due, wait: A_WEEK, by: 'server', attempts: 0, uncounted: 1, status: 409 } as const
    const rows = placed.map(({ sequence, group = '' }) => [group, { group, next: sequence, parked: 1, due, turn: sequence, held }] as const)
    const counted = { parked: position - 1, groups: position - 1, turn: position }
    await settle(connection, {
      ...NOTHING,
      head: { ...head, ...counted, revision: head.revision + 1, position, record: position, reserved: position },
      now,
      exhausted: toRecords(messages, head.position).map(({ first }) => first),
      rows: new Map(rows),
      parked: placed.map((message) => ({ group: message.group ?? '', messages: [message] })),
    })
  }

  return { fill }
}

function toMessage(body: Body): Message {
  return { id: `fill.${body.n}`, body: JSON.stringify(body), bytes: BODY_BYTES, enqueuedAt: Date.now(), group: `group-${body.n}` }
}
