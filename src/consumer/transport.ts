import type { StoredRequest } from '../message/stored-request.ts'
import type { HeaderEntries, Setup } from '../protocol/host.ts'

/** A message as it goes out. */
export interface Outgoing {
  readonly id: string
  /** What the server sees as its idempotency key, where that is not its id. */
  readonly idempotencyKey?: string
  readonly body: string | Uint8Array<ArrayBuffer>
  /** It goes where this says, and not to the endpoint. */
  readonly request?: StoredRequest
  readonly epoch: number
  readonly sequence: number
  readonly headers: HeaderEntries
  /** The options that the headers were asked for under: no header goes to an endpoint that it was not meant for. */
  readonly setup: Setup
}

/** What came of one attempt. */
export type Attempt = Answered | { readonly answered: false; readonly reason: 'unreachable' | 'timeout' }

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
  /** Asks the endpoint for an answer, any, without a message. */
  askTime(setup: Setup, headers: HeaderEntries, signal: AbortSignal): Promise<ToldTime>
}
