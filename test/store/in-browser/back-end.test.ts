import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { commands } from 'vitest/browser'
import { enqueue } from '../../../src/queue/enqueue.ts'
import { batch, deleteDatabase, openNew, limits } from '../database.ts'
import type { Connection } from '../../../src/queue/connection.ts'

let connection: Connection
beforeEach(() => void (connection = openNew()))
afterEach(deleteDatabase)

test('the store is kept on the disk, by the back end that this run is for', async () => {
  await enqueue(connection, limits('strict'), [batch('p', 0, 'a')])
  expect(await commands.backEnds()).toEqual([inject('backEnd')])
})
