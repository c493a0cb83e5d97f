import type { QueueDefinition } from './definition.ts'
import type { EnqueueOptions } from './enqueue-options.ts'

/** A queue that messages can follow in: one that is open, or its definition. */
export type Following<T> = QueueDefinition<T> | { readonly name: string; enqueue(body: T, options?: EnqueueOptions): Promise<unknown> }

/** A message that follows on another: for which queue, its body, and what is said of it alone. */
export type FollowOn<T> = readonly [queue: Following<T>, body: NoInfer<T>, options?: EnqueueOptions]

const ACK = Symbol.for('holdfast/ack')

/** What {@link ack} gives. */
export interface Ack {
  readonly enqueue: ReadonlyArray<FollowOn<unknown>>
  readonly answer: unknown
}

/**
 * Returned by a handler: the message is done, and these follow on it. They are on the disk before it leaves its queue, and each is stored once, however often the handler is called: its id is
 * the message's with `.0`, `.1` … behind it. The `capacity` of their queue is no reason to refuse them.
 *
 * @param given `enqueue`: the messages that follow, 100 at most; `answer`: what the handler would have returned without them.
 * @throws QueueError nothing here; what is wrong with a message that follows fails the attempt, as what the handler throws does.
 * @example
 * ```ts
 * paid.consume(async ({ body }) => ack({ enqueue: [[packing, { order: body.order }]], answer: await charge(body) }))
 * ```
 */
export function ack<const Bodies extends readonly unknown[]>(given: {
  readonly enqueue: { readonly [Index in keyof Bodies]: FollowOn<Bodies[Index]> }
  readonly answer?: unknown
}): Ack {
  const { enqueue, answer } = given
  return Object.freeze({ enqueue, answer, [ACK]: true })
}

/** Whether a handler has returned one: by a mark, since it may come from a second copy of this library. */
export function isAck(value: unknown): value is Ack {
  return typeof value === 'object' && value !== null && ACK in value
}
