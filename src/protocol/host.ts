import type { QueueOptions } from '../message/options.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Death, Depth } from '../message/message.ts'
import type { Result } from './result.ts'

/**
 * What a page and its host say to each other. All of it can be cloned, and each call answers with a {@link Result}. A
 * worker's page speaks it through Comlink, a page that is its own host calls it directly.
 */
export interface HostApi {
  /** Opens a queue for this page, or opens it once more with other options: the last ones count. */
  open(queue: string, setup: Setup): Promise<Result<void>>
  /** Stores a batch; answers when its transaction is complete. A batch that was stored before is not stored again. */
  enqueue(queue: string, batch: Batch): Promise<Result<void>>
  depth(queue: string): Promise<Result<Depth>>
  /** A page of what waits, from a place on; from the beginning without one. */
  messages(queue: string, from: Place | undefined): Promise<Result<Page<WireMessage>>>
  deadLetters(queue: string, from: Place | undefined): Promise<Result<Page<WireDeadLetter>>>
  redrive(queue: string, ids: readonly string[] | undefined): Promise<Result<number>>
  purge(queue: string, ids: readonly string[] | undefined): Promise<Result<number>>
  pause(queue: string): Promise<Result<void>>
  resume(queue: string): Promise<Result<void>>
  retryNow(queue: string): Promise<Result<void>>
  close(queue: string): Promise<Result<void>>
  /** What a worker cannot see for itself. */
  signal(signal: PageSignal): Promise<void>
}

/** What a host says to its page. */
export interface PageApi {
  /** Asks the page's own `headers` function. One callback serves all queues of the page: each `Comlink.proxy` leaks a port. */
  headers(queue: string, unauthorized: boolean): Promise<Result<HeaderEntries>>
}

/** A worker's end: Comlink exposes it, and the page introduces itself first. */
export interface WorkerApi extends HostApi {
  attach(page: PageApi): Promise<void>
}

export type HeaderEntries = readonly (readonly [string, string])[]

export type PageSignal = 'online' | 'offline' | 'visible'

/** The options of a queue as they cross: without functions, and with an endpoint that means the same in a worker. */
export interface Setup extends Required<Omit<QueueOptions, 'endpoint' | 'headers' | 'group'>> {
  readonly endpoint: string
  /** Headers that are always the same. */
  readonly headers: HeaderEntries
  /** Whether the page's function gives the headers. `unless-served`: not where the worker's own definition has one. */
  readonly asksPage: 'always' | 'unless-served' | 'never'
}

/** What one call of a page carries; immutable once posted, and known by producer and number. */
export interface Batch {
  readonly producer: string
  readonly number: number
  readonly messages: readonly OutgoingMessage[]
}

export interface OutgoingMessage {
  readonly id: string
  readonly body: string
  readonly group?: string
}

export interface WireMessage extends OutgoingMessage {
  readonly state: 'ready' | 'leased'
  readonly enqueuedAt: number
}

export interface WireDeadLetter extends OutgoingMessage, Death {
  readonly enqueuedAt: number
}

/** Some of a long list, and where the rest begins; without `next` it was the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next?: Place
}

/** A place in a list that only the host understands; `undefined` is the beginning. */
export type Place = number | readonly [string, number]

/** What a worker posts to its page beside Comlink's traffic, which knows its own by an `id` that these have not. */
export type HostMessage =
  /** The worker is listening. The page learns by its lock being free that it is gone; without Web Locks there is none. */
  | { readonly holdfast: 'ready'; readonly lock?: string }
  | { readonly holdfast: 'events'; readonly queue: string; readonly events: readonly QueueEvent[] }

export function isHostMessage(data: unknown): data is HostMessage {
  return typeof data === 'object' && data !== null && 'holdfast' in data
}
