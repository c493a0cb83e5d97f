import { afterEach, expect, test } from 'vitest'
import { deadLetters } from '../../src/queue/dead-letters.ts'
import { depth } from '../../src/queue/depth.ts'
import { lead } from '../../src/queue/lead.ts'
import { readRecord } from '../../src/queue/read.ts'
import { Unreadable } from '../../src/queue/readable.ts'
import { setAside } from '../../src/queue/set-aside.ts'
import { allMessages, databaseName, deleteDatabase, openNew } from './database.ts'
import version1 from './earlier/version-1.json' with { type: 'json' }
import version2 from './earlier/version-2.json' with { type: 'json' }
import { changeRaw, writeRaw } from './raw-database.ts'
import type { RawDatabase } from './raw-database.ts'

afterEach(deleteDatabase)

test.each([
  { database: version1 as unknown as RawDatabase, waiting: 5, bytes: 130 },
  { database: version2 as unknown as RawDatabase, waiting: 12, bytes: 320 },
])('what version $database.version has left is found, whole', async ({ database, waiting, bytes }) => {
  const connection = openNew()
  await writeRaw(databaseName(), database)
  expect(await depth(connection)).toMatchObject({ dead: 1, bytes })
  expect(await allMessages(connection)).toHaveLength(waiting)
  expect((await deadLetters(connection, 0)).items).toMatchObject([{ reason: 'rejected', status: 422 }])
})

test('a record that cannot be read is set aside by the leader, and the next is found', async () => {
  const connection = openNew()
  await writeRaw(databaseName(), version1 as unknown as RawDatabase)
  const { epoch } = (await lead(connection)).head
  await changeRaw(databaseName(), 'inbox', 6, () => 'damaged')
  await expect(readRecord(connection, 6)).rejects.toThrow(Unreadable)
  const letters = await setAside(connection, { epoch, deadAt: 0, place: { record: 6 }, isLasting: false })
  expect(letters).toMatchObject([{ reason: 'unreadable', sequence: 6, found: 'damaged' }])
  // Nobody may have heard of it.
  expect(await setAside(connection, { epoch, deadAt: 0, place: { record: 6 }, isLasting: false })).toEqual(letters)
  expect((await readRecord(connection, 6))?.record).toMatchObject({ first: 7 })
  expect(await depth(connection)).toMatchObject({ ready: 4, dead: 2 })
  await lead(connection)
  await expect(setAside(connection, { epoch, deadAt: 0, place: { record: 7 }, isLasting: false })).rejects.toThrow('epoch')
})
