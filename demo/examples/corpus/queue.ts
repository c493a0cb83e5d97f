import { defineQueue } from 'holdfast'
import type { QueueDefinition } from 'holdfast'

/** Some letters that lie side by side: what a worker indexes at a time. */
export interface Chunk {
  /** Which one of the corpus it is, from 0 on. */
  readonly chunk: number
  /** How many letters it has. */
  readonly size: number
}

/** Receipts are kept, so that after a reload one can still tell what is done of a batch. */
export const chunks: QueueDefinition<Chunk> = defineQueue<Chunk>('chunks', {
  consumers: true,
  order: 'none',
  keepReceipts: { age: 7 * 86_400_000, number: 10_000 },
})
