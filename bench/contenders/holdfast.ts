import { openQueue } from 'holdfast'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'

/** As the README shows it: in the ready-made worker. Held by `pause()`, which is kept, so that it must be undone. */
export const open: Open = async ({ durability, endpoint, isHeld, hasGroups }) => {
  const queue = openQueue<Body>('bench', { endpoint, durability, order: hasGroups ? 'group' : 'queue' })
  if (isHeld) await queue.pause()
  return {
    enqueue: (body, group) => queue.enqueue(body, group === undefined ? {} : { group }),
    async drain() {
      await queue.resume()
      await queue.idle()
    },
    async readBack() {
      const bodies: Body[] = []
      for await (const { body } of queue.messages()) bodies.push(body)
      return bodies
    },
  }
}
