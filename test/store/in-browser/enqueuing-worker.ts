import { messageId } from '../../../src/message/id.ts'
import { enqueue } from '../../../src/queue/enqueue.ts'
import { batch, connectTo, limits } from '../database.ts'

/** What a test asks of its worker: to enqueue batches of three, one after the other, and to tell the number of each that is stored. */
export interface Task {
  readonly database: string
  readonly producer: string
  readonly batches: number
}

globalThis.addEventListener('message', ({ data }: MessageEvent<Task>) => void work(data).catch(reportError))

async function work({ database, producer, batches }: Task): Promise<void> {
  const connection = connectTo(database)
  for (let number = 0; number < batches; number++) {
    const ids = [0, 1, 2].map((offset) => messageId(producer, number, offset))
    await enqueue(connection, limits('relaxed'), [batch(producer, number, ...ids)])
    globalThis.postMessage(number)
  }
  await connection.close()
}
