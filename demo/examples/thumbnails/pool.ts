import type { Consumer } from 'holdfast'
import type { Crew } from '../frame/crew.ts'
import { queue } from './adding.ts'

/** So many workers. One that dies is replaced, and what it had in hand is handed to another. */
export function startPool(size: number, crew: Crew): Consumer {
  const start = (): Worker => new Worker(new URL('./thumbnail.worker.ts', import.meta.url), { type: 'module' })
  return queue.consumeInWorkers(() => crew.hire(start()), { size })
}
