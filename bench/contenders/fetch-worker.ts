import type { Open } from '../page/contender.ts'
import { caller } from './worker-call.ts'

/** The limit of sending, in a worker. */
export const open: Open = async ({ endpoint, batchEndpoint }) => {
  const worker = new Worker('/contenders/idb-worker.worker.js', { type: 'module' })
  const call = caller(worker, worker)
  return {
    enqueueAll: (bodies) =>
      call(
        'keep',
        bodies.map((body) => JSON.stringify(body)),
      ),
    drain: () => call('sendEach', endpoint),
    drainInBatches: () => call('sendAll', batchEndpoint),
  }
}
