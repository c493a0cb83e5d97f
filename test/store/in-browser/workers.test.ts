import { afterEach, beforeEach, expect, test } from 'vitest'
import { messageId } from '../../../src/message/id.ts'
import { depth } from '../../../src/queue/depth.ts'
import { enqueue } from '../../../src/queue/enqueue.ts'
import { allRecords, batch, databaseName, deleteDatabase, openNew, limits } from '../database.ts'
import type { Connection } from '../../../src/queue/connection.ts'
import type { Task } from './enqueuing-worker.ts'

let connection: Connection
let workers: Worker[]
beforeEach(() => {
  connection = openNew()
  workers = []
})
afterEach(async () => {
  workers.forEach((worker) => worker.terminate())
  await deleteDatabase()
})

/** Starts a worker that enqueues, and resolves when it has stored the batch with this number. */
function enqueueInWorker(producer: string, batches: number, until: number): Promise<Worker> {
  const worker = new Worker(new URL('enqueuing-worker.ts', import.meta.url), { type: 'module' })
  workers.push(worker)
  worker.postMessage({ database: databaseName(), producer, batches } satisfies Task)
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => data === until && resolve(worker))
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
  })
}

/** The ids in the order of their numbers; fails where numbers or counts are not what they should be. */
async function consistentIds(): Promise<string[]> {
  const ids: string[] = []
  for (const { first, messages } of await allRecords(connection)) {
    expect(first).toBe(ids.length + 1)
    ids.push(...messages.map(({ id }) => id))
  }
  expect(await depth(connection)).toMatchObject({ ready: ids.length, bytes: ids.length })
  return ids
}

const batches = (producer: string, count: number): string[] =>
  Array.from({ length: count * 3 }, (_, n) => messageId(producer, Math.floor(n / 3), n % 3))

test('workers and a page that enqueue at once never share a number, and each keeps its order', async () => {
  const page = Array.from({ length: 100 }, (_, n) => enqueue(connection, limits('relaxed'), [batch('page', n, messageId('page', n, 0))]))
  await Promise.all([enqueueInWorker('one', 100, 99), enqueueInWorker('two', 100, 99), ...page])
  const ids = await consistentIds()
  expect(ids).toHaveLength(700)
  for (const producer of ['one', 'two']) expect(ids.filter((id) => id.startsWith(`${producer}.`))).toEqual(batches(producer, 100))
})

test('a worker that is terminated while it enqueues leaves whole batches, all that it told of, and a database that goes on', async () => {
  for (let round = 0; round < 10; round++) {
    const producer = `worker-${round}`
    const worker = await enqueueInWorker(producer, 1_000, round)
    worker.terminate()
    await enqueue(connection, limits('relaxed'), [batch('page', round, `page.${round}`)])
    const own = (await consistentIds()).filter((id) => id.startsWith(`${producer}.`))
    expect(own.length).toBeGreaterThanOrEqual((round + 1) * 3)
    expect(own).toEqual(batches(producer, own.length / 3))
  }
})
