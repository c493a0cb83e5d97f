import type { Consumer } from '../message/handling.ts'
import { isPoolCommand } from '../protocol/pool.ts'
import type { PoolNews } from '../protocol/pool.ts'

interface WorkerScope {
  postMessage(message: PoolNews): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** In a worker, tells the pool that may have started it under which lock it consumes, and closes when the pool says so. */
export function serveInPool(consume: (joined?: (lock: string) => void) => Consumer): Consumer {
  if (typeof document !== 'undefined' || typeof postMessage !== 'function') return consume()
  const scope = globalThis as unknown as WorkerScope
  const consumer = consume((lock) => scope.postMessage({ holdfast: 'consuming', lock }))
  scope.addEventListener('message', ({ data }) => {
    if (isPoolCommand(data)) void consumer.close({ timeout: data.timeout }).then(() => scope.postMessage({ holdfast: 'consumed' }))
  })
  return consumer
}
