import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deadLetters } from '../../src/queue/dead-letters.ts'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { GroupCommit } from '../../src/queue/group-commit.ts'
import { lead } from '../../src/queue/lead.ts'
import { messages } from '../../src/queue/messages.ts'
import type { Place } from '../../src/queue/messages.ts'
import { purge } from '../../src/queue/purge.ts'
import { readRecord } from '../../src/queue/read.ts'
import { toRecords } from '../../src/queue/record.ts'
import { Superseded } from '../../src/queue/epoch.ts'
import { settle } from '../../src/queue/settle.ts'
import { batch, deleteDatabase, deleteRaw, message, openAnother, openNew, limits, NOTHING } from './database.ts'
import type { Death, PlacedMessage } from '../../src/message/message.ts'
import type { Connection } from '../../src/queue/connection.ts'
import type { Tail } from '../../src/queue/meta.ts'

let connection: Connection
beforeEach(() => void (connection = openNew()))
afterEach(deleteDatabase)

const ids = async (): Promise<string[]> => (await messages(connection, undefined)).items.map(({ id }) => id)

describe('records', () => {
  test('hold up to 56 kB, so that Chromium gives none a file of its own', () => {
    const records = toRecords(
      Array.from({ length: 100 }, (_, i) => message(`${i}`, 'x'.repeat(1_000))),
      1,
    )
    expect(records.map(({ first }) => first)).toEqual([1, 53])
    expect(records.flatMap((record) => record.messages.map(({ id }) => id))).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })

  test('count two bytes for each character of a body that is not Latin-1', () => {
    expect(
      toRecords(
        Array.from({ length: 100 }, (_, i) => message(`${i}`, `€${'x'.repeat(999)}`)),
        1,
      ),
    ).toHaveLength(4)
  })

  test('hold a larger message alone', () => {
    const records = toRecords([message('a'), message('b', 'x'.repeat(100_000)), message('c')], 10)
    expect(records.map(({ first, messages: held }) => [first, held.length])).toEqual([
      [10, 1],
      [11, 1],
      [12, 1],
    ])
  })
})

describe('enqueue', () => {
  test('stores a batch that is issued again once', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'p.0.0', 'p.0.1')])
    await enqueue(connection, limits('strict'), [batch('p', 0, 'p.0.0', 'p.0.1'), batch('p', 1, 'p.1.0')])
    expect(await ids()).toEqual(['p.0.0', 'p.0.1'])
    expect((await messages(connection, { inbox: 3, early: [] })).items.map(({ id }) => id)).toEqual(['p.1.0'])
    expect(await depth(connection)).toMatchObject({ ready: 3, bytes: 3 })
  })

  test('stores a batch that comes twice in one transaction once', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'p.0.0'), batch('p', 0, 'p.0.0')])
    expect(await ids()).toEqual(['p.0.0'])
    expect(await depth(connection)).toMatchObject({ ready: 1, bytes: 1 })
  })

  test('keeps producers apart', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 5, 'p.5.0'), batch('q', 0, 'q.0.0')])
    expect(await ids()).toEqual(['p.5.0', 'q.0.0'])
  })

  test('remembers a bounded number of producers, the latest', async () => {
    for (let i = 0; i < 70; i++) await enqueue(connection, limits('relaxed'), [batch(`p${i}`, 0, `p${i}.0.0`)])
    const tail = await connection.read(['meta'], async (tx) => tx.objectStore('meta').get('tail'))
    expect(tail).toMatchObject({ next: 71 })
    expect((tail as Tail).marks).toHaveLength(64)
  })

  test('by two contexts at once never gives a number twice', async () => {
    const other = openAnother()
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => enqueue(i % 2 ? connection : other, limits('relaxed'), [batch(`p${i % 2}`, i, `${i}`)])),
    )
    const found: string[] = []
    let from: Place | undefined
    do {
      const page = await messages(connection, from)
      found.push(...page.items.map(({ id }) => id))
      from = page.next
    } while (from !== undefined)
    expect(new Set(found).size).toBe(200)
    expect(found).toHaveLength(200)
  })
})

describe('settle', () => {
  test('by a leader of an earlier epoch changes nothing', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'a', 'b')])
    const old = (await lead(connection)).head
    await lead(connection)
    const death = { reason: 'rejected', deadAt: 0, attempts: 1, status: 422, excerpt: '' } as const
    const dead = [{ message: { ...message('a'), sequence: 1 } satisfies PlacedMessage, death }]
    await expect(settle(connection, { ...NOTHING, head: { ...old, position: 2, reserved: 3 }, dead })).rejects.toThrow(Superseded)
    expect(await depth(connection)).toMatchObject({ ready: 2, leased: 0, dead: 0 })
    expect((await deadLetters(connection, 0)).items).toEqual([])
  })

  test('moves the head, deletes exhausted records and reserves, in one transaction', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'a', 'b')])
    await enqueue(connection, limits('strict'), [batch('p', 1, 'c')])
    const head = (await lead(connection)).head
    await settle(connection, { ...NOTHING, head: { ...head, revision: 1, position: 3, record: 3, bytes: 2, reserved: 4 }, exhausted: [1] })
    expect((await readRecord(connection, 0))?.record).toMatchObject({ first: 3 })
    expect(await depth(connection)).toMatchObject({ ready: 0, leased: 1, bytes: 1 })
  })

  test('that is issued again is written once, though a dead letter of it was purged meanwhile', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
    const head = (await lead(connection)).head
    const death: Death = { reason: 'rejected', deadAt: 0, attempts: 1, status: 422, excerpt: '' }
    const dead = [{ message: { ...message('a'), sequence: 1 }, death }]
    const settlement = { ...NOTHING, head: { ...head, revision: 1, position: 2, reserved: 2, deadIn: 1 }, dead }
    await settle(connection, settlement)
    for await (const _ of purge(connection, undefined, 0)) continue
    await settle(connection, settlement)
    expect(await depth(connection)).toMatchObject({ dead: 0 })
    expect((await deadLetters(connection, 0)).items).toEqual([])
  })

  test('by a leader of a database that is gone changes nothing in the one that was begun since', async () => {
    const old = (await lead(connection)).head
    await deleteRaw()
    // Databases of one name are made one after the other, and never in one millisecond but here.
    for (const then = Date.now(); Date.now() === then;);
    await enqueue(connection, limits('strict'), [batch('p', 1, 'b')])
    const current = (await lead(connection)).head
    expect(current.epoch).toBeGreaterThan(old.epoch)
    await expect(settle(connection, { ...NOTHING, head: { ...old, revision: 1, position: 2, reserved: 2 } })).rejects.toThrow(Superseded)
    expect(await depth(connection)).toMatchObject({ ready: 1 })
  })

  test('a new leader gives back what the last one had reserved', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'a', 'b')])
    const head = (await lead(connection)).head
    await settle(connection, { ...NOTHING, head: { ...head, revision: 1, reserved: 3 } })
    expect(await depth(connection)).toMatchObject({ ready: 0, leased: 2 })
    expect((await lead(connection)).head).toMatchObject({ epoch: head.epoch + 1, position: 1, reserved: 1 })
  })
})

describe('the connection', () => {
  test('rejects with the reason of the transaction, and nothing of it is stored', async () => {
    const failing = connection.write(['meta'], 'strict', async (tx) => {
      await tx.objectStore('meta').put({} as never, 'tail')
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(await connection.read(['meta'], (tx) => tx.objectStore('meta').get('tail'))).toBeUndefined()
  })

  test('that was closed stays closed, and what was under way ends well', async () => {
    const stored = enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
    await depth(connection)
    await connection.close()
    await stored
    await expect(ids()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('group commit', () => {
  test('writes one at a time, and what arrives meanwhile shares the next', async () => {
    const writes: number[][] = []
    let finish!: () => void
    const commit = new GroupCommit<number, void>((entries) => {
      writes.push(entries)
      return new Promise((resolve) => (finish = resolve))
    })
    const all = [commit.add(1), commit.add(2), commit.add(3)]
    expect(writes).toEqual([[1]])
    finish()
    await all[0]
    await Promise.resolve()
    expect(writes).toEqual([[1], [2, 3]])
    finish()
    await Promise.all(all)
  })

  test('a write that fails fails those who shared it, and nobody else', async () => {
    const commit = new GroupCommit<number, void>(async (entries) => {
      if (entries.includes(2)) throw new Error('full')
    })
    const results = await Promise.allSettled([commit.add(1), commit.add(2), commit.add(3)])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    await expect(commit.add(4)).resolves.toBeUndefined()
  })
})
