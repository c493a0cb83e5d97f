import type { Open } from '../page/contender.ts'
import { caller } from './worker-call.ts'

/** By hand, in a worker: what anything that keeps the page's thread free has to pay at least. */
export const open: Open = async (setup) => {
  const worker = new Worker('/contenders/idb-worker.worker.js', { type: 'module' })
  const call = caller(worker, worker)
  const opened = call('open', setup)
  return {
    async enqueue(body) {
      await opened
      await call('add', body)
    },
    fill: (bodies) => call('addAll', bodies),
    drain: () => call('drain'),
    readBack: () => call('getAll'),
  }
}
