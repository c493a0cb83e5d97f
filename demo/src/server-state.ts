import type { Proof } from './proof.ts'

/** What the server tells the page about itself, apart from its answers to orders. Server and page share these types. */
export interface ServerState {
  readonly switches: Switches
  readonly figures: Figures
  /** The last arrivals, newest first. */
  readonly arrivals: readonly Arrival[]
  /** The last note that came in, and how many did. */
  readonly note: { readonly text: string; readonly arrivals: number }
  /** The proofs of delivery that are kept, the newest first. */
  readonly proofs: readonly Proof[]
  /** Where accepted orders are written. */
  readonly file: string
}

/** How the server is to behave. */
export interface Switches {
  /** Connections are cut before an order is read. */
  readonly away: boolean
  /** Every order is answered with 500. */
  readonly failing: boolean
  /** Orders are taken in, and the connection is cut before the answer. */
  readonly losingAnswers: boolean
  /** Large orders are accepted too. */
  readonly restocked: boolean
  /** Orders take long. */
  readonly dawdling: boolean
  /** Every order is answered with 401. */
  readonly loggedOut: boolean
  /** The orders of this customer are answered with 422; nobody's when it is empty. */
  readonly refused: string
}

/** Of all devices, since the server was started; what the file is witness to, since its first line. */
export interface Figures {
  /** Requests with an order, counted before anything is sorted out. */
  readonly arrivals: number
  /** Orders taken in, all that are in the file. */
  readonly handled: number
  /** Arrivals of an order that had been taken in before: answered from memory. */
  readonly repeats: number
  /** Answered 422. */
  readonly rejected: number
  /** Answered 500. */
  readonly failed: number
  /** Answers that never left. */
  readonly lostAnswers: number
  /** Orders that were seen, or taken in, after one of the same customer that stood behind them in the device's queue. Should be 0. */
  readonly outOfOrder: number
  /** Orders that took effect more than once. Should be 0. */
  readonly handledTwice: number
}

/** One request that brought an order. */
export interface Arrival {
  /** Counts arrivals, from 1. */
  readonly arrival: number
  /** The order's place in its device's queue. */
  readonly sequence: number | undefined
  /** The number that the server has given it, when it was taken in. */
  readonly number: number | undefined
  readonly customer: string | undefined
  readonly outcome: ArrivalOutcome | undefined
  readonly isAnswerLost: boolean
}

export type ArrivalOutcome = 'accepted' | 'repeat' | 'rejected' | 'unauthorized' | 'failed' | 'in-progress'
