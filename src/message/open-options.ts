import type { QueueOptions } from './options.ts'

/** How a page opens a queue: everything in {@link QueueOptions}, and where the queue runs. */
export interface OpenOptions<T = unknown, A = unknown> extends QueueOptions<T, A> {
  /**
   * Whose messages these are, such as the user's id: a string of 1 to 256 characters. Each identity has a queue of its own under this name. The server is told it.
   *
   * @defaultValue none: whoever uses the device has one queue together
   */
  readonly identity?: string
  /**
   * Where the queue runs. `'worker'`: in the ready-made worker, one for all queues of the page; should its file not load, in the same worker made from its text, and
   * where the page's security policy forbids that, in place: the `host-started` event says which, and why. `'in-place'`: in the calling thread, for where there are no workers.
   *
   * @defaultValue 'worker'
   */
  readonly host?: 'worker' | 'in-place'
  /**
   * Starts your own worker, which calls `serve()` from `holdfast/worker`. Queues that are opened with the same function share one.
   * If it does not start, calls reject with `host-failed`.
   *
   * @defaultValue the ready-made worker
   * @example () => new Worker(new URL('./queues.worker.ts', import.meta.url), { type: 'module' })
   */
  readonly worker?: () => Worker
  /**
   * What happens where the browser denies the page all storage: the user blocks it for this site, or the page is a frame without an origin. `'reject'`: every verb rejects with `unsupported`.
   * `'memory'`: messages are kept in memory, in a worker made from its text, and are **gone with the page**; the `host-started` event says so, with `storage: 'memory'`. Definitions that a
   * worker of your own serves are not at hand there, only what the page itself was given.
   *
   * @defaultValue 'reject'
   */
  readonly blockedStorage?: 'reject' | 'memory'
  /**
   * Whether the browser is asked (`navigator.storage.persist()`) not to throw away this origin's storage when space runs low. What it answers is told
   * by the `persist-answered` event. Some browsers ask the user.
   *
   * @defaultValue false
   */
  readonly persist?: boolean
}

/** Where a queue ends: at an endpoint, or at consumers. */
export type QueueEnd =
  | { readonly endpoint: string | URL; readonly consumers?: false }
  | { readonly endpoint?: undefined; readonly consumers: true }
