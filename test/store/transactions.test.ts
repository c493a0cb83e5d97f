import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import { GroupCommit } from '../../src/queue/group-commit.ts'
import { allMessages, allRecords, batch, deleteDatabase, message, openAnother, openNew, limits } from './database.ts'
import type { Connection } from '../../src/queue/connection.ts'
import type { IncomingBatch } from '../../src/queue/enqueue.ts'

let connection: Connection
beforeEach(() => void (connection = openNew()))
afterEach(deleteDatabase)

describe('resolved means durable', () => {
  test('a write resolves when its transaction has completed, not when its requests have succeeded', async () => {
    const seen: string[] = []
    const commit = new GroupCommit<string, void>((entries) =>
      connection.write(['meta'], 'strict', async (tx) => {
        tx.addEventListener('complete', () => seen.push(`${entries.join(' ')} completed`))
        await tx.objectStore('meta').get('tail')
        seen.push(`${entries.join(' ')} succeeded`)
      }),
    )
    const resolved = async (entry: string): Promise<void> => {
      await commit.add(entry)
      // Whoever listened before us hears of the completion first. The task in which all hear of it has ended when this one begins.
      await new Promise((resolve) => setTimeout(resolve))
      seen.push(`${entry} resolved`)
    }
    await Promise.all(['a', 'b', 'c'].map(resolved))
    const order = (...lines: string[]): string[] => seen.filter((line) => lines.includes(line))
    expect(order('a succeeded', 'a completed', 'a resolved')).toEqual(['a succeeded', 'a completed', 'a resolved'])
    expect(order('b c succeeded', 'b c completed', 'b resolved')).toEqual(['b c succeeded', 'b c completed', 'b resolved'])
    expect(seen).toHaveLength(7)
  })

  test('what one connection was told is stored, another reads at once', async () => {
    const another = openAnother()
    for (let n = 0; n < 20; n++) {
      await enqueue(connection, limits('relaxed'), [batch('p', n, `${n}`)])
      expect(await depth(another)).toMatchObject({ ready: n + 1 })
    }
  })

  test('a transaction that the browser aborts after its requests have succeeded is issued again, and nothing of it is stored twice', async () => {
    let tries = 0
    await connection.write(['inbox', 'meta'], 'strict', async (tx) => {
      tries += 1
      const first = tries
      await tx.objectStore('inbox').add({ version: 1, first, messages: [message(`${tries}`)] }, first)
      if (tries === 1) tx.abort()
    })
    expect((await allRecords(connection)).map(({ first }) => first)).toEqual([2])
  })

  test('a number that is given out twice fails with the reason, and overwrites nothing', async () => {
    await enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
    const twice = connection.write(['inbox'], 'strict', async (tx) => {
      await tx.objectStore('inbox').add({ version: 1, first: 1, messages: [message('b')] }, 1)
    })
    await expect(twice).rejects.toMatchObject({ code: 'storage-failed', cause: { name: 'ConstraintError' } })
    expect((await allMessages(connection)).map(({ id }) => id)).toEqual(['a'])
  })

  test.each(['strict', 'relaxed'] as const)('a write can be %s', async (durability) => {
    expect(await connection.write(['meta'], durability, async (tx) => tx.durability)).toBe(durability)
    await enqueue(connection, limits(durability), [batch('p', 0, 'a')])
    expect(await depth(connection)).toMatchObject({ ready: 1 })
  })
})

test('two connections that enqueue at once never share a number, and leave no gap', async () => {
  const of = (producer: string, number: number): IncomingBatch =>
    batch(producer, number, ...Array.from({ length: 1 + (number % 5) }, (_, offset) => `${producer}.${number}.${offset}`))
  const another = openAnother()
  const sent = Array.from({ length: 100 }, (_, n) => [of('p', n), of('q', n)] as const)
  await Promise.all(sent.flatMap(([p, q]) => [enqueue(connection, limits('relaxed'), [p]), enqueue(another, limits('relaxed'), [q])]))
  let next = 1
  for (const { first, messages } of await allRecords(connection)) {
    expect(first).toBe(next)
    next += messages.length
  }
  const ids = (await allMessages(another)).map(({ id }) => id)
  for (const side of [0, 1] as const) {
    const own = sent.flatMap((pair) => pair[side].messages.map(({ id }) => id))
    expect(ids.filter((id) => own.includes(id))).toEqual(own)
  }
  expect(await depth(connection)).toMatchObject({ ready: 600, bytes: 600 })
  expect(ids).toHaveLength(600)
})
