import { afterEach, beforeEach, expect, test } from 'vitest'
import { Books } from '../../src/consumer/books.ts'
import { QueueTime } from '../../src/consumer/queue-time.ts'
import type { Delivery } from '../../src/consumer/turns.ts'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { lead } from '../../src/queue/lead.ts'
import { readTail, writeHead, writeTail } from '../../src/queue/meta.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { traced } from '../world/traced.ts'
import type { Trace } from '../world/traced.ts'
import { deleteDatabase, message, openNew, openRaw, limits } from './database.ts'
import type { Connection } from '../../src/queue/connection.ts'
import type { GroupRow, ParkedRecord } from '../../src/queue/schema.ts'

const AT_ONCE = 10_000

let connection: Connection
let clock: FakeClock
beforeEach(() => {
  connection = openNew()
  clock = new FakeClock()
})
afterEach(deleteDatabase)

/** Has so many groups wait for another attempt, as a leader leaves them that was told so for each. The first is due in an hour, and each of the others a second later. */
async function haveWait(count: number): Promise<void> {
  const head = (await lead(connection)).head
  for (let first = 1; first <= count; first += AT_ONCE) await park(first, Math.min(first + AT_ONCE, count + 1))
  const end = count + 1
  await connection.write(['meta'], 'relaxed', async (tx) => {
    await writeTail(tx, { ...(await readTail(tx)), next: end, bytes: count })
    await writeHead(tx, { ...head, position: end, record: end, reserved: end, parked: count, groups: count, turn: count })
  })
}

/** Written in one go: a promise for each record would take longer than the store does. */
async function park(first: number, end: number): Promise<void> {
  const database = await openRaw()
  const tx = database.transaction(['groups', 'parked'], 'readwrite', { durability: 'relaxed' })
  const [groups, parked] = [tx.objectStore('groups'), tx.objectStore('parked')]
  for (let sequence = first; sequence < end; sequence++) {
    const group = `group ${sequence}`
    const wait = 3_600_000 + (sequence - 1) * 1_000
    const due = clock.now() + wait
    const row: GroupRow = {
      group,
      next: sequence,
      parked: 1,
      due,
      turn: sequence,
      held: { attempts: 1, uncounted: 0, due, wait, by: 'backoff' },
    }
    const record: ParkedRecord = { version: 1, group, messages: [{ ...message(`${sequence}`), group, sequence }] }
    groups.put(row, group)
    parked.put(record, [group, sequence])
  }
  await new Promise((resolve, reject) => {
    tx.addEventListener('complete', resolve)
    tx.addEventListener('abort', () => reject(tx.error ?? new Error('no reason given')))
  })
  database.close()
}

interface Costs {
  readonly start: Trace
  readonly settle: Trace
  readonly due: Trace
}

/**
 * What a leader asks of the store from its beginning until it has a healthy message, which was enqueued after those of the groups that wait; then
 * until nothing else may go; and once the first of those groups is due, until its message may go.
 */
async function costsWith(waiting: number): Promise<Costs> {
  await haveWait(waiting)
  await enqueue(connection, limits('relaxed'), [{ producer: 'q', number: 0, messages: [{ ...message('healthy'), group: 'healthy' }] }])
  let books!: Books
  let healthy!: Delivery | undefined
  const start = await traced(async () => {
    expect(await depth(connection)).toMatchObject({ ready: waiting + 1, leased: 0 })
    books = new Books({
      connection,
      begun: await lead(connection),
      order: 'group',
      clock,
      time: new QueueTime(clock, undefined),
      remembering: () => ({ dedupWindow: 0 }),
      failed: () => {},
    })
    healthy = await books.next()
    expect(healthy?.message.id).toBe('healthy')
  })
  const settle = await traced(async () => {
    const accepted = books.accept(healthy!, { status: 200, headers: {}, body: undefined })
    expect(await books.next()).toBeUndefined()
    await books.release()
    await accepted
  })
  clock.advance(3_600_000)
  const due = await traced(async () => expect((await books.next())?.message.id).toBe('1'))
  await deleteDatabase()
  return { start, settle, due }
}

test('100,000 groups that wait cost a leader what 10 do, from its beginning on', async () => {
  const few = await costsWith(10)
  connection = openNew()
  clock = new FakeClock()
  const many = await costsWith(100_000)
  expect(many).toEqual(few)
}, 120_000)
