import type { Body } from './bodies.ts'

export type Durability = 'strict' | 'relaxed'

export interface Setup {
  readonly durability: Durability
  /** Where messages go, one POST each. */
  readonly endpoint: string
  /** Where all messages go in one POST, as an array. */
  readonly batchEndpoint: string
  /** Opened without sending: messages are only stored, until `drain()`. Otherwise it delivers by itself, as its own docs say. */
  readonly isHeld: boolean
  /** Messages have groups: order is kept within each, and groups are sent side by side. */
  readonly hasGroups: boolean
  /** Drained by `drainInBatches()`. */
  readonly inBatches: boolean
}

/**
 * What takes part. A contender is one module that exports `open`, used as its own documentation says; who it is and which rows it is in
 * stands in `runner/contenders.ts`.
 */
export type Open = (setup: Setup) => Promise<Opened>

/** A contender on its feet. What it does not have is left out, and so are its rows. */
export interface Opened {
  /** Stores a message. Resolves when it is durable, or as near to that as this contender has. */
  enqueue?(body: Body, group?: string): Promise<unknown>
  /** Stores messages together, where that is not just many `enqueue`s awaited together. */
  enqueueAll?(bodies: readonly Body[]): Promise<unknown>
  /** Stores messages without a clock running, to fill a profile; where there is a faster way than `enqueue`. */
  fill?(bodies: readonly Body[]): Promise<unknown>
  /** Sends everything that is stored, in one request each, and resolves when nothing waits. */
  drain?(): Promise<unknown>
  /** Sends everything that is stored, in as few requests as it can. */
  drainInBatches?(): Promise<unknown>
  /** What is stored, in the order in which it would be sent. */
  readBack?(): Promise<readonly Body[]>
}
