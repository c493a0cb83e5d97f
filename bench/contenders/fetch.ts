import type { Open } from '../page/contender.ts'
import { send } from './raw-store.ts'

/** The limit of sending, with nothing stored: a loop of requests, each after the answer to the one before. */
export const open: Open = async ({ endpoint, batchEndpoint }) => {
  const kept: string[] = []
  return {
    enqueueAll: async (bodies) => void kept.push(...bodies.map((body) => JSON.stringify(body))),
    async drain() {
      for (const body of kept) await send(endpoint, body)
    },
    drainInBatches: () => send(batchEndpoint, `[${kept.join()}]`),
  }
}
