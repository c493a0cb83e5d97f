/** A message as it is kept: in an inbox record, and among the dead letters. */
export interface Message {
  /** Minted by the producer; what a server sees as its idempotency key. */
  readonly id: string
  /** The user's data as JSON text. */
  readonly body: string
  /** The size of that text in UTF-8 bytes. */
  readonly bytes: number
  /** When it was enqueued, in milliseconds since the epoch. Never used for order. */
  readonly enqueuedAt: number
  /** Messages of one group are delivered in order, one at a time. */
  readonly group?: string
}

/** A message and its place in the queue: the number that was assigned inside the transaction that stored it. */
export interface PlacedMessage extends Message {
  readonly sequence: number
}

/** For how long something is left alone. */
export interface Hold {
  /** Not tried before, in milliseconds since the epoch. */
  readonly due: number
  /** How long that was to be, in milliseconds: a clock that is set back must not make it longer. */
  readonly wait: number
  /** Who asked to wait: a server's wait (`Retry-After`) is kept even when the connection returns. */
  readonly by: 'backoff' | 'server'
}

/** What came of a message so far, while it waits for another attempt. */
export interface Held extends Hold {
  /** Attempts that the server answered, and that count towards `maxAttempts`. */
  readonly attempts: number
  /** Attempts that do not count: no answer, or an answer that says nothing of this message (429, 502, 503, 504). */
  readonly uncounted: number
  /** The last answer's status; absent when there was none. */
  readonly status?: number
}

/** The endpoint is away or busy: nothing is sent for a while, and then one message, to see. */
export interface EndpointHold extends Hold {
  /** How often in a row that was seen. */
  readonly failures: number
}

/** Why a message is a dead letter. */
export type DeadReason =
  /** The server's answer says that it will never take it (see the table of answers in the README). */
  | 'rejected'
  /** It was tried `maxAttempts` times. */
  | 'attempts-exhausted'
  /** It cannot be read: the disk or the browser has damaged it, or a later release of the app has written it. Nothing of it was sent. */
  | 'unreadable'

/** How a message died: what the dead letter keeps beside the message. */
export interface Death {
  readonly reason: DeadReason
  /** When, in milliseconds since the epoch. */
  readonly deadAt: number
  /** How often the server answered about it. */
  readonly attempts: number
  /** The status of the last answer; 0 for a redirect that a browser does not let anyone read, and where there was none. */
  readonly status: number
  /** The beginning of the last answer's body, as text, at most 1,000 characters. */
  readonly excerpt: string
}

/** A message with its data, as users read it from `messages()`. */
export interface WaitingMessage<T = unknown> {
  readonly id: string
  readonly body: T
  /**
   * - `ready`: waits for its turn, or for another attempt;
   * - `leased`: an attempt is under way, or next in line.
   */
  readonly state: 'ready' | 'leased'
  /** In milliseconds since the epoch. */
  readonly enqueuedAt: number
  /** Its group; absent where it has none. */
  readonly group?: string
}

/**
 * A message that was taken out of the queue undelivered, as users read it from `deadLetters()`. One that is `unreadable` has no body; it stands for
 * all that was damaged with it.
 */
export type DeadLetter<T = unknown> = Omit<Death, 'reason'> & {
  readonly id: string
  /** In milliseconds since the epoch. */
  readonly enqueuedAt: number
  /** Its group; absent where it has none. */
  readonly group?: string
} & ({ readonly reason: Exclude<DeadReason, 'unreadable'>; readonly body: T } | { readonly reason: 'unreadable'; readonly body: undefined })

/** How many messages are in each state. It costs the same however many there are. */
export interface Depth {
  /** Messages that wait for their turn, or for another attempt. */
  readonly ready: number
  /** Messages that wait for a time of their own. Always 0 in this version. */
  readonly delayed: number
  /** Messages that the draining tab has reserved: one is under way, the next few are in line. */
  readonly leased: number
  /** Dead letters. */
  readonly dead: number
  /** The size of all bodies that are ready, delayed or leased, in bytes. */
  readonly bytes: number
  /** When the head of the queue was enqueued, in milliseconds since the epoch; `undefined` when nothing waits. */
  readonly oldest: number | undefined
  /** The head failed, and is not tried again before this time, in milliseconds since the epoch; `undefined` when it does not wait. */
  readonly due: number | undefined
  /** Whether `pause()` holds the queue. */
  readonly paused: boolean
}

/** What the server said when it accepted a message. */
export interface Answer {
  /** The HTTP status, 200 to 299. */
  readonly status: number
  /** The answer's headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The answer's body: parsed, where the server calls it JSON and it is; its text otherwise. Cut off after 64 KiB (and then
   * text). `undefined` when the connection was lost after the status had arrived.
   */
  readonly body: unknown
}
