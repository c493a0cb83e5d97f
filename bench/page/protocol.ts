import type { Check } from './bodies.ts'
import type { Durability } from './contender.ts'

/** One thing to be done in one fresh browser. */
export type Task =
  /** Enqueues `count` messages in one tick, and awaits them together. */
  | { readonly kind: 'burst'; readonly count: number; readonly groups: number }
  /** Enqueues messages one after the other, each when the one before is stored. */
  | { readonly kind: 'one-by-one'; readonly count: number }
  /** Enqueues while the queue is held, lets go, and waits until all is delivered. */
  | { readonly kind: 'drain'; readonly count: number; readonly inBatches: boolean }
  /** A burst, with a clock that ticks in the main thread. */
  | { readonly kind: 'block'; readonly count: number }
  /** Fills a profile, for others to open. */
  | { readonly kind: 'seed'; readonly count: number; readonly isHeld: boolean }
  /** Opens what was filled, enqueues one more, and waits for the first message to reach the server. */
  | { readonly kind: 'open'; readonly waiting: number; readonly hasGroups: boolean }
  /** Reads what a killed browser left. */
  | { readonly kind: 'read-back'; readonly count: number }

export interface Cell {
  /** The module in `contenders/`. */
  readonly module: string
  readonly durability: Durability
  /** Held, also where the task would not. */
  readonly isHeld: boolean
  readonly task: Task
}

/** Numbers by name. Times in milliseconds, rates in messages a second. */
export type Figures = Readonly<Record<string, number>>

export type Result =
  | { readonly ok: true; readonly figures: Figures; readonly check?: Check }
  | { readonly ok: false; readonly error: string }
