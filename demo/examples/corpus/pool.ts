import type { Consumer } from 'holdfast'
import type { Crew } from '../frame/crew.ts'
import { queue } from './batch.ts'

/** Four workers. One that dies is replaced, and what it had in hand is handed to another. */
export function startPool(crew: Crew): Consumer {
  const start = (): Worker => new Worker(new URL('./index.worker.ts', import.meta.url), { type: 'module' })
  return queue.consumeInWorkers(() => crew.hire(start()), { size: 4 })
}
