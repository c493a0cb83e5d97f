import type { GroupDepth } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { deadLetters } from './dead-letters.ts'
import { messages } from './messages.ts'
import type { Place } from './messages.ts'

/** How many messages of a group are in each state: they are counted, some to a transaction, while the queue moves. */
export async function groupDepth(connection: Connection, group: string): Promise<GroupDepth> {
  const counted = { ready: 0, delayed: 0, leased: 0, bytes: 0, oldest: Infinity }
  let from: Place | undefined
  do {
    const { items, next }: Awaited<ReturnType<typeof messages>> = await messages(connection, from, { group })
    for (const { state, bytes, enqueuedAt } of items) {
      counted[state] += 1
      counted.bytes += bytes
      counted.oldest = Math.min(counted.oldest, enqueuedAt)
    }
    from = next
  } while (from !== undefined)
  const stop = await connection.read(['stops'], (tx) => tx.objectStore('stops').get(group))
  return {
    ...counted,
    oldest: counted.oldest === Infinity ? undefined : counted.oldest,
    dead: await countDead(connection, group),
    paused: stop?.isPaused === true,
    halted: stop?.letter !== undefined,
  }
}

async function countDead(connection: Connection, group: string): Promise<number> {
  let count = 0
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: Awaited<ReturnType<typeof deadLetters>> = await deadLetters(connection, from)
    count += items.filter((letter) => (letter.group ?? '') === group).length
    from = next
  }
  return count
}
