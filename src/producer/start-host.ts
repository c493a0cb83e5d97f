import { proxy, wrap } from 'comlink'
import { QueueError, shown } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { isHostMessage } from '../protocol/host.ts'
import type { HostApi, HostMessage, PageApi, WorkerApi } from '../protocol/host.ts'
import type { WorkerMaker } from './way-back.ts'

/** How long a worker may take to say that it is ready, in milliseconds: loading its file over a slow line included. */
const PATIENCE = 10_000

/** The page, as a host sees it. */
export interface PageEnd extends PageApi {
  events(queue: string, events: readonly QueueEvent[]): void
  /** Whether any of its queues may be kept in memory, where there is no other storage. */
  mayBeInMemory(): boolean
}

/** A host that is up. */
export interface StartedHost {
  readonly api: HostApi
  readonly kind: 'worker' | 'inline' | 'in-place'
  /** What it keeps is in memory, and gone with it. Absent where it is on the disk. */
  readonly storage?: 'memory'
  /** Why it is not the worker from its file, where it should have been. */
  readonly reason?: string
  /** Resolves when the host has died. */
  readonly lost: Promise<void>
  stop(): void
}

/** @param maker makes the worker, where this page's own `Worker` would be of no use. */
export type StartHost = (page: PageEnd, maker?: WorkerMaker) => Promise<StartedHost>

/**
 * The ready-made worker: from its file; from its text, where a bundler has not shipped that; and in place, where the page may start no such worker, since a
 * message in the main thread is better than none. What did not start once is not tried again for the same page.
 */
export function readyMade(): StartHost {
  let failed = 0
  const reasons: string[] = []
  return async (page, maker) => {
    // In place it would be cut off from its storage again.
    const ways = [startPackaged, startInline, ...(maker ? [] : [startInPlace])].slice(failed)
    for (const [way, start] of ways.entries()) {
      try {
        const host = await start(page, maker)
        failed += way
        return reasons.length > 0 ? { ...host, reason: reasons.join('; ') } : host
      } catch (error) {
        if (way === ways.length - 1) throw error
        if (reasons.length < failed + way + 1) reasons.push(error instanceof Error ? error.message : String(error))
      }
    }
    throw new QueueError('internal', 'There is no way to start a host')
  }
}

const startPackaged: StartHost = (page, maker) =>
  startWorker(() => new Worker(new URL('./auto-worker.js', import.meta.url), { type: 'module' }), page, maker)

const startInline: StartHost = async (page, maker) => {
  const { source } = await import('../auto-worker-text.ts')
  return startFromText(source, page, maker)
}

/** Keeps everything in memory, where the browser denies the page all storage. */
export const startInMemory: StartHost = async (page) => {
  const { source } = await import('../memory-worker-text.ts')
  return { ...(await startFromText(source, page)), storage: 'memory' }
}

async function startFromText(source: string, page: PageEnd, maker?: WorkerMaker): Promise<StartedHost> {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  try {
    return { ...(await startWorker(() => new Worker(url), page, maker)), kind: 'inline' }
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** Whether it can be ended with its page, and another started in its place: not where that runs in the page itself, or what it keeps would be gone. */
export function isReplaceable({ kind, storage }: StartedHost): boolean {
  return kind !== 'in-place' && storage !== 'memory'
}

/** In the calling thread. Loaded only when it is needed, as a worker would be: a page that has a worker does not carry it. */
export const startInPlace: StartHost = async (page) => {
  const { hostInPlace } = await import('../in-place.ts')
  return { api: hostInPlace(page), kind: 'in-place', lost: new Promise(() => {}), stop: () => {} }
}

export async function startWorker(make: () => Worker, page: PageEnd, maker?: WorkerMaker): Promise<StartedHost> {
  const worker = makeWorker(() => (maker ? madeBy(maker, make) : make()))
  try {
    const { lock } = await ready(worker)
    const stopped = new AbortController()
    const lost = gone(lock, stopped.signal)
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isHostMessage(data) && data.holdfast === 'events') page.events(data.queue, data.events)
    })
    // Held for good by what is returned: Comlink (4.4.2) loses the answers to a proxy that is garbage-collected.
    const api = wrap<WorkerApi>(worker) as unknown as WorkerApi
    // One callback for everything that the worker ever asks: each proxy leaks a port.
    const attached = api.attach(
      proxy<PageApi>({
        headers: (queue, unauthorized) => page.headers(queue, unauthorized),
        classify: (queue, answer) => page.classify(queue, answer),
        upcast: (queue, body, version) => page.upcast(queue, body, version),
        encryption: (queue) => page.encryption(queue),
      }),
    )
    await Promise.race([attached, lost.then(() => Promise.reject(new QueueError('host-failed', 'The worker died as it started')))])
    const stop = (): void => {
      stopped.abort()
      worker.terminate()
    }
    return { api, kind: 'worker', lost, stop }
  } catch (error) {
    worker.terminate()
    throw error
  }
}

/** Bundlers find a worker by `new Worker(new URL(...))`, and users write that as well: who makes it is changed for as long as the call takes. */
function madeBy(maker: WorkerMaker, make: () => Worker): Worker {
  const { Worker } = globalThis
  globalThis.Worker = maker
  try {
    return make()
  } finally {
    globalThis.Worker = Worker
  }
}

function makeWorker(make: () => Worker): Worker {
  let worker: Worker
  try {
    worker = make()
  } catch (error) {
    throw new QueueError('host-failed', `The worker could not be made: ${String(error)}`, { cause: error })
  }
  if (typeof worker?.postMessage === 'function') return worker
  throw new QueueError('host-failed', `Expected \`worker\` to start a worker, got ${shown(worker)}`)
}

/** Waits until the worker says that it listens. Without that, calls to one that never loads would stay pending for ever. */
function ready(worker: Worker): Promise<HostMessage & { holdfast: 'ready' }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new QueueError('host-failed', `The worker did not start: ${why}`))
    const timer = setTimeout(() => fail(`it said nothing within ${PATIENCE} ms; does it call serve()?`), PATIENCE)
    worker.addEventListener('error', ({ message }) => {
      clearTimeout(timer)
      fail(message || 'its file could not be loaded')
    })
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!isHostMessage(data) || data.holdfast !== 'ready') return
      clearTimeout(timer)
      resolve(data)
    })
  })
}

/** Resolves when the worker's lock is free. */
async function gone(lock: string | undefined, stopped: AbortSignal): Promise<void> {
  if (lock === undefined) return new Promise(() => {})
  try {
    await navigator.locks.request(lock, { signal: stopped }, () => {})
  } catch {
    return new Promise(() => {})
  }
}
