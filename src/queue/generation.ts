import { QueueError } from '../message/error.ts'
import type { ReadTransaction, WriteTransaction } from './schema.ts'

/** Of which generation of the queue those know who run a transaction. */
const expected = new WeakMap<ReadTransaction | WriteTransaction, number>()

export function expectGeneration(tx: ReadTransaction | WriteTransaction, generation: number): void {
  expected.set(tx, generation)
}

/**
 * Refuses a transaction of those who knew the queue before it was destroyed. Each that writes looks at `tail` or `head` first, and both say it: so nobody pays for a look of its own.
 *
 * @throws QueueError `destroyed`.
 */
export function assertGeneration(tx: ReadTransaction | WriteTransaction, generation: number = 0): void {
  const known = expected.get(tx) ?? generation
  if (known !== generation) throw destroyed()
}

export function destroyed(): QueueError {
  return new QueueError('destroyed', 'The queue was destroyed, and all that waited in it')
}
