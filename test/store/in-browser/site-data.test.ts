import { afterEach, beforeEach, expect, test } from 'vitest'
import { depth } from '../../../src/queue/depth.ts'
import { enqueue } from '../../../src/queue/enqueue.ts'
import {
  allMessages,
  allRecords,
  batch,
  databaseName,
  deleteDatabase,
  openAnother,
  openNew,
  openRaw,
  optionsFor,
  watch,
  limits,
} from '../database.ts'
import { CLEAR_SITE_DATA } from '../engines/clear-site-data.ts'
import { Connection } from '../../../src/queue/connection.ts'
import type { StorageNews } from '../../../src/queue/connection.ts'

let connection: Connection
beforeEach(async () => {
  connection = openNew()
  await enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
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
  await Promise.all([enqueue(connection, limits('strict'), [batch('p', 1, 'b')]), enqueue(another, limits('strict'), [batch('q', 0, 'c')])])
  expect((await allRecords(connection)).map(({ first }) => first)).toEqual([1, 2])
  expect((await allMessages(another)).map(({ id }) => id).sort()).toEqual(['b', 'c'])
})

test('a connection tells of it, without being asked for anything', async () => {
  const told: string[] = []
  const cleared = new Promise<void>((resolve) => {
    const tell = ({ type }: StorageNews): void => {
      told.push(type)
      if (type === 'storage-cleared') resolve()
    }
    connection = watch(new Connection({ ...optionsFor(databaseName()), tell }))
  })
  await depth(connection)
  await clearSiteData()
  await cleared
  expect(await depth(connection)).toMatchObject({ ready: 0 })
  expect(told.filter((type) => type !== 'storage-lost' && type !== 'storage-restored')).toEqual(['storage-opened', 'storage-cleared'])
})

test('what was being written when the site’s data was cleared is stored in the fresh database, and so is what comes next', async () => {
  const answers = Promise.allSettled(Array.from({ length: 20 }, (_, n) => enqueue(connection, limits('relaxed'), [batch('q', n, `${n}`)])))
  await clearSiteData()
  expect((await answers).filter(({ status }) => status === 'rejected')).toEqual([])
  await enqueue(connection, limits('strict'), [batch('p', 1, 'b')])
  const ids = (await allMessages(connection)).map(({ id }) => id)
  expect(ids).toContain('b')
  expect(ids).not.toContain('a')
  expect(await depth(connection)).toMatchObject({ ready: ids.length })
})
