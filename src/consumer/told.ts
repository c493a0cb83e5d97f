import type { Attempt } from './transport.ts'

/** What an attempt knew of the endpoint when it began. */
export interface Outset {
  /** The endpoint was held: the attempt was to see whether it answers again, and says nothing of its message. */
  readonly isProbe: boolean
  /** Which failure of the endpoint had been seen last: those that were under way at the time say nothing new. */
  readonly failure: number
}

/** What came of an attempt, as long as nobody has judged it. */
export interface Told {
  readonly attempt: Attempt
  readonly outset: Outset
  /** When it began, and how long it took, in milliseconds. */
  readonly at: number
  readonly took: number
}
