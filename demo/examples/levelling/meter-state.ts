/** What the endpoint tells of itself. */
export interface MeterState {
  /** How many it takes within a second. */
  readonly limit: number
  /** The most that have arrived within any second, wherever that begins, since the server was started. */
  readonly peak: number
  /** Events that were taken in. */
  readonly taken: number
  /** Those of them that were taken in again: there must be none. */
  readonly takenTwice: number
  /** Arrivals that were answered with 429, since there were too many. */
  readonly refused: number
  /** The second in which this is told, and how many have arrived in that one and in those before it, the latest first. */
  readonly second: number
  readonly arrivals: readonly number[]
}
