import { afterEach, beforeEach, expect, test } from 'vitest'
import { depth } from '../../src/queue/depth.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import {
  allMessages,
  allRecords,
  batch,
  deleteDatabase,
  deleteRaw,
  laterVersion,
  openAnother,
  openNew,
  openRaw,
  limits,
} from './database.ts'
import type { Connection } from '../../src/queue/connection.ts'

let connection: Connection
let another: Connection
beforeEach(async () => {
  connection = openNew()
  another = openAnother()
  await enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
  await depth(another)
})
afterEach(deleteDatabase)

test('when the database is deleted every connection makes way, and the next enqueues begin a new one together', async () => {
  await deleteRaw()
  await Promise.all([enqueue(connection, limits('strict'), [batch('p', 1, 'b')]), enqueue(another, limits('strict'), [batch('q', 0, 'c')])])
  expect((await allRecords(connection)).map(({ first }) => first)).toEqual([1, 2])
  expect((await allMessages(another)).map(({ id }) => id).sort()).toEqual(['b', 'c'])
})

test('a write that is under way is finished before the database is deleted', async () => {
  const stored = connection.write(['inbox', 'meta'], 'strict', async (tx) => {
    for (let n = 0; n < 50; n++) await tx.objectStore('meta').get('tail')
    return 'finished'
  })
  await deleteRaw('waits')
  expect(await stored).toBe('finished')
})

test('a write that is under way is in the database that a later version opens', async () => {
  const version = await laterVersion()
  const stored = enqueue(connection, limits('strict'), [batch('p', 1, 'b')])
  const later = await openRaw(version, 'waits')
  await stored
  const tx = later.transaction('inbox')
  const keys = tx.objectStore('inbox').getAllKeys()
  await new Promise((resolve) => tx.addEventListener('complete', resolve))
  later.close()
  expect(keys.result).toEqual([1, 2])
})

test('beside a later version each connection goes on in the stores that it knows, and makes way again', async () => {
  const later = await openRaw(await laterVersion())
  await enqueue(connection, limits('strict'), [batch('p', 1, 'b')])
  expect(await depth(another)).toMatchObject({ ready: 2 })
  later.close()
  await deleteRaw()
  await enqueue(connection, limits('strict'), [batch('p', 2, 'c')])
  expect(await depth(another)).toMatchObject({ ready: 1 })
})
