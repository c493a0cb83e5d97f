import type { Death, ReadAnswer } from './message.ts'
import type { RetryReason } from './retry-reason.ts'

/**
 * What happened in a queue, in any tab of this origin. Names are in the past tense: when you hear of it, it is on disk.
 *
 * @example
 * ```ts
 * const stop = orders.subscribe((event) => {
 *   if (event.type === 'dead-lettered') showProblem(event.id, event.reason)
 * })
 * ```
 */
export type QueueEvent<A = unknown> =
  /** A message was stored. With a `due`, it joins the tail then (milliseconds since the epoch). */
  | { readonly type: 'enqueued'; readonly id: string; readonly due?: number }
  /** Delayed messages were due, and have joined the tail. */
  | { readonly type: 'joined'; readonly id: string }
  /** A message of the same dedup key was enqueued, and this one has its body now (`onDuplicate: 'latest'`). */
  | { readonly type: 'updated'; readonly id: string }
  /** A message of the same dedup key, `by`, was enqueued, and stands in the place of this one, which has left the queue (`onDuplicate: 'replace'`). */
  | { readonly type: 'replaced'; readonly id: string; readonly by: string }
  /** A message was cancelled; it has left the queue. `maybeDelivered`: an attempt was cut short, or an earlier one not answered. */
  | { readonly type: 'cancelled'; readonly id: string; readonly maybeDelivered: boolean; readonly group?: string }
  /** An attempt to deliver a message began. `attempt` is 1 for the first, and counts those that were not answered as well. */
  | { readonly type: 'leased'; readonly id: string; readonly attempt: number }
  /** The server accepted a message; it has left the queue. With `issues`, where the queue's `answer.schema` does not take the answer. */
  | ({ readonly type: 'accepted'; readonly id: string; readonly group?: string } & ReadAnswer<A>)
  /** A handler has told how far it is with a message, from 0 to 1; or, with `uploadProgress`, so much of its body has left. It begins anew with each attempt. */
  | { readonly type: 'progressed'; readonly id: string; readonly progress: number }
  /** A message was longer in a handler's hands than its lease: another gets it. `consumer` tells which had it. */
  | { readonly type: 'lease-expired'; readonly id: string; readonly consumer: string }
  /** An attempt failed; the message keeps its place and is tried again at `due` (milliseconds since the epoch). */
  | {
      readonly type: 'retry-scheduled'
      readonly id: string
      readonly reason: RetryReason
      readonly due: number
      /** The answer's status; 500 where a handler threw; absent when there was no answer. */
      readonly status?: number
      /** The answer's beginning, or of what the handler threw, at most 4,000 characters; absent when there was no answer. */
      readonly excerpt?: string
    }
  /** A message was moved to the dead letters. */
  | ({ readonly type: 'dead-lettered'; readonly id: string; readonly group?: string } & Death)
  /** A message was dead-lettered, and its group (the whole queue, without one) sends nothing before that is decided. */
  | { readonly type: 'halted'; readonly id: string; readonly group?: string }
  /** A message was not answered five times, while its endpoint answers others: from now on that counts towards `maxAttempts`. */
  | { readonly type: 'suspected'; readonly id: string }
  /** A dead letter is ready again, at the tail of the queue. */
  | { readonly type: 'redriven'; readonly id: string }
  /** A dead letter was deleted: by `purge()`, or, where there is a `reason`, since `keepDeadLetters` keeps none of its age, or no more of that number. */
  | { readonly type: 'purged'; readonly id: string; readonly reason?: 'age' | 'number' }
  /** Nothing is delayed, ready or leased any more. */
  | { readonly type: 'emptied' }
  /** `pause()` was called, for a group where there is one. */
  | { readonly type: 'paused'; readonly group?: string }
  /** `resume()` was called, for a group where there is one; or the dead letter that halted it was redriven or purged. */
  | { readonly type: 'resumed'; readonly group?: string }
  /** The server answered 401 twice, the second time to fresh headers. Nothing is sent until `resume()`. */
  | { readonly type: 'unauthorized' }
  /** The endpoint fails for everyone: it is left alone until `due` (milliseconds since the epoch), and then tried with one message. */
  | { readonly type: 'endpoint-failed'; readonly due: number }
  /** The endpoint answers again. */
  | { readonly type: 'endpoint-recovered' }
  /** `classify` threw, or took too long, or gave what is no outcome. The message is tried again later. */
  | { readonly type: 'classify-failed'; readonly message: string }
  /**
   * A worker of `consumeInWorkers` does not load, or cannot be started, or calls no `consume` for half a minute, or ends as soon as it does: another is started, later and later. Or it consumes another
   * queue, and is left alone. Heard only in this page.
   */
  | { readonly type: 'pool-worker-failed'; readonly message: string }
  /** The browser was asked to keep this origin's storage (`persist: true`), and has answered. Heard only in this page. */
  | { readonly type: 'persist-answered'; readonly granted: boolean }
  /** The `headers` function threw, or took too long. Nothing was sent; it is asked again later. */
  | { readonly type: 'headers-failed'; readonly message: string }
  /** IndexedDB failed under the drain. It goes on by itself after a while. */
  | { readonly type: 'storage-failed'; readonly message: string }
  /**
   * The browser gives this origin no more space. What waits is delivered all the same, from a reserve; `enqueue` rejects with `storage-full` until
   * there is space again.
   */
  | { readonly type: 'storage-full' }
  /**
   * IndexedDB does not answer, or the browser has cut this page off from it. It is opened anew; what is enqueued meanwhile waits in memory, and `enqueue`
   * resolves when it is stored, or rejects with `storage-failed` after a minute. Heard only in this page.
   */
  | { readonly type: 'storage-lost'; readonly message: string }
  /**
   * This page's host has opened the queue's database, with so many messages that waited, and so many dead letters. Each `destroy()` makes another `generation`. Heard only in this page.
   */
  | { readonly type: 'storage-opened'; readonly generation: string; readonly waiting: number; readonly dead: number }
  /** IndexedDB answers again, and what waited in memory is being stored. Heard only in this page. */
  | { readonly type: 'storage-restored' }
  /**
   * The site's data was cleared while the queue was open, by the user or by the browser, and everything in the queue with it: so many messages that
   * waited, and so many dead letters, as far as this page has heard. The queue goes on, empty, in a database of another `generation`. Heard only in this page.
   */
  | { readonly type: 'storage-cleared'; readonly generation: string; readonly waiting: number; readonly dead: number }
  /** `destroy()` was called, in any tab: all that was in the queue is gone, and it is closed here. */
  | { readonly type: 'destroyed' }
  /**
   * This page's host is up: the worker from its file, or the same `inline`, from its text, where that does not load, or in the page itself. `reason` says why it is not
   * the first. `storage: 'memory'` says that the browser blocks the storage of this site, and that messages are kept only for as long as
   * the page lives, which `blockedStorage` allows. Told again whenever another host has taken its place: after `host-lost`, and when the page returns from the back/forward cache. Heard only in this page.
   */
  | {
      readonly type: 'host-started'
      readonly host: 'worker' | 'inline' | 'in-place'
      readonly storage?: 'memory'
      readonly reason?: string
    }
  /**
   * This page's worker died. Another is started, at once, and later and later where one dies after the other; it is asked again what was not answered, and `host-started` says that
   * it is there. Only where none starts, three times, do those who wait reject, with `host-lost`. Heard only in this page.
   */
  | { readonly type: 'host-lost' }
  /** This page's host drains the queue from now on. Heard only in this page. */
  | { readonly type: 'leadership-gained' }
  /**
   * This page's host drains no more: it was frozen, or hung, and another tab has taken over. It settles nothing from then on, and stands for leader again.
   * Heard only in this page.
   */
  | { readonly type: 'leadership-lost' }
