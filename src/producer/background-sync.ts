import type { QueueEvent } from '../message/event.ts'
import { syncTag } from '../protocol/names.ts'
import type { DrainCall } from '../protocol/service-worker.ts'

/** As much of Background Sync as is used: the types of the platform have none. */
type SyncingRegistration = ServiceWorkerRegistration & { readonly sync?: { register(tag: string): Promise<void> } }

/** As much of a queue as is needed here. */
interface Heard {
  readonly name: string
  subscribe(listener: (event: QueueEvent) => void): () => void
}

/** Queues that the service worker is called for as this page is left. They may be closed by now, and have messages all the same. */
const called = new Set<string>()

/**
 * Has the service worker of this origin drain a queue when its pages are gone: it is called as soon as there is a connection, and once more when it fails, a few times. So it is
 * asked to be called again whenever there is something new to wait for: now, when this page begins to lead, and when the queue is empty no more. Nobody waits for any of this:
 * `register` may hang, or reject.
 */
export function callServiceWorker(queue: Heard): void {
  const serviceWorker = serviceWorkers()
  if (!serviceWorker) return
  /** For what is in the queue: a call of before may have found nothing. */
  let isCalled = false
  const call = (): void => void register(serviceWorker, syncTag(queue.name))
  queue.subscribe(({ type }) => {
    if (type === 'emptied') isCalled = false
    else if (type === 'leadership-gained') call()
    else if (!isCalled && (type === 'enqueued' || type === 'redriven')) {
      isCalled = true
      call()
    }
  })
  call()
  if (called.size === 0) addEventListener('pagehide', () => called.forEach((name) => post(serviceWorker, name)))
  called.add(queue.name)
}

/** Where a frame has no origin, even to ask for them throws. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return globalThis.navigator?.serviceWorker
  } catch {
    return undefined
  }
}

async function register({ ready }: ServiceWorkerContainer, tag: string): Promise<void> {
  try {
    await ((await ready) as SyncingRegistration).sync?.register(tag)
  } catch {
    // It is not allowed, or the user has switched it off: the pages do all the work.
  }
}

/** Browsers without Background Sync let it drain for a while. */
function post({ controller }: ServiceWorkerContainer, queue: string): void {
  const message: DrainCall = { holdfast: 'drain', queue }
  controller?.postMessage(message)
}
