import type { KeptOfAnswer } from '../message/answer.ts'
import type { Compression } from '../message/compression.ts'
import type { Encryption } from '../message/encryption.ts'
import type { DEFAULTS, orderOf } from '../message/defaults.ts'
import type { BatchLimits } from '../message/limits.ts'
import type { OnDuplicate, QueueOptions } from '../message/options.ts'
import type { Verdict } from '../message/verdict.ts'
import type { Decision } from '../message/decision.ts'
import type { QueueEvent } from '../message/event.ts'
import type {
  Answer,
  Cancellation,
  DeadReason,
  Death,
  Depth,
  GroupDepth,
  KeptReceipt,
  Message,
  Standing,
  WaitingState,
} from '../message/message.ts'
import type { WholeBody } from '../message/spooled.ts'
import type { Scheduled } from '../message/schedule.ts'
import type { Result } from './result.ts'

/**
 * What a page and its host say to each other. All of it can be cloned, and each call answers with a {@link Result}. A
 * worker's page speaks it through Comlink, a page that is its own host calls it directly.
 */
export interface HostApi {
  /**
   * Opens a queue for this page, or opens it once more with other options: the last ones count. `isAfterDeath`: the page's host before this one has
   * died, perhaps of a message. Answers with the generation of the queue, where that was told before: whoever opens it once more has not heard it.
   */
  open(queue: string, setup: Setup, isAfterDeath?: boolean): Promise<Result<string | undefined>>
  /** Stores a batch; answers when its transaction is complete, with what was decided otherwise than to store. A batch that was decided before is not stored again. */
  enqueue(queue: string, batch: Batch): Promise<Result<readonly Decision[]>>
  /** Stores a part of a large body, whose message is enqueued once all of it is there. */
  spool(queue: string, portion: Portion): Promise<Result<void>>
  /** Gives up what was stored of a large body. */
  unspool(queue: string, spool: string): Promise<Result<void>>
  /** The body of a message that waits or is dead; nothing where there is no such message, or its body is lost. */
  body(queue: string, id: string): Promise<Result<WireBody | undefined>>
  depth(queue: string): Promise<Result<Depth>>
  groupDepth(queue: string, group: string): Promise<Result<GroupDepth>>
  /** A page of what waits, from a place on; from the beginning without one. Filtered, it may be empty, and not the last. */
  messages(queue: string, from: Place | undefined, filter: MessageFilter): Promise<Result<Page<WireMessage>>>
  deadLetters(queue: string, from: Place | undefined): Promise<Result<Page<WireDeadLetter>>>
  cancel(queue: string, id: string, abort: boolean): Promise<Result<Cancellation>>
  /** Where messages stand, in the order of their ids. */
  standings(queue: string, ids: readonly string[]): Promise<Result<readonly Standing[]>>
  /** A page of the receipts that are kept, the oldest first. */
  receipts(queue: string, from: Place | undefined): Promise<Result<Page<KeptReceipt>>>
  redrive(queue: string, ids: readonly string[] | undefined): Promise<Result<number>>
  purge(queue: string, ids: readonly string[] | undefined): Promise<Result<number>>
  pause(queue: string, group: string | undefined): Promise<Result<void>>
  resume(queue: string, group: string | undefined): Promise<Result<void>>
  retryNow(queue: string, group: string | undefined): Promise<Result<void>>
  /** Stores the next occurrence of a schedule, unless there is one in the queue; answers with the one that there is. Nothing where it was to go on, and is another, or was ended. */
  schedule(queue: string, occurrence: Occurrence): Promise<Result<StoredOccurrence | undefined>>
  /** Ends a schedule; answers whether there was one. */
  unschedule(queue: string, name: string): Promise<Result<boolean>>
  close(queue: string): Promise<Result<void>>
  /** Deletes all that is in a queue, and closes it, in every tab. */
  destroy(queue: string): Promise<Result<void>>
  /** What a worker cannot see for itself. */
  signal(signal: PageSignal): Promise<void>
}

/** What a host says to its page. */
export interface PageApi {
  /** Asks the page's own `headers` function. One callback serves all queues of the page: each `Comlink.proxy` leaks a port. */
  headers(queue: string, unauthorized: boolean): Promise<Result<HeaderEntries>>
  /** Asks its `classify`. */
  classify(queue: string, answer: Answer): Promise<Result<Verdict | undefined>>
  /** Asks its `upcast` and its `schema`: a body as JSON, and its version, for the body of today as JSON. */
  upcast(queue: string, body: string, version: number): Promise<Result<Upcast>>
  /** Asks its `encryption`. Keys can be cloned, and never read. */
  encryption(queue: string): Promise<Result<Encryption>>
}

/** A worker's end: Comlink exposes it, and the page introduces itself first. */
export interface WorkerApi extends HostApi {
  attach(page: PageApi): Promise<void>
}

/** A body of today as JSON; or why there is none, which is said of this message alone. */
export type Upcast = string | Refused

export interface Refused {
  readonly refused: Extract<DeadReason, 'not-upcast' | 'invalid'>
  readonly why: string
}

export type HeaderEntries = readonly (readonly [string, string])[]

export type PageSignal = 'online' | 'offline' | 'visible'

/** The options of a queue that are the same on both sides: those that have a default, and some that may be left out. */
type Shared = typeof DEFAULTS &
  ReturnType<typeof orderOf> &
  Pick<QueueOptions, 'ttl' | 'keepReceipts' | 'keepDeadLetters' | 'capacity' | 'rate' | 'uploadProgress'>

/** Who has a function that the queue needs. `unless-served`: the page, where the worker's own definition has none. */
export type Asks = 'always' | 'unless-served' | 'never'

/** The options of a queue as they cross: without functions, and with an endpoint that means the same in a worker. */
export interface Setup extends Shared {
  readonly endpoint: string
  /** Which generation of the queue this page knows, from a host that it had before: what that did not confirm is for no later one. */
  readonly generation?: string
  /** How bodies are compressed; absent where they are not. */
  readonly compress?: Required<Compression>
  /** How many messages go in one request; absent where each is one. */
  readonly batch?: Required<BatchLimits>
  /** How much is kept of answers. */
  readonly answer: KeptOfAnswer
  /** Headers that are always the same. */
  readonly headers: HeaderEntries
  /** Whether the page's functions are asked; `upcast` stands for the `schema` of a body that was brought up to date as well. */
  readonly asks: { readonly headers: Asks; readonly classify: Asks; readonly upcast: Asks; readonly encryption: Asks }
}

/** What one call of a page carries; immutable once posted, and known by producer and number. */
export interface Batch {
  readonly producer: string
  readonly number: number
  readonly messages: readonly OutgoingMessage[]
  /** They were accepted before, in the app's own database, or their page is gone: `capacity` is no reason to refuse them now. */
  readonly isRelayed?: true
}

/** Some of a large body: all of a file, or what a stream has given. */
export interface Portion {
  readonly spool: string
  /** The number of its first chunk, from 0. */
  readonly number: number
  /** The last of a body may end within a chunk. */
  readonly body: Blob
}

/** A body, whole. */
export interface WireBody extends Pick<Message, 'content' | 'request'> {
  readonly body: WholeBody
}

/** A message, with what is said of it alone. */
export interface OutgoingMessage extends Omit<Message, 'bytes' | 'enqueuedAt' | 'expiresAt'> {
  /** How long it is to be kept back, in milliseconds. */
  readonly delay?: number
  /** What is done where another has its dedup key. */
  readonly onDuplicate?: OnDuplicate
}

/** The next occurrence of a schedule, as a page asks for it. */
export interface Occurrence {
  readonly name: string
  /** When the schedule is repeated, as text: where that is another, the schedule is. */
  readonly when: string
  /** How long after the last one it is due, in milliseconds; or when, in milliseconds since the epoch. */
  readonly next: { readonly every: number } | { readonly due: number }
  readonly message: OutgoingMessage
  /** It comes after another, and only where the schedule is what it was. */
  readonly isFurther: boolean
}

/** The occurrence of a schedule that there is, or was. */
export interface StoredOccurrence extends Scheduled {
  /** It has left the queue, and the one that was asked for is not due after it. */
  readonly isOver?: true
}

/** Which messages are wanted. */
export interface MessageFilter {
  /** Only those of this state. */
  readonly state?: WaitingState
  /** Only those of this group, in a queue with `order: 'group'`. */
  readonly group?: string
}

type Shown = Omit<Message, 'wasSent'>

/** `expiresAt` and `due` are in the device's time. */
export interface WireMessage extends Shown {
  readonly state: WaitingState
  readonly due?: number
}

export interface WireDeadLetter extends Shown, Death {}

/** Some of a long list, and where the rest begins; without `next` it was the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next?: Place
}

/** A place in a list that only the host understands; `undefined` is the beginning. */
export type Place = number | object

/** What a worker posts to its page beside Comlink's traffic, which knows its own by an `id` that these have not. */
export type HostMessage =
  /** The worker is listening. The page learns by its lock being free that it is gone; without Web Locks there is none. */
  | { readonly holdfast: 'ready'; readonly lock?: string }
  | { readonly holdfast: 'events'; readonly queue: string; readonly events: readonly QueueEvent[] }

export function isHostMessage(data: unknown): data is HostMessage {
  return typeof data === 'object' && data !== null && 'holdfast' in data
}
