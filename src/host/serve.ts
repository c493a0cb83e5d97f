import { expose } from 'comlink'
import type { Endpoint, Remote } from 'comlink'
import type { QueueDefinition } from '../message/definition.ts'
import { mintProducer } from '../message/id.ts'
import type { HostMessage, PageApi, WorkerApi } from '../protocol/host.ts'
import { createHost } from './host.ts'
import type { HostPage } from './host.ts'
import { realmPlatform } from './platform.ts'
import type { Platform } from './platform.ts'

/** As much of a worker's global scope as is used: with the types of pages and workers in one program, `self` is a window. */
interface WorkerScope extends Endpoint {
  postMessage(message: HostMessage): void
}

const served = new Map<string, QueueDefinition>()
let isServing = false

/**
 * Serves these queues to the page that started this worker. To be called at the top of the worker's module, before anything is awaited.
 *
 * @example
 * ```ts
 * // queues.worker.ts
 * import { serve } from 'holdfast/worker'
 * import { invoices, orders } from './queues.ts'
 *
 * serve(orders, invoices)
 * ```
 */
export function serve(...definitions: readonly QueueDefinition[]): void {
  for (const definition of definitions) served.set(definition.name, definition)
  start(served)
}

/** Serves whatever the page opens. */
export function serveAny(platform?: Platform): void {
  start(undefined, platform)
}

function start(definitions?: ReadonlyMap<string, QueueDefinition>, platform: Platform | undefined = realmPlatform()): void {
  if (isServing) return
  isServing = true
  const scope = globalThis as unknown as WorkerScope
  let page: Remote<PageApi> | undefined
  const attached = (): Remote<PageApi> => {
    if (page) return page
    throw new Error('The page did not introduce itself')
  }
  const hostPage: HostPage = {
    events: (queue, events) => scope.postMessage({ holdfast: 'events', queue, events }),
    headers: async (queue, unauthorized) => attached().headers(queue, unauthorized),
    classify: async (queue, answer) => attached().classify(queue, answer),
    upcast: async (queue, body, version) => attached().upcast(queue, body, version),
    encryption: async (queue) => attached().encryption(queue),
  }
  const host = createHost({ platform, page: hostPage, ...(definitions && { served: definitions }) })
  const api: WorkerApi = {
    ...host,
    async attach(remote) {
      page = remote as unknown as Remote<PageApi>
    },
  }
  // Comlink reaches along any path of properties, up to the constructor: nothing is to be found there.
  expose(Object.freeze(Object.assign(Object.create(null), api)), scope)
  void sayReady(scope, platform?.locks)
}

/** Says that this worker listens, and under which lock it lives: the lock is free once the worker is gone, however it went. */
async function sayReady(scope: WorkerScope, locks: LockManager | undefined): Promise<void> {
  if (!locks) return scope.postMessage({ holdfast: 'ready' })
  const lock = `holdfast/alive/${mintProducer()}`
  await locks.request(lock, () => {
    scope.postMessage({ holdfast: 'ready', lock })
    return new Promise(() => {})
  })
}
