import type { SchemaIssue } from './schema.ts'
import type { RetryReason } from './retry-reason.ts'
import type { Content } from './content.ts'
import type { StoredBody } from './spooled.ts'
import type { Redirects, StoredRequest } from './stored-request.ts'

/** A message as it is kept: in an inbox record, and among the dead letters. */
export interface Message {
  /** Minted by the producer; what a server sees as its idempotency key. */
  readonly id: string
  /** The user's data as JSON text; of a request, and of content, its bytes, or where these lie: an earlier release, which would send it as data, sets it aside. */
  readonly body: StoredBody
  /** The size of that, a text's in UTF-8. */
  readonly bytes: number
  /** It was enqueued as a request: where it goes, and how. */
  readonly request?: StoredRequest
  /** Its body is bytes, and this is what they are. */
  readonly content?: Content
  /** It is encrypted: its body is bytes, or these lie beside it, and what `request` and `content` say is among them. An earlier release sets it aside. */
  readonly sealed?: Sealed
  /** What a redirect means, where that differs from its queue. */
  readonly redirects?: Redirects
  /** When it was enqueued, in milliseconds since the epoch. Never used for order. */
  readonly enqueuedAt: number
  /** Messages of one group are delivered in order, one at a time. */
  readonly group?: string
  /** How many attempts it may take, and how long to wait between them, where that differs from its queue. */
  readonly maxAttempts?: number
  readonly backoff?: Backoff
  /** How long it may wait to be delivered, and until when: in queue time. */
  readonly ttl?: number
  readonly expiresAt?: number
  readonly dedupKey?: string
  /** The version of its body; absent for the first. */
  readonly version?: number
  /** What the server sees as its idempotency key, where that is not its id. */
  readonly idempotencyKey?: string
  /** It was sent before it became a dead letter: redriven, its body stays as it is. */
  readonly wasSent?: true
}

/** What is known of an encrypted body without its key. */
export interface Sealed {
  /** The id that it had as it was encrypted: in no other message is it readable. */
  readonly id: string
  /** It was enqueued to take the place of another (`latest`), whose id it may have now. */
  readonly isLatest?: true
  /** Its body is data. */
  readonly isText?: true
  /** What is said of its body, encrypted; absent where that is data, as enqueued. */
  readonly head?: Uint8Array<ArrayBuffer>
}

/** How long to wait after failures in a row: at most `first` milliseconds after one, twice as long after each other, never longer than `longest`. */
export interface Backoff {
  readonly first: number
  readonly longest: number
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

/** One attempt, as it is remembered. */
export interface PastAttempt {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number
  /** How long it took, in milliseconds. */
  readonly took: number
  /** What came of it. `stopped`: the page was closed under it. `crashed`: the worker died under it, and the page lived. */
  readonly result: RetryReason | 'rejected' | 'stopped'
  /** The answer's status; absent when there was no answer. */
  readonly status?: number
}

/** What came of a message so far, while it waits for another attempt. */
export interface Held extends Hold {
  /** Attempts that count towards `maxAttempts`. */
  readonly attempts: number
  /** Attempts that do not count: no answer, or an answer that says nothing of this message (429, 502, 503, 504). */
  readonly uncounted: number
  /** Of those, how many were not answered: the server may have it. */
  readonly unanswered?: number
  /** The last answer's status; absent when there was none. */
  readonly status?: number
  /** It was announced as suspected: that it is not answered counts, while the endpoint is reachable. */
  readonly isSuspected?: true
  /** The last attempts, the latest last; absent in what an earlier release has written. */
  readonly trail?: readonly PastAttempt[]
  /** It is a dead letter, and its group is halted: nothing of the group goes before that is decided. */
  readonly isHalted?: true
}

/** What is kept of the time. Queue time is the device's, but never goes back. */
export interface KeptTime {
  /** Queue time, less the device's, in milliseconds. */
  readonly offset: number
  /** The last queue time that was seen. */
  readonly seen: number
  /** The server's time, less queue time, in milliseconds; absent where the server has not told. */
  readonly skew?: number
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
  /** Its `ttl` was over before the server had accepted it. */
  | 'expired'
  /** Its body was too large to lie beside it, and some of that is gone: the browser has lost it. Nothing of it was sent. */
  | 'body-lost'
  /** An earlier release of the app has written it, and `upcast` could not bring it up to date: `excerpt` is what it threw. Nothing of it was sent. */
  | 'not-upcast'
  /** An earlier release of the app has written it, and the `schema` of today does not take it, as `upcast` gave it: `excerpt` says why. Nothing of it was sent. */
  | 'invalid'
  /** It is encrypted, and not with one of the keys that `encryption` gives; or damaged, or not where it was stored: `excerpt` says what. Nothing of it was sent. With the key, it can be redriven. */
  | 'undecryptable'
  /** It cannot be read: the disk or the browser has damaged it, or a later release of the app has written it. Nothing of it was sent. */
  | 'unreadable'

/** How a message died: what the dead letter keeps beside the message. */
export interface Death {
  readonly reason: DeadReason
  /** When, in milliseconds since the epoch. */
  readonly deadAt: number
  /** How many of its attempts counted towards `maxAttempts`. */
  readonly attempts: number
  /** The status of the last answer; 0 for a redirect that a browser does not let anyone read, and where there was none. */
  readonly status: number
  /** The beginning of the last answer's body, as text, at most 4,000 characters. */
  readonly excerpt: string
  /** The last ten attempts, the latest last. Absent in dead letters of an earlier release. */
  readonly trail?: readonly PastAttempt[]
  /** An attempt was not answered: the server may have taken it all the same. Absent where that is not so. */
  readonly maybeDelivered?: true
  /** Its group is halted (`onDead: 'halt'`) until this letter is redriven or purged, or the group resumed. Absent where that is not so. */
  readonly halts?: true
}

/** The states of a message that has not left the queue. */
export type WaitingState = 'delayed' | 'ready' | 'leased'

/** How many messages are in each state. It costs the same however many there are. */
export interface Depth {
  /** Messages that wait for their turn, or for another attempt. */
  readonly ready: number
  /** Messages that join the tail when they are due. */
  readonly delayed: number
  /** Messages that the draining tab has reserved: one is under way, the next few are in line. */
  readonly leased: number
  /** Dead letters. */
  readonly dead: number
  /** The size of all bodies that are ready, delayed or leased, in bytes; of dead letters too that keep their place, since they halt their group. */
  readonly bytes: number
  /** When the head of the queue was enqueued, in milliseconds since the epoch; `undefined` when nothing waits. */
  readonly oldest: number | undefined
  /** The head failed, and is not tried again before this time, in milliseconds since the epoch; `undefined` when it does not wait. */
  readonly due: number | undefined
  /** Whether `pause()` holds the queue. */
  readonly paused: boolean
  /** Whether the server does not know who we are: nothing is sent until `resume()`. */
  readonly unauthorized: boolean
  /** How many groups are halted by a dead letter, or paused by themselves; 1 for a queue with `order: 'queue'` that is halted. */
  readonly stopped: number
}

/** How many messages of one group are in each state. */
export interface GroupDepth extends Pick<Depth, 'ready' | 'delayed' | 'leased' | 'dead' | 'bytes' | 'oldest'> {
  /** Whether `pause({ group })` holds it. */
  readonly paused: boolean
  /** Whether a dead letter halts it. */
  readonly halted: boolean
}

/** What became of a message that was to be cancelled. */
export type Cancellation =
  /** It had not been reserved for sending. It is out of the queue, and is not sent. */
  | 'cancelled'
  /** Its attempt was cut short, and there is no other: whether the server has taken it nobody knows. Only where that was asked for. */
  | 'aborted'
  /** It is under way, or next in line; nothing has changed. */
  | 'leased'
  /** It is not in the queue: it was delivered, is a dead letter, was cancelled before, or never was. */
  | 'unknown'

/** Where a message stands, by its id. */
export type Standing =
  | { readonly state: WaitingState }
  | { readonly state: 'accepted'; readonly answer: Answer }
  | { readonly state: 'dead'; readonly death: Death }
  | { readonly state: 'cancelled'; readonly maybeDelivered: boolean }
  /** It never was, or left the queue and no receipt of it is kept. */
  | { readonly state: 'unknown' }

/** What is kept of a message that has left the queue, where `keepReceipts` says so. What the server said when it accepted the message is absent where it was cancelled. */
export type KeptReceipt<A = unknown> = {
  readonly id: string
  /** When it left, in milliseconds since the epoch. */
  readonly settledAt: number
  /** It was cancelled, and an attempt had not been answered. Absent where that is not so. */
  readonly maybeDelivered?: true
} & (ReadAnswer<A> | { readonly answer?: undefined; readonly issues?: undefined })

/** What the server said when it accepted a message. */
export interface Answer<A = unknown> {
  /** The HTTP status: 200 to 299, unless `classify` says otherwise; 0 for a redirect (`redirects: 'accept'`), which browsers let nobody read. */
  readonly status: number
  /** The answer's headers, names in lower case: those that the queue's `answer` names. `classify` gets all. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The answer's body: parsed, where the server calls it JSON and it is, at most 500 levels deep; its text otherwise. Cut off after 64 KiB, or what the queue's `answer` says (and then
   * text). `undefined` when the connection was lost after the status had arrived. Where there is an `answer.schema`, what that makes of it.
   */
  readonly body: A
}

/** An answer that the queue's `answer.schema` does not take, as it came. Its message was accepted all the same. */
export interface RefusedAnswer {
  readonly answer: Answer
  /** What the schema has against its body. */
  readonly issues: readonly SchemaIssue[]
}

/** An answer as the queue's `answer.schema` makes it; with `issues`, where it does not take it. */
export type ReadAnswer<A> = { readonly answer: Answer<A>; readonly issues?: undefined } | RefusedAnswer
