import type { Open } from '../page/contender.ts'
import { caller } from './worker-call.ts'

/** The limit of one record for each message, out of the page's way. */
export const open: Open = async (setup) => {
  const worker = new Worker('/contenders/idb-worker.worker.js', { type: 'module' })
  const call = caller(worker, worker)
  await call('open', setup)
  return {
    enqueueAll: (bodies) => call('addAll', bodies),
    readBack: () => call('getAll'),
  }
}
