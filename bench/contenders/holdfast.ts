import { openQueue } from 'holdfast'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'

/** As many as there are, as raw `fetch` sends them. */
const IN_ONE = { messages: 1_000, bytes: 4 * 1024 * 1024 }

/** As the README shows it: in the ready-made worker. Held by `pause()`, which is kept, so that it must be undone. */
export const open: Open = async ({ durability, endpoint, batchEndpoint, isHeld, hasGroups, inBatches }) => {
  const to = inBatches ? { endpoint: batchEndpoint, batch: IN_ONE } : { endpoint }
  const queue = openQueue<Body>('bench', { ...to, durability, order: hasGroups ? 'group' : 'queue' })
  if (isHeld) await queue.pause()
  const drain = async (): Promise<void> => {
    await queue.resume()
    await queue.idle()
  }
  return {
    enqueue: (body, group) => queue.enqueue(body, group === undefined ? {} : { group }),
    drain,
    drainInBatches: drain,
    async readBack() {
      const bodies: Body[] = []
      for await (const { body } of queue.messages()) bodies.push(body)
      return bodies
    },
  }
}
