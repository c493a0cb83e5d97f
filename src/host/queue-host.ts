import { Drain } from '../consumer/drain.ts'
import type { FunctionsSource } from '../consumer/functions.ts'
import { httpTransport } from '../consumer/http.ts'
import { QueueError } from '../message/error.ts'
import { bytesOf } from '../message/bytes.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Cancellation, Message } from '../message/message.ts'
import type { Batch, OutgoingMessage, PageSignal, Setup } from '../protocol/host.ts'
import { databaseName, leaderLock } from '../protocol/names.ts'
import { Connection } from '../queue/connection.ts'
import type { StorageNews } from '../queue/connection.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { IncomingBatch } from '../queue/enqueue.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import { setPaused } from '../queue/pause.ts'
import { purge } from '../queue/purge.ts'
import { redrive } from '../queue/redrive.ts'
import { standForLeader } from './leadership.ts'
import type { Leadership } from './leadership.ts'
import type { Platform } from './platform.ts'
import type { Reserve } from './reserve.ts'
import { Stock } from './stock.ts'
import { TabChannel } from './tab-channel.ts'

/** How many batches may share a transaction. */
const MOST_BATCHES = 64

export interface QueueHostOptions {
  readonly queue: string
  readonly setup: Setup
  readonly platform: Platform
  readonly reserve: Reserve
  readonly functions: FunctionsSource
  readonly isOnline: () => boolean
  /** Takes what happened, in any tab, to this host's page. */
  readonly toPage: (events: readonly QueueEvent[]) => void
}

/** One queue in this host: what its page asks for, its part in draining, and its ear to the other tabs. */
export class QueueHost {
  readonly connection: Connection
  readonly #options: QueueHostOptions
  readonly #enqueues: GroupCommit<IncomingBatch, void>
  readonly #tabs: TabChannel
  readonly #leadership: Leadership
  readonly #stock = new Stock()
  #setup: Setup
  #drain: Drain | undefined
  #isClosing = false
  #isHurried = false
  #happened: QueueEvent[] = []

  constructor(options: QueueHostOptions) {
    const { queue, platform, setup } = options
    this.#options = options
    this.#setup = setup
    this.connection = new Connection({
      name: databaseName(queue),
      clock: platform.storageClock,
      tell: (news) => this.#hearStorage(news),
      makeRoom: () => this.#makeRoom(),
    })
    this.#enqueues = new GroupCommit((batches) => this.#store(batches), MOST_BATCHES)
    this.#tabs = new TabChannel(queue, platform.openChannel, {
      events: (events) => this.#hear(events),
      retryNow: () => this.#drain?.hurry('server'),
    })
    this.#leadership = standForLeader(platform, leaderLock(queue), () => this.#lead())
  }

  /** The page opened the queue again, perhaps with other options. */
  setUp(setup: Setup): void {
    this.#setup = setup
  }

  async enqueue(batch: Batch): Promise<void> {
    const enqueuedAt = this.#options.platform.clock.now()
    await this.#enqueues.add({ ...batch, messages: batch.messages.map((message) => stored(message, enqueuedAt, this.#setup.ttl)) })
    this.#announce(batch.messages.map(({ id }) => ({ type: 'enqueued', id })))
  }

  redrive(ids: readonly string[] | undefined): Promise<number> {
    return this.#tellEach('redriven', redrive(this.connection, ids))
  }

  purge(ids: readonly string[] | undefined): Promise<number> {
    return this.#tellEach('purged', purge(this.connection, ids))
  }

  async pause(): Promise<void> {
    await setPaused(this.connection, true)
    this.#announce([{ type: 'paused' }])
  }

  async resume(): Promise<void> {
    await setPaused(this.connection, false)
    this.#announce([{ type: 'resumed' }])
  }

  async cancel(id: string, abort: boolean): Promise<Cancellation> {
    if (!abort) return 'leased'
    this.#drain?.abort(id)
    return 'aborted'
  }

  /** Only the leader can, and that may be another tab, or this one in a moment. */
  retryNow(): void {
    this.#isHurried = !this.#drain
    if (this.#drain) this.#drain.hurry('server')
    else this.#tabs.retryNow()
  }

  signal(signal: PageSignal): void {
    if (signal === 'offline') this.#drain?.wake()
    else this.#drain?.hurry('backoff')
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all([this.#leadership.resign(), this.#drain?.stop()])
    this.#tell()
    this.#tabs.close()
    await this.connection.close()
  }

  /** Asks for the reserve in here, where batches stand in line: one that overtook another of its page would pass for stored before. */
  async #store(batches: readonly IncomingBatch[]): Promise<void> {
    if (await this.#options.reserve.isKept()) return enqueue(this.connection, this.#setup.durability, batches)
    throw new QueueError(
      'storage-full',
      'The browser gives this origin no more space than what is kept back for settling; nothing was stored',
    )
  }

  /** Tells of dead letters as they leave, transaction by transaction; how many they were. */
  async #tellEach(type: 'redriven' | 'purged', taken: AsyncIterable<string[]>): Promise<number> {
    let count = 0
    for await (const ids of taken) {
      count += ids.length
      this.#announce(ids.map((id) => ({ type, id })))
    }
    return count
  }

  async #lead(): Promise<void> {
    if (this.#isClosing) return
    const { queue, platform, functions, isOnline } = this.#options
    this.#drain = new Drain({
      connection: this.connection,
      transport: httpTransport({ queue, fetch: platform.fetch, clock: platform.clock }),
      functions,
      setup: () => this.#setup,
      isOnline,
      announce: (event) => this.#announce([event]),
      clock: platform.clock,
      random: platform.random,
    })
    if (this.#isHurried) this.#drain.hurry('server')
    this.#isHurried = false
    this.#options.toPage([{ type: 'leadership-gained' }])
    await this.#drain.run()
    this.#drain = undefined
  }

  /** Something happened here: told to this page and to the other tabs, together with all else of this moment. */
  #announce(events: readonly QueueEvent[]): void {
    this.#react(events)
    if (this.#happened.length === 0) queueMicrotask(() => this.#tell())
    for (const event of events) this.#happened.push(event)
  }

  #tell(): void {
    const events = this.#happened
    if (events.length === 0) return
    this.#happened = []
    this.#options.toPage(events)
    this.#tabs.tell(events)
  }

  /** The disk is full, and something must be written that is no new message. */
  async #makeRoom(): Promise<void> {
    if (await this.#options.reserve.spend()) this.#announce([{ type: 'storage-full' }])
  }

  /** Heard by this page alone: each has a connection of its own. */
  #hearStorage(news: StorageNews): void {
    if (news.type === 'storage-opened') return this.#stock.begin(news)
    if (news.type !== 'storage-cleared') return this.#options.toPage([news])
    this.#options.toPage([{ ...news, ...this.#stock.takeAll() }])
    this.#drain?.beginAgain()
  }

  /** Something happened in another tab. */
  #hear(events: readonly QueueEvent[]): void {
    this.#react(events)
    this.#options.toPage(events)
  }

  #react(events: readonly QueueEvent[]): void {
    this.#stock.count(events)
    for (const { type } of events) {
      if (type === 'storage-full') this.#options.reserve.miss()
      else if (type === 'resumed') this.#drain?.resume()
      else if (type === 'paused') this.#drain?.recheck()
      else if (type === 'enqueued' || type === 'redriven') this.#drain?.wake()
    }
  }
}

function stored(message: OutgoingMessage, enqueuedAt: number, queueTtl: number | undefined): Message {
  const { ttl = queueTtl } = message
  return { ...message, bytes: bytesOf(message.body), enqueuedAt, ...(ttl !== undefined && { expiresAt: enqueuedAt + ttl }) }
}
