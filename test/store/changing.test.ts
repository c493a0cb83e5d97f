import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Decision } from '../../src/message/decision.ts'
import { cancel } from '../../src/queue/cancel.ts'
import type { Connection } from '../../src/queue/connection.ts'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import type { EnqueueLimits } from '../../src/queue/enqueue.ts'
import type { IncomingMessage } from '../../src/queue/intake.ts'
import { firstDue, join } from '../../src/queue/join.ts'
import { lead } from '../../src/queue/lead.ts'
import type { Head } from '../../src/queue/meta.ts'
import { setAside } from '../../src/queue/set-aside.ts'
import { Superseded } from '../../src/queue/epoch.ts'
import { settle } from '../../src/queue/settle.ts'
import type { Settled, Settlement } from '../../src/queue/settlement.ts'
import { standings } from '../../src/queue/standing.ts'
import { pause, resume, retryGroup } from '../../src/queue/stops.ts'
import { allMessages, batch, databaseName, deleteDatabase, limits, message, NOTHING, openNew } from './database.ts'
import { changeRaw, readRaw } from './raw-database.ts'

let connection: Connection
let number = 0
beforeEach(() => {
  connection = openNew()
  number = 0
})
afterEach(deleteDatabase)

/** Enqueues messages of one tick, whose ids are `p.<tick>.<offset>`. */
async function enqueueAll(all: readonly Partial<IncomingMessage>[], given: Partial<EnqueueLimits> = {}): Promise<readonly Decision[]> {
  const messages = all.map((one, offset) => ({ ...message(`p.${number}.${offset}`), ...one }))
  const [decided] = await enqueue(connection, { ...limits('relaxed'), ...given }, [{ producer: 'p', number: number++, messages }])
  return decided!
}

/** Settles, as the leader whose head this is. */
async function settleAs(head: Head, change: Partial<Head>, settlement: Partial<Settlement> = {}): Promise<Settled> {
  return settle(connection, { ...NOTHING, head: { ...head, revision: head.revision + 1, ...change }, ...settlement })
}

const bodies = async (): Promise<unknown[]> => (await allMessages(connection)).map(({ body }) => body)
const ids = async (): Promise<string[]> => (await allMessages(connection)).map(({ id }) => id)

describe('a message that waits', () => {
  test('is cancelled once, counted out at once, and listed no more', async () => {
    await enqueue(connection, limits('relaxed'), [batch('p', 0, 'p.0.0', 'p.0.1', 'p.0.2')])
    expect(await cancel(connection, { id: 'p.0.1', isAborting: false, now: 0 })).toMatchObject({
      answer: 'cancelled',
      maybeDelivered: false,
    })
    expect(await cancel(connection, { id: 'p.0.1', isAborting: false, now: 0 })).toMatchObject({ answer: 'unknown' })
    expect(await ids()).toEqual(['p.0.0', 'p.0.2'])
    expect(await depth(connection)).toMatchObject({ ready: 2, bytes: 2 })
    expect(await standings(connection, ['p.0.1'], 0)).toEqual([{ state: 'cancelled', maybeDelivered: false }])
  })

  test('and was cancelled in a record that cannot be read is counted once, and not as one too few of those that wait', async () => {
    await enqueueAll([{}, {}, {}])
    await enqueueAll([{}])
    for (const id of ['p.0.0', 'p.0.2', 'p.1.0']) await cancel(connection, { id, isAborting: false, now: 0 })
    await enqueueAll([{}])
    const { head } = await lead(connection)
    await changeRaw(databaseName(), 'inbox', 1, () => 'damaged')
    const finding = { epoch: head.epoch, deadAt: 0, place: { record: 1 }, isLasting: false }
    expect(await setAside(connection, finding)).toHaveLength(1)
    expect(await depth(connection)).toMatchObject({ ready: 1, dead: 1 })
    expect((await readRaw(databaseName(), 'changes')).map(([key]) => key)).toEqual([4])
  })

  test('is not cancelled once it is reserved; the leader hears of one that was cancelled before', async () => {
    await enqueueAll([{}, {}])
    const { head } = await lead(connection)
    await cancel(connection, { id: 'p.0.1', isAborting: false, now: 0 })
    const candidates = [1, 2].map((sequence) => ({ sequence, group: '' }))
    const { changes } = await settleAs(head, { reserved: 3 }, { candidates })
    expect([...changes]).toMatchObject([[2, { kind: 'cancelled', id: 'p.0.1' }]])
    expect(await cancel(connection, { id: 'p.0.0', isAborting: false, now: 0 })).toMatchObject({ answer: 'leased' })
    expect(await cancel(connection, { id: 'p.0.0', isAborting: true, now: 0 })).toMatchObject({ answer: 'aborted' })
    expect(await standings(connection, ['p.0.0'], 0)).toEqual([{ state: 'leased' }])
    const after = { ...head, revision: 1 }
    await settleAs(after, { position: 3, record: 3, reserved: 3, bytes: 1 }, { exhausted: [1], passed: [1, 2] })
    expect(await depth(connection)).toMatchObject({ ready: 0, leased: 0, bytes: 0 })
    expect(await standings(connection, ['p.0.1'], 0)).toEqual([{ state: 'unknown' }])
  })

  test('may have been sent where a leader ended that had reserved it: cancelled, it says so, and its bytes are not changed', async () => {
    await enqueueAll([{ dedupKey: 'k', body: 'first' }])
    await settleAs((await lead(connection)).head, { reserved: 2 })
    await lead(connection)
    await enqueueAll([{ dedupKey: 'k', onDuplicate: 'latest', body: 'second' }])
    expect(await bodies()).toEqual(['first', 'second'])
    expect(await cancel(connection, { id: 'p.0.0', isAborting: false, now: 0 })).toMatchObject({
      answer: 'cancelled',
      maybeDelivered: true,
    })
  })
})

describe('of two messages with one dedup key', () => {
  test('the second is ignored, and is told which it is the same as', async () => {
    await enqueueAll([{ dedupKey: 'k' }])
    expect(await enqueueAll([{ dedupKey: 'k', body: '2' }, {}])).toEqual([[0, { sameAs: 'p.0.0' }]])
    expect(await ids()).toEqual(['p.0.0', 'p.1.1'])
  })

  test('the second replaces the first in its place, under its own id', async () => {
    await enqueueAll([{ dedupKey: 'k', body: '"a"' }, {}])
    expect(await enqueueAll([{ dedupKey: 'k', onDuplicate: 'replace', body: '"longer"', bytes: 8 }])).toEqual([[0, { replaced: 'p.0.0' }]])
    expect(await ids()).toEqual(['p.1.0', 'p.0.1'])
    expect(await standings(connection, ['p.0.0'], 0)).toEqual([{ state: 'unknown' }])
    expect(await standings(connection, ['p.1.0'], 0)).toEqual([{ state: 'ready' }])
    expect(await depth(connection)).toMatchObject({ ready: 2, bytes: 9 })
    expect(await cancel(connection, { id: 'p.1.0', isAborting: false, now: 0 })).toMatchObject({ answer: 'cancelled' })
    expect(await depth(connection)).toMatchObject({ ready: 1, bytes: 1 })
  })

  test('the first gets the latest body, a hundred times over, and keeps id and place', async () => {
    await enqueueAll([{ dedupKey: 'k', body: '0' }, {}])
    for (let n = 1; n <= 100; n++) await enqueueAll([{ dedupKey: 'k', onDuplicate: 'latest', body: `${n}` }])
    expect(await bodies()).toEqual(['100', '1'])
    expect((await ids())[0]).toBe('p.0.0')
    expect(await depth(connection)).toMatchObject({ ready: 2, bytes: 2 })
  })

  test('that come in one tick, the second is treated no otherwise', async () => {
    const decided = await enqueueAll([
      { dedupKey: 'k', body: '1' },
      { dedupKey: 'k', body: '2' },
      { dedupKey: 'k', onDuplicate: 'latest', body: '3' },
    ])
    expect(decided).toEqual([
      [1, { sameAs: 'p.0.0' }],
      [2, { sameAs: 'p.0.0', isUpdated: true }],
    ])
    expect(await bodies()).toEqual(['3'])
  })

  test('in different groups, they are different', async () => {
    await enqueueAll([{ dedupKey: 'k', group: 'a' }])
    expect(await enqueueAll([{ dedupKey: 'k', group: 'b' }])).toEqual([])
  })

  test('both are stored where the first was delivered, unless its key is remembered', async () => {
    await enqueueAll([{ dedupKey: 'k' }, { dedupKey: 'remembered' }])
    const { head } = await lead(connection)
    const freed = [
      { message: { ...message('p.0.0'), dedupKey: 'k', sequence: 1 }, until: undefined },
      { message: { ...message('p.0.1'), dedupKey: 'remembered', sequence: 2 }, until: 1_000 },
    ]
    await settleAs(head, { position: 3, record: 3, reserved: 3, bytes: 2 }, { exhausted: [1], passed: [1, 2], freed })
    expect(await enqueueAll([{ dedupKey: 'k' }, { dedupKey: 'remembered' }], { now: 999 })).toEqual([[1, { sameAs: 'p.0.1' }]])
    expect(await enqueueAll([{ dedupKey: 'remembered' }], { now: 1_000 })).toEqual([])
  })
})

describe('a batch that is issued again', () => {
  test('is answered as it was then', async () => {
    const messages = [message('q.0.0'), { ...message('q.0.1'), dedupKey: 'k' }, { ...message('q.0.2'), dedupKey: 'k' }, message('q.0.3')]
    const incoming = { producer: 'q', number: 0, messages }
    const given = { ...limits('relaxed'), capacity: { messages: 2 } }
    const [decided] = await enqueue(connection, given, [incoming])
    expect(decided).toEqual([
      [2, { sameAs: 'q.0.1' }],
      [3, 'full'],
    ])
    await cancel(connection, { id: 'q.0.0', isAborting: false, now: 0 })
    await cancel(connection, { id: 'q.0.1', isAborting: false, now: 0 })
    expect(await enqueue(connection, given, [incoming])).toEqual([decided])
    expect(await depth(connection)).toMatchObject({ ready: 0 })
  })
})

describe('capacity', () => {
  test('refuses what is one too many, and no more than that', async () => {
    expect(await enqueueAll([{}, { delay: 5 }, {}], { capacity: { messages: 2 } })).toEqual([[2, 'full']])
    expect(await enqueueAll([{ bytes: 5 }, { bytes: 4 }], { capacity: { bytes: 6 } })).toEqual([[0, 'full']])
    expect(await depth(connection)).toMatchObject({ ready: 2, delayed: 1, bytes: 6 })
  })
})

describe('a delayed message', () => {
  test('is let join by the leader of the present epoch alone', async () => {
    await enqueueAll([{ delay: 10 }])
    const { epoch } = (await lead(connection)).head
    await lead(connection)
    await expect(join(connection, epoch, 20)).rejects.toThrow(Superseded)
    expect(await depth(connection)).toMatchObject({ ready: 0, delayed: 1 })
  })

  test('joins the tail when it is due, in the order of the times, and never before', async () => {
    await enqueueAll([{ delay: 20 }, { delay: 10 }, { delay: 10 }, {}])
    expect(await depth(connection)).toMatchObject({ ready: 1, delayed: 3, bytes: 4 })
    expect(await ids()).toEqual(['p.0.3', 'p.0.1', 'p.0.2', 'p.0.0'])
    expect(await firstDue(connection)).toBe(10)
    const { epoch } = (await lead(connection)).head
    expect(await join(connection, epoch, 9)).toEqual({ ids: [], nextDue: 10 })
    expect(await join(connection, epoch, 10)).toEqual({ ids: ['p.0.1', 'p.0.2'], nextDue: 20 })
    expect(await join(connection, epoch, 30)).toEqual({ ids: ['p.0.0'], nextDue: Infinity })
    expect(await ids()).toEqual(['p.0.3', 'p.0.1', 'p.0.2', 'p.0.0'])
    expect(await depth(connection)).toMatchObject({ ready: 4, delayed: 0, bytes: 4 })
  })

  test('is cancelled, and replaced, where it waits', async () => {
    await enqueueAll([{ delay: 10, dedupKey: 'k' }, { delay: 20 }])
    expect(await enqueueAll([{ delay: 30, dedupKey: 'k', onDuplicate: 'latest', body: '2' }])).toEqual([
      [0, { sameAs: 'p.0.0', isUpdated: true }],
    ])
    expect(await cancel(connection, { id: 'p.0.1', isAborting: false, now: 0 })).toMatchObject({ answer: 'cancelled' })
    expect(await bodies()).toEqual(['2'])
    expect(await firstDue(connection)).toBe(30)
    expect(await depth(connection)).toMatchObject({ ready: 0, delayed: 1, bytes: 1 })
  })
})

describe('a group that is paused', () => {
  test('is told to the leader that would reserve its messages, until it is resumed', async () => {
    await enqueueAll([{ group: 'a' }, { group: 'b' }])
    const { head } = await lead(connection)
    await pause(connection, 'a')
    await pause(connection, 'a')
    expect(await depth(connection)).toMatchObject({ stopped: 1 })
    const candidates = [
      { sequence: 1, group: 'a' },
      { sequence: 2, group: 'b' },
    ]
    expect([...(await settleAs(head, { reserved: 3 }, { candidates })).stopped]).toEqual(['a'])
    await resume(connection, { group: 'a', isOneGroup: false, now: 0 })
    expect(await depth(connection)).toMatchObject({ stopped: 0 })
    expect([...(await settleAs(head, { revision: 2, reserved: 3 }, { candidates })).stopped]).toEqual([])
  })

  test('goes on though the leader writes its row, stopped, after it was resumed', async () => {
    await enqueueAll([{ group: 'a' }])
    const { head } = await lead(connection)
    const row = { group: 'a', next: 1, parked: 1, due: Infinity, turn: 1 }
    const parked = [{ group: 'a', messages: [{ ...message('p.0.0'), group: 'a', sequence: 1 }] }]
    const change = { position: 2, record: 2, reserved: 2, parked: 1, groups: 1 }
    const { isAnySooner } = await settleAs(head, change, { now: 7, exhausted: [1], rows: new Map([['a', row]]), parked })
    expect(isAnySooner).toBe(true)
    expect(await depth(connection)).toMatchObject({ ready: 1, due: 7 })
  })
})

describe('a message that waits for a retry', () => {
  const held = { attempts: 1, uncounted: 0, due: 99, wait: 99, by: 'backoff' } as const

  test('waits no longer than until its abort is met, which came as the wait was being written', async () => {
    await enqueueAll([{}, { group: 'a' }])
    const { head } = await lead(connection)
    await settleAs(head, { reserved: 3 })
    for (const id of ['p.0.0', 'p.0.1']) expect((await cancel(connection, { id, isAborting: true, now: 0 })).answer).toBe('aborted')
    const row = { group: 'a', next: 2, parked: 1, due: 99, turn: 1, held }
    const parked = [{ group: 'a', messages: [{ ...message('p.0.1'), group: 'a', sequence: 2 }] }]
    const change = { revision: 2, done: [[2, 3]] as const, parked: 1, groups: 1, reserved: 1, held }
    const settled = await settleAs(head, change, { now: 7, rows: new Map([['a', row]]), parked })
    expect(settled).toMatchObject({ isAnySooner: true, head: { held: { due: 7, attempts: 1 } } })
    expect(await depth(connection)).toMatchObject({ due: 7 })
  })

  test('and is cancelled while nobody leads holds up nobody when somebody does', async () => {
    await enqueueAll([{}, {}])
    const { head } = await lead(connection)
    await settleAs(head, { held })
    await cancel(connection, { id: 'p.0.0', isAborting: false, now: 7 })
    expect((await lead(connection)).head.held).toMatchObject({ due: 7 })
  })

  test('is due when its group was woken, though the leader, which has not heard of that, parks more of it', async () => {
    await enqueueAll([{ group: 'a' }, { group: 'a' }])
    const { head } = await lead(connection)
    const row = { group: 'a', next: 1, parked: 1, due: 99, turn: 1, held }
    const parked = (sequence: number): Settlement['parked'] => [
      { group: 'a', messages: [{ ...message(`p.0.${sequence - 1}`), group: 'a', sequence }] },
    ]
    const change = { position: 2, reserved: 2, parked: 1, groups: 1, turn: 1 }
    await settleAs(head, change, { rows: new Map([['a', row]]), parked: parked(1) })
    await retryGroup(connection, 'a', 5)
    const more = { ...change, revision: 2, position: 3, record: 3, parked: 2 }
    const { isAnySooner } = await settleAs(head, more, {
      now: 7,
      exhausted: [1],
      rows: new Map([['a', { ...row, parked: 2 }]]),
      parked: parked(2),
    })
    expect(isAnySooner).toBe(true)
    expect(await depth(connection)).toMatchObject({ due: 5 })
  })
})
