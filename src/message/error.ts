/**
 * Everything that can go wrong, by name. The union is closed: a `switch` over it can be exhaustive.
 *
 * | code | what happened | what to do |
 * | --- | --- | --- |
 * | `invalid-name` | a queue's name is empty or has characters that it may not have | choose another |
 * | `invalid-option` | an option is unknown, of the wrong type, or contradicts another | correct it |
 * | `invalid-body` | a body would not survive being sent as JSON, or is not what the queue's `schema` expects (`cause` holds the issues) | send what is expected |
 * | `body-too-large` | a body is larger than 16 MiB as JSON, or than `largestBody` | send less |
 * | `queue-full` | the queue holds as much as its `capacity` allows; the message is **not** stored | try later, or tell the user |
 * | `key-unavailable` | `encryption` gave no keys; the message is **not** stored | see `cause`; try again once the keys are there |
 * | `storage-full` | the browser gives this origin no more space; the message is **not** stored | free some, or tell the user |
 * | `storage-failed` | IndexedDB failed, for a minute where it may come back; whoever called was not answered "stored" | try again |
 * | `storage-cleared` | the site's data was cleared, and the message of this receipt with it | enqueue it again, if you have it |
 * | `unsupported` | there is no IndexedDB or no Web Locks here (a server, an insecure page), or the browser blocks them | open the queue elsewhere, or tell the user |
 * | `host-failed` | the worker did not start | see `cause`; check the worker's URL and the CSP. Whatever is asked next has it tried again |
 * | `host-lost` | the worker died, and none started in its place; or five died while they were being asked the same. What was asked may have happened | ask again: that has it tried again |
 * | `not-served` | your own worker does not serve a queue of this name | `serve()` it there |
 * | `closed` | the queue was used after `close()`, or closed while it was being asked | |
 * | `destroyed` | `destroy()` was called, here or in another tab, and what was in the queue is gone; what is under way may still arrive | open it afresh |
 * | `dead-lettered` | the message of this receipt is now a dead letter; `cause` tells why | look at it, redrive or purge |
 * | `cancelled` | the message of this receipt was cancelled, or another has replaced it | |
 * | `invalid-answer` | the message of this receipt was accepted, with an answer that the queue's `answer.schema` does not take; `cause` has it, and the issues | look at it; the server has the message |
 * | `answer-unknown` | the message of this receipt is not in the queue, and what was answered is not kept | see `keepReceipts` |
 * | `internal` | a bug in Holdfast | please report it |
 */
export type QueueErrorCode =
  | 'invalid-name'
  | 'invalid-option'
  | 'invalid-body'
  | 'body-too-large'
  | 'queue-full'
  | 'key-unavailable'
  | 'storage-full'
  | 'storage-failed'
  | 'storage-cleared'
  | 'unsupported'
  | 'host-failed'
  | 'host-lost'
  | 'not-served'
  | 'closed'
  | 'destroyed'
  | 'dead-lettered'
  | 'cancelled'
  | 'invalid-answer'
  | 'answer-unknown'
  | 'internal'

/**
 * The one error that Holdfast throws or rejects with. Its `code` says which kind; the text is for people.
 *
 * @example
 * ```ts
 * try {
 *   await orders.enqueue(order)
 * } catch (error) {
 *   if (isQueueError(error) && error.code === 'storage-full') showStorageFull()
 *   else throw error
 * }
 * ```
 */
export class QueueError extends Error {
  override readonly name = 'QueueError'
  /** Which kind of error this is. */
  readonly code: QueueErrorCode

  constructor(code: QueueErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Whether something that was caught is a {@link QueueError}. Unlike `instanceof` it also knows one that came from
 * another realm or from a second copy of this library.
 *
 * @example
 * ```ts
 * if (isQueueError(error) && error.code === 'closed') return
 * ```
 */
export function isQueueError(error: unknown): error is QueueError {
  return Object.prototype.toString.call(error) === '[object Error]' && (error as Error).name === 'QueueError' && 'code' in (error as Error)
}

/** How a wrong value looks in an error's text: short, telling its type (`0 (number)`, `"" (string)`), and without the credentials of a URL. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `${JSON.stringify(value.replace(/\/\/[^/@]*@/, '//…@').slice(0, 80))} (string)`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : Object.prototype.toString.call(value)
  return `${(value as number | bigint | boolean | symbol).toString()} (${typeof value})`
}

/** A queue was used after it was destroyed, here or in another tab. */
export function destroyedError(queue: string): QueueError {
  return new QueueError('destroyed', `The queue "${queue}" was destroyed, and all that waited in it`)
}

/** A queue was used after it was closed. */
export function closedError(queue: string): QueueError {
  return new QueueError('closed', `The queue "${queue}" is closed`)
}

/** Why a queue is `unsupported` where there is IndexedDB. */
export const STORAGE_BLOCKED =
  'This page may not use IndexedDB: the browser blocks the storage of this site, or its frame has no origin of its own (`sandbox`)'

/** Reports what nobody catches, as the platform does with what an event listener throws. */
export function reportUncaught(error: unknown): void {
  // Node has no reportError.
  ;(globalThis.reportError ?? console.error)(error)
}
