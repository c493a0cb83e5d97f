import { QueueError, shown } from './error.ts'
import { checkQueue } from './option-checks.ts'
import type { Check } from './checks.ts'
import type { QueueEnd } from './open-options.ts'
import type { QueueOptions } from './options.ts'

/** A queue's name and options, made by {@link defineQueue} in a module that page and worker share. */
export interface QueueDefinition<T = unknown, A = unknown> {
  readonly name: string
  readonly options: QueueOptions<T, A>
  /** Carries the type of bodies; never set. */
  readonly $body?: T
}

/**
 * Names a queue and says where its messages go, for a module that a page and its own worker both import.
 *
 * @throws QueueError `invalid-name` or `invalid-option`.
 * @example
 * ```ts
 * // queues.ts, shared
 * export const orders = defineQueue<Order>('orders', { endpoint: '/api/orders' })
 * ```
 */
export function defineQueue<T = unknown, A = unknown>(name: string, options: QueueOptions<T, A> & QueueEnd): QueueDefinition<T, A> {
  checkName(name)
  checkQueue(options)
  return Object.freeze({ name, options: Object.freeze({ ...options }) })
}

/** Whether something is a definition: it may come from a second copy of this library. */
export const definitionCheck: Check = {
  expected: 'what `defineQueue` gives',
  passes: (value) => typeof value === 'object' && value !== null && 'name' in value && 'options' in value,
}

/** Refuses a name that could not be part of the names of a database, a lock and a channel, and of a header. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(name)) return
  throw new QueueError(
    'invalid-name',
    `Expected a queue's name of 1 to 64 letters, digits and . _ : - that starts with a letter or digit, got ${shown(name)}`,
  )
}
