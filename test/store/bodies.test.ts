import { afterEach, beforeEach, expect, test } from 'vitest'
import { wholeBody } from '../../src/consumer/bodies.ts'
import { putChunk } from '../../src/queue/bodies.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import type { IncomingMessage } from '../../src/queue/intake.ts'
import { plainVault } from '../plain-vault.ts'
import { allMessages, allRecords, deleteDatabase, message, openAnother, openNew, limits } from './database.ts'
import type { Connection } from '../../src/queue/connection.ts'

let connection: Connection
beforeEach(() => void (connection = openNew()))
afterEach(deleteDatabase)

test.each([
  ['empty', ''],
  ['of every Latin-1 character', Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')],
  ['of other scripts and signs', '"Kraków, Ελλάδα, 東京, שלום, 👩‍👩‍👧 €\u2028\ufeff\uffff"'],
  ['with half a character', 'a\ud83d b\udc69 c'],
  ['above the 64 KiB to which Chromium keeps a record in place', 'x'.repeat(64 * 1024 + 1)],
  ['as large, and not Latin-1', '東'.repeat(64 * 1024 + 1)],
  ['of five million characters', 'é'.repeat(5_000_000)],
])('a body %s comes out as it went in, among others, on another connection', async (_, body) => {
  const stored = [message('a'), message('b', body), message('c')]
  await enqueue(connection, limits('strict'), [{ producer: 'p', number: 0, messages: stored }])
  await connection.close()
  const another = openAnother()
  expect(await allMessages(another)).toMatchObject(stored)
  expect((await allRecords(another)).flatMap((record) => record.messages)).toEqual(stored)
})

test.each([
  ['none', 0],
  ['some', 300],
  ['more than the 64 KiB to which Chromium keeps a record in place', 64 * 1024 + 1],
  ['five million', 5_000_000],
])('the bytes of a request, %s of them, come out as they went in, among others, on another connection', async (_, length) => {
  const body = Uint8Array.from({ length }, (_byte, index) => index % 251)
  const request = { method: 'POST', url: 'https://shop.example/', headers: [], credentials: 'same-origin', mode: 'cors' } as const
  const stored = [message('a'), { ...message('b'), body, bytes: length, request }, message('c')]
  await enqueue(connection, limits('strict'), [{ producer: 'p', number: 0, messages: stored }])
  await connection.close()
  const another = openAnother()
  const found = await allMessages(another)
  expect(found.map(({ id, bytes }) => [id, bytes])).toEqual(stored.map(({ id, bytes }) => [id, bytes]))
  const there = await new Response((await wholeBody({ connection: another, vault: plainVault }, found[1]!))!.body).bytes()
  // Not toEqual: that takes a minute for millions.
  expect([there.length, body.findIndex((byte, at) => byte !== there[at])]).toEqual([length, -1])
})

test('2,000 messages come out in the order they went in, by records and by pages', async () => {
  const sent = Array.from({ length: 2_000 }, (_, n) => message(`${n}`, JSON.stringify({ n, filler: 'x'.repeat(900) })))
  for (let number = 0; number < 20; number++) {
    await enqueue(connection, limits('relaxed'), [{ producer: 'p', number, messages: sent.slice(number * 100, (number + 1) * 100) }])
  }
  const ids = sent.map(({ id }) => id)
  const records = await allRecords(connection)
  expect(records.flatMap((record) => record.messages.map(({ id }) => id))).toEqual(ids)
  expect((await allMessages(connection)).map(({ id }) => id)).toEqual(ids)
})

test('a message whose large body is not there, all of it, is not stored', async () => {
  const bytes = Uint8Array.of(1, 2, 3)
  await putChunk(connection, 'relaxed', { spool: 's', number: 0, bytes, isSealed: false })
  const of = (id: string, spool: string, chunks: number, more = {}): IncomingMessage => {
    const content = { kind: 'Blob', type: 'x/y' }
    return { ...message(id), body: { spool, chunks, size: 3 }, bytes: 3, content, ...more }
  }
  const sealed = { sealed: { id: 'd' } }
  const messages = [of('a', 's', 2), of('b', 'gone', 1), of('c', 's', 1, sealed), of('d', 's', 1)]
  const decided = await enqueue(connection, limits('relaxed'), [{ producer: 'p', number: 0, messages }])
  expect(decided).toEqual([
    [
      [0, 'lost'],
      [1, 'lost'],
      [2, 'lost'],
    ],
  ])
  const found = await allMessages(connection)
  expect(found.map(({ id }) => id)).toEqual(['d'])
  const there = await wholeBody({ connection, vault: plainVault }, found[0]!)
  expect(await new Response(there!.body).bytes()).toEqual(bytes)
})
