import type { Consumer } from 'holdfast'
import type { Crew } from '../frame/crew.ts'
import { queue } from './adding.ts'

/** A pool of workers. One that dies is replaced, and what it had in hand is handed to another. */
export function startPool(size: number, crew: Crew): Consumer {
  return queue.consumeInWorkers(() => crew.hire(new Worker(new URL('./thumbnail.worker.ts', import.meta.url), { type: 'module' })), {
    size,
  })
}
