import type { AnswerOptions } from './answer.ts'
import type { BodyOptions } from './body-options.ts'
import type { Compression } from './compression.ts'
import type { HeadersFunction, HeadersLike } from './headers.ts'
import type { BatchLimits, Capacity, KeepDeadLetters, KeepReceipts, Rate } from './limits.ts'
import type { Backoff } from './message.ts'
import type { Redirects } from './stored-request.ts'
import type { ClassifyFunction } from './verdict.ts'

/** What a queue is: where its messages go, and how. */
export interface QueueOptions<T = unknown, A = unknown> extends BodyOptions<T> {
  /**
   * The URL that messages are sent to; relative ones are resolved against the page. Only `http:` and `https:`. A queue has either this or `consumers`.
   *
   * @example '/api/orders'
   */
  readonly endpoint?: string | URL
  /**
   * Whether messages are handled in this browser, by consumers: `consume()` in any tab, or in workers. Then there is no `endpoint`, and no option that says how to send.
   *
   * @defaultValue false
   */
  readonly consumers?: boolean
  /**
   * The method of each request.
   *
   * @defaultValue 'POST'
   */
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  /**
   * Headers of each request, or a function that gives them when a message is about to be sent. Nothing of them is stored. A function
   * that is given to `openQueue` runs in the page, where tokens live; one in a definition that your own worker serves runs in
   * that worker. If it throws, nothing is sent, and it is asked again later.
   *
   * @defaultValue none
   * @example async () => ({ authorization: `Bearer ${await session.token()}` })
   */
  readonly headers?: HeadersLike | HeadersFunction
  /**
   * Whether cookies go along, as in `fetch`.
   *
   * @defaultValue 'same-origin'
   */
  readonly credentials?: RequestCredentials
  /**
   * How long one attempt may take, until the end of the answer's body, in milliseconds, from 1 to 2,147,483,647. A body of more than a megabyte has more time: a second for each further 64 kB.
   *
   * @defaultValue 30_000
   */
  readonly timeout?: number
  /**
   * How many attempts that count a message may take before it becomes a dead letter: a whole number from 1, or `Infinity`. Being
   * offline, and a server that is away or busy (429, 502, 503, 504), never counts. At 50, a server that answers 500 has about two hours.
   *
   * @defaultValue 50
   */
  readonly maxAttempts?: number
  /**
   * What "stored" means. `'strict'`: the browser has flushed it to the disk, so that it survives a power cut. `'relaxed'`: the
   * operating system has it, so that it survives a crash of the browser; each lone enqueue is faster.
   *
   * @defaultValue 'strict'
   */
  readonly durability?: 'strict' | 'relaxed'
  /**
   * What is delivered in order. `'queue'`: everything, one message after the other. `'group'`: the messages of each group, one after the
   * other, and groups side by side; a group that fails holds up nobody else. `'none'`: nothing; a message that fails waits aside.
   *
   * @defaultValue 'group' where there is a `group`, otherwise 'queue'
   */
  readonly order?: Order
  /**
   * The group of a message, by its body: a string of at most 256 characters. Called where the message is enqueued.
   *
   * @defaultValue none: messages that are enqueued without a group are one group together
   * @example (order) => order.customer
   */
  // A method: a definition of any bodies is a definition of some.
  group?(body: T): string
  /**
   * How many messages, or batches of them, may be under way at once, of different groups: a whole number from 1 to 100. Only 1 with `order: 'queue'`.
   *
   * @defaultValue 1 with `order: 'queue'`; otherwise 6, or, with `consumers`, as many as these take
   */
  readonly concurrency?: number
  /**
   * How many messages go within a time, in milliseconds, from all tabs together: evenly, and never more than that within any such time. `messages` from 1 to 10,000, `per` from 1 to 2,147,483,647.
   *
   * @defaultValue none: as fast as the answers come
   * @example { messages: 50, per: 1_000 }
   */
  readonly rate?: Rate
  /**
   * For how long a message may wait to be delivered, in milliseconds from its enqueue: a whole number from 1. After that it is not sent any more, and
   * becomes a dead letter, reason `expired`, when its turn comes. A message that is redriven has the whole time again.
   *
   * @defaultValue none: a message waits as long as it takes
   */
  readonly ttl?: number
  /**
   * How long to wait after failures: a random time of at most `first` milliseconds after one, of twice as much after each other in a row,
   * never more than `longest`.
   *
   * @defaultValue { first: 1_000, longest: 300_000 }
   */
  readonly backoff?: Backoff
  /**
   * What an answer means, where that is not what the table in the README says. Gives `undefined` for whatever the table is right about. It runs where
   * `headers` does. If it throws, the message is tried again later, and the `classify-failed` event says so.
   *
   * @defaultValue the table
   * @example ({ status }) => (status === 403 ? 'unauthorized' : undefined)
   */
  readonly classify?: ClassifyFunction
  /**
   * What becomes of a group when one of its messages is dead-lettered. `'continue'`: the next is sent. `'halt'`: nothing of the group is sent before the dead
   * letter is redriven, which tries it again in its old place, or purged, or the group is resumed without it. In a queue with `order: 'queue'`, all is one group.
   *
   * @defaultValue 'continue'
   */
  readonly onDead?: 'continue' | 'halt'
  /**
   * The dedup key of a message, by its body: a string of 1 to 256 characters, or `undefined` for one that has none. While a message is in the queue, a second one of the
   * same key is the same; `onDuplicate` says what is done with it. Called where the message is enqueued.
   *
   * @defaultValue none
   * @example (draft) => draft.documentId
   */
  dedupKey?(body: T): string | undefined
  /**
   * What is done with a message whose dedup key another in the queue has. `'ignore'`: nothing; its receipt is that of the other. `'replace'`: it takes the place
   * of the other, which has left the queue then. `'latest'`: the other keeps its place and its id, and gets its body and all that was said of it; its receipt is that of the other. A message that was sent already,
   * even in vain, is never changed: behind one of those, `'replace'` and `'latest'` enqueue a message of their own, so that one is under way and one waits, with
   * the newest body.
   *
   * @defaultValue 'ignore'
   */
  readonly onDuplicate?: OnDuplicate
  /**
   * For how long a dedup key is remembered after its message was delivered, in milliseconds: a message of that key is ignored, with `onDuplicate: 'ignore'`.
   *
   * @defaultValue 0
   */
  readonly dedupWindow?: number
  /**
   * What is kept of messages that were delivered or cancelled, so that `receipt()` finds it after a reload and in another tab: for `age` milliseconds,
   * and the last `number` of them. Each costs a record to write.
   *
   * @defaultValue nothing
   * @example { age: 24 * 60 * 60 * 1_000, number: 1_000 }
   */
  readonly keepReceipts?: KeepReceipts
  /**
   * Which dead letters are kept: those of the last `age` milliseconds, and the last `number` of them; one of the two, or both. Others are deleted, those that died first before others, each
   * with a `purged` event that gives the reason. One that halts its group is kept until that is decided, and one that is `unreadable` for a release that can read it.
   *
   * @defaultValue all, until they are redriven or purged
   * @example { age: 30 * 24 * 60 * 60 * 1_000, number: 10_000 }
   */
  readonly keepDeadLetters?: KeepDeadLetters
  /**
   * How much may wait in the queue: messages, or bytes of their bodies as JSON in UTF-8. What would be more is refused, with `queue-full`.
   *
   * @defaultValue as much as the browser allows
   * @example { messages: 10_000, bytes: 50_000_000 }
   */
  readonly capacity?: Capacity
  /**
   * Whether bodies are compressed as they are sent, for a server that decodes `Content-Encoding: gzip`. What does not become smaller goes plainly, and so does what is larger than 16 MiB, or goes to another
   * origin than the `endpoint`'s; so does everything where the browser cannot compress, or the server has answered 415.
   *
   * @defaultValue never
   * @example { encoding: 'gzip', threshold: 8_192 }
   */
  readonly compress?: 'gzip' | Compression
  /**
   * How many messages go in one request, to a server that takes them so: as `application/cloudevents-batch+json`, and it answers with a result for each. The messages of a group go in their order, also in one request;
   * `concurrency` counts requests. Whole requests (`enqueueRequest`) go by themselves.
   *
   * @defaultValue none: each message is a request
   * @example { messages: 100 }
   */
  readonly batch?: BatchLimits
  /**
   * What answers are when they accept a message, and how much of them is kept: their type, headers and size.
   *
   * @defaultValue any, of which a few headers are kept, and 64 KiB of the body
   * @example { schema: z.object({ number: z.number() }), headers: ['location'] }
   */
  readonly answer?: AnswerOptions<A>
  /**
   * What a redirect means. `'retry'`: usually a login page or a captive portal, and no acceptance; the message is tried again, which counts. `'accept'`: the server has taken the
   * message, as one does that answers a form with 303 and the page to show. No redirect is ever followed, and where it leads to browsers tell nobody. `classify` goes before it.
   *
   * @defaultValue 'retry'
   */
  readonly redirects?: Redirects
  /**
   * Whether `progressed` events tell how much of a body has left, of each that is larger than 64 kB: for a bar beside a file. Such a body goes by `XMLHttpRequest`, for `fetch` tells nobody; and where there is
   * none, in a service worker, by `fetch` all the same, and so does what goes with `credentials: 'omit'`, and a request with an `integrity` or `referrer` of its own.
   *
   * Only for an endpoint that does not redirect: `XMLHttpRequest` follows redirects. What comes of that is taken for a redirect still, and for no acceptance, but after a 307 or 308 the body has been sent to
   * where that led.
   *
   * @defaultValue false
   */
  readonly uploadProgress?: boolean
  /**
   * Whether this origin's service worker, which calls `serve()` from `holdfast/service-worker` with the same definition, is called to drain the queue when its pages cannot: by
   * Background Sync where there is such a thing (Chromium), and as a page is left. Its functions must be those of the definition: there may be no page to ask.
   *
   * @defaultValue false
   */
  readonly backgroundSync?: boolean
}

/** See {@link QueueOptions.onDuplicate}. */
export type OnDuplicate = 'ignore' | 'replace' | 'latest'

/** What is delivered in order. */
export type Order = 'queue' | 'group' | 'none'
