import { afterEach, beforeEach, expect, test } from 'vitest'
import { depth } from '../../../src/queue/depth.ts'
import { enqueue } from '../../../src/queue/enqueue.ts'
import { allMessages, allRecords, batch, deleteDatabase, openAnother, openNew, openRaw } from '../database.ts'
import { CLEAR_SITE_DATA } from '../engines/clear-site-data.ts'
import type { Connection } from '../../../src/queue/connection.ts'

let connection: Connection
beforeEach(async () => {
  connection = openNew()
  await enqueue(connection, 'strict', [batch('p', 0, 'a')])
})
afterEach(deleteDatabase)

/** Has the site's data cleared, and waits until a connection has heard that it was closed. */
async function clearSiteData(): Promise<void> {
  const watching = await openRaw()
  const closed = new Promise((resolve) => watching.addEventListener('close', resolve, { once: true }))
  await fetch(CLEAR_SITE_DATA)
  await closed
}

test('after the site’s data was cleared under open connections, each goes on in a fresh database', async () => {
  const another = openAnother()
  await depth(another)
  await clearSiteData()
  expect(await allRecords(another)).toEqual([])
  await Promise.all([enqueue(connection, 'strict', [batch('p', 1, 'b')]), enqueue(another, 'strict', [batch('q', 0, 'c')])])
  expect((await allRecords(connection)).map(({ first }) => first)).toEqual([1, 2])
  expect((await allMessages(another)).map(({ id }) => id).sort()).toEqual(['b', 'c'])
})

test('what was being written when the site’s data was cleared is answered, and the next enqueue is stored', async () => {
  const answers = Promise.allSettled(Array.from({ length: 20 }, (_, n) => enqueue(connection, 'relaxed', [batch('q', n, `${n}`)])))
  await clearSiteData()
  for (const result of await answers) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'storage-failed' })
  }
  await enqueue(connection, 'strict', [batch('p', 1, 'b')])
  const ids = (await allMessages(connection)).map(({ id }) => id)
  expect(ids).toContain('b')
  expect(ids).not.toContain('a')
  expect(await depth(connection)).toMatchObject({ ready: ids.length })
})
