import type { WholeBody } from '../message/spooled.ts'
import type { StoredRequest } from '../message/stored-request.ts'
import type { Content } from '../message/content.ts'
import type { HeaderEntries, Setup } from '../protocol/host.ts'
import type { Outcome } from './answer-table.ts'

/** A message as it goes out. */
export interface Outgoing {
  readonly id: string
  /** What the server sees as its idempotency key, where that is not its id. */
  readonly idempotencyKey?: string
  readonly body: WholeBody
  /** What its body is, if that is no data. */
  readonly content?: Content
  /** It goes where this says, and not to the endpoint. */
  readonly request?: StoredRequest
  readonly epoch: number
  readonly sequence: number
  readonly group?: string
  /** What it is in order with: its group; nothing where it is the whole queue; itself where it is nothing. */
  readonly partition: string
  /** When it was enqueued, in milliseconds since the epoch. */
  readonly enqueuedAt: number
  /** 1 for the first, whatever came of those before. */
  readonly attempt: number
  /** A leader before this one may have sent it, and nobody knows what came of that. */
  readonly mayBeHeld: boolean
  /** Asked once more where it had to wait before it could go: the queue may have been paused meanwhile, or another lead. */
  readonly mayStillGo: () => Promise<boolean>
  /** Hears how much of it has left, from 0 to 1. */
  readonly progressed: (done: number) => void
  readonly headers: HeaderEntries
  /** The options that the headers were asked for under: no header goes to an endpoint that it was not meant for. */
  readonly setup: Setup
}

/** What came of one attempt. */
export type Attempt = (Answered | Unanswered) & {
  /** What that means, where the transport knows itself. */
  readonly outcome?: Outcome
}

interface Unanswered {
  readonly answered: false
  readonly reason: 'unreachable' | 'timeout' | 'crashed' | 'lease-expired' | 'handed-back' | 'not-followed'
}

/** What came of an attempt with several messages; and of each of which something was said, by its id, where the answer is one that does so. */
export interface BatchAttempt {
  readonly attempt: Attempt
  readonly results?: ReadonlyMap<string, Attempt>
}

/** What the server said. */
export interface Answered {
  readonly answered: true
  /** 0 for a redirect that the browser does not let anyone read. */
  readonly status: number
  readonly isRedirect: boolean
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body's text, cut off after a limit; `undefined` when the connection was lost before its end. */
  readonly text: string | undefined
  readonly isWhole: boolean
}

/** Whether the endpoint answers, and what time it is there: in milliseconds since the epoch, where the answer says so and may be read. */
export interface ToldTime {
  readonly answered: boolean
  readonly date?: number
}

/** How messages leave. */
export interface Transport {
  /** Makes one attempt. Never rejects for what the network or the server does; an aborted one counts as unreachable. */
  send(message: Outgoing, signal: AbortSignal): Promise<Attempt>
  /** Makes one attempt with several messages, in one request, in their order; absent where each goes by itself. */
  sendBatch?(messages: readonly [Outgoing, ...Outgoing[]], signal: AbortSignal): Promise<BatchAttempt>
  /** Asks the endpoint for an answer, any, without a message. */
  askTime(setup: Setup, headers: HeaderEntries, signal: AbortSignal): Promise<ToldTime>
  /** How many messages may be under way at once; absent where that is for the queue's options alone to say. */
  places?(): number
  /** Whether somebody has a message of a leader before, once that is known; absent where nobody could tell. */
  readonly isInHand?: (message: Pick<Outgoing, 'id'>, signal: AbortSignal) => Promise<boolean>
  /** A term begins. */
  begin?(epoch: number): Promise<void>
}
