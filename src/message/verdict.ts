import type { Answer } from './message.ts'

/** Tells what an answer means; see `classify` of a queue. */
export type ClassifyFunction = (answer: Answer) => Verdict | undefined | Promise<Verdict | undefined>

/**
 * What an answer means for its message. `'accepted'`: it is delivered. `'retry'`: later again, which counts towards `maxAttempts` unless `counts` is false;
 * not before `after` milliseconds, where that is given. `'rejected'`: a dead letter. `'unauthorized'`: as a 401.
 */
export type Verdict =
  | 'accepted'
  | 'retry'
  | 'rejected'
  | 'unauthorized'
  | { readonly outcome: 'retry'; readonly after?: number; readonly counts?: boolean }

/** Gives a body of today for one of an earlier version; see `upcast` of a queue. */
export type UpcastFunction = (body: unknown, version: number) => unknown
