import { afterEach, beforeEach, expect, test } from 'vitest'
import { deadLetters } from '../../src/queue/dead-letters.ts'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { forgetDead } from '../../src/queue/forget-dead.ts'
import { lead } from '../../src/queue/lead.ts'
import { purge } from '../../src/queue/purge.ts'
import { redrive } from '../../src/queue/redrive.ts'
import { settle } from '../../src/queue/settle.ts'
import { allMessages, allRecords, deleteDatabase, message, openNew, limits, NOTHING } from './database.ts'
import { Connection } from '../../src/queue/connection.ts'

const COUNT = 250
const ids = Array.from({ length: COUNT }, (_, n) => `${n}`)

let connection: Connection
beforeEach(async () => {
  connection = openNew()
  const messages = ids.map((id) => message(id, JSON.stringify('東'.repeat(100))))
  await enqueue(connection, limits('relaxed'), [{ producer: 'p', number: 0, messages }])
  const before = (await lead(connection)).head
  const death = { reason: 'rejected', deadAt: 0, attempts: 1, status: 422, excerpt: 'no' } as const
  const dead = messages.map((one, n) => ({ message: { ...one, sequence: n + 1 }, death }))
  const bytes = messages.reduce((sum, one) => sum + one.bytes, 0)
  const exhausted = (await allRecords(connection)).map(({ first }) => first)
  const end = COUNT + 1
  const head = { ...before, revision: 1, position: end, record: end, reserved: end, bytes, deadIn: COUNT }
  await settle(connection, { ...NOTHING, head, exhausted, dead })
})
afterEach(deleteDatabase)

async function dead(): Promise<string[]> {
  const all: string[] = []
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: Awaited<ReturnType<typeof deadLetters>> = await deadLetters(connection, from)
    all.push(...items.map(({ id }) => id))
    from = next
  }
  return all
}

async function taken(batches: AsyncIterable<readonly { readonly id: string }[]>): Promise<string[]> {
  const all: string[] = []
  for await (const some of batches) all.push(...some.map(({ id }) => id))
  return all
}

test('are read a page at a time, in the order in which they were enqueued', async () => {
  expect((await deadLetters(connection, 0)).items.length).toBeLessThan(COUNT)
  expect(await dead()).toEqual(ids)
})

test('are all redriven in their order', async () => {
  expect(await taken(redrive(connection, undefined, 0))).toEqual(ids)
  expect((await allMessages(connection)).map(({ id }) => id)).toEqual(ids)
  expect(await depth(connection)).toMatchObject({ ready: COUNT, dead: 0 })
})

test('are purged by id, and the others stay', async () => {
  expect(await taken(purge(connection, ['7', '200', 'unknown'], 0))).toEqual(['7', '200'])
  expect(await dead()).toEqual(ids.filter((id) => id !== '7' && id !== '200'))
  expect(await depth(connection)).toMatchObject({ ready: 0, bytes: 0, dead: COUNT - 2 })
})

test('those that are kept no longer are chosen so that what a user purges meanwhile is not counted: of the rest, the last ones stay', async () => {
  await taken(purge(connection, ids.slice(100), 0))
  let reads = 0
  // After the first look, a user purges the first half.
  const read: Connection['read'] = async (stores, body) => {
    const result = await Connection.prototype.read.call(connection, stores, body)
    if (++reads === 1) await taken(purge(connection, ids.slice(0, 50), 0))
    return result as never
  }
  const interrupted = Object.assign(Object.create(connection) as Connection, { read })
  await forgetDead(interrupted, { number: 50 })
  expect(await dead()).toEqual(ids.slice(50, 100))
})
