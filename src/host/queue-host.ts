import type { QueueEvent } from '../message/event.ts'
import type { Decision } from '../message/decision.ts'
import type { Cancellation } from '../message/message.ts'
import type { Batch, PageSignal, Setup } from '../protocol/host.ts'
import { databaseName, leaderLock } from '../protocol/names.ts'
import { Connection } from '../queue/connection.ts'
import type { StorageNews } from '../queue/connection.ts'
import { cancel } from '../queue/cancel.ts'
import { counts } from '../queue/depth.ts'
import { destroy } from '../queue/destroy.ts'
import { pulse } from '../queue/pulse.ts'
import { retryGroup } from '../queue/stops.ts'
import { Vault } from '../consumer/vault.ts'
import { Deciding } from './deciding.ts'
import { Draining } from './draining.ts'
import type { DrainingOptions } from './draining.ts'
import { Enqueuing } from './enqueuing.ts'
import { newsOf } from './news.ts'
import { Leadership } from './leadership.ts'
import { Spooling } from './spooling.ts'
import { Stock } from './stock.ts'
import { TabChannel } from './tab-channel.ts'
import { Telling } from './telling.ts'
import { Watch } from './watch.ts'

export interface QueueHostOptions extends Pick<
  DrainingOptions,
  'queue' | 'platform' | 'reserve' | 'toPage' | 'functions' | 'isOnline' | 'death'
> {
  readonly setup: Setup
  /** Called when the queue was destroyed, here or in another tab: this is of no use any more. */
  readonly ended: () => void
}

/** One queue in this host: what its page asks for, its part in draining, and its ear to the other tabs. */
export class QueueHost {
  readonly connection: Connection
  readonly vault: Vault
  readonly deciding: Deciding
  readonly spooling: Spooling
  readonly #options: QueueHostOptions
  readonly #draining: Draining
  readonly #enqueuing: Enqueuing
  readonly #tabs: TabChannel
  readonly #watch: Watch
  readonly #leadership: Leadership
  readonly #stock = new Stock()
  readonly #telling: Telling
  #setup: Setup
  #closing: Promise<void> | undefined
  #isEnded = false

  constructor(options: QueueHostOptions) {
    const { queue, platform, setup } = options
    this.#options = options
    this.#setup = setup
    this.connection = new Connection({
      name: databaseName(queue),
      known: setup.generation,
      clock: platform.storageClock,
      tell: (news) => this.#hearStorage(news),
      makeRoom: () => this.#makeRoom(),
    })
    const setupNow = (): Setup => this.#setup
    const vault = (this.vault = new Vault({ ...options, setup: setupNow }))
    const known = { connection: this.connection, vault, setup: setupNow }
    this.deciding = new Deciding({
      connection: this.connection,
      isOneGroup: () => this.#setup.order === 'queue',
      durability: () => this.#setup.durability,
      now: () => this.#now,
      announce: (events) => this.#announce(events),
    })
    this.#enqueuing = new Enqueuing({ ...known, reserve: options.reserve, now: () => this.#now })
    this.spooling = new Spooling({ ...options, ...known, locks: platform.locks })
    this.#draining = new Draining({
      ...options,
      ...known,
      sweep: () => this.spooling.sweep(),
      announce: (event) => this.#announce([event]),
    })
    this.#tabs = new TabChannel(queue, platform.openChannel, {
      events: (events) => this.#hear(events),
      retryNow: (group) => this.#draining.hurry(group),
      abort: (id, sequence) => this.#draining.abort(id, sequence),
      areYouThere: () => this.#showLife(),
      here: () => this.#watch.heard(),
    })
    this.#watch = new Watch({
      ...platform,
      look: () => pulse(this.connection, this.#now),
      ask: () => this.#tabs.askWhetherThere(),
      silent: () => this.#leadership.steal(),
    })
    this.#leadership = new Leadership({
      ...platform,
      lock: leaderLock(queue),
      watch: this.#watch,
      serve: () => this.#draining.lead(),
      supersede: () => this.#draining.supersede(),
    })
    this.#telling = new Telling(options.toPage, (events) => this.#tabs.tell(events))
  }

  /** The page opened the queue again, perhaps with other options. @returns which generation of it this is, where that was told. */
  setUp(setup: Setup): string | undefined {
    this.#setup = setup
    return this.connection.generation
  }

  /** Receipts are kept of what left the queue after that, in milliseconds since the epoch. */
  get keptSince(): number {
    const { keepReceipts } = this.#setup
    return keepReceipts ? this.#now - keepReceipts.age : -Infinity
  }

  async enqueue(batch: Batch): Promise<readonly Decision[]> {
    const decided = await this.spooling.claim(batch.messages, () => this.#enqueuing.enqueue(batch))
    this.#announce(newsOf(batch.messages, decided, this.#now))
    return decided
  }

  async cancel(id: string, isAborting: boolean): Promise<Cancellation> {
    const { answer, maybeDelivered, group, sequence } = await cancel(this.connection, {
      id,
      isAborting,
      now: this.#now,
      keepReceipts: this.#setup.keepReceipts,
    })
    if (answer === 'cancelled') this.#announce([{ type: 'cancelled', id, maybeDelivered, ...(group !== undefined && { group }) }])
    if (answer !== 'aborted') return answer
    // Only the leader can, and that may be another tab, also where this one does not know yet that it was superseded.
    this.#draining.abort(id, sequence)
    this.#tabs.abort(id, sequence)
    return answer
  }

  /** Only the leader can, and that may be another tab, or this one in a moment. */
  async retryNow(group: string | undefined): Promise<void> {
    if (group !== undefined) await retryGroup(this.connection, group, this.#now)
    this.#draining.retryNow(group)
    this.#tabs.retryNow(group)
  }

  signal(signal: PageSignal): void {
    this.#watch.news()
    this.#draining.signal(signal)
  }

  /** Deletes all that there is, and ends. */
  async destroy(): Promise<void> {
    await destroy(this.connection)
    this.#tabs.tell([{ type: 'destroyed' }])
    await this.#end()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What waits for a storage that is away would be waited for.
    if (this.connection.isLost) await this.connection.close()
    await Promise.all([this.#leadership.resign(), this.#draining.stop()])
    this.spooling.close()
    this.#telling.now()
    this.#tabs.close()
    await this.connection.close()
  }

  get #now(): number {
    return this.#options.platform.clock.now()
  }

  /** Who asks takes the lead where it hears nothing. */
  #showLife(): void {
    if (!this.#draining.isLeading) return
    this.#tabs.sayHere()
    this.#draining.beat()
  }

  /** Something happened here: told to this page and to the other tabs, together with all else of this moment. */
  #announce(events: readonly QueueEvent[]): void {
    this.#react(events)
    this.#telling.add(events)
  }

  /** The disk is full, and something must be written that is no new message. */
  async #makeRoom(): Promise<void> {
    if (await this.#options.reserve.spend()) this.#announce([{ type: 'storage-full' }])
  }

  /** Heard by this page alone: each has a connection of its own. */
  #hearStorage(news: StorageNews): void {
    if (news.type === 'destroyed') return void this.#end()
    if (news.type === 'storage-opened') this.#stock.begin(news)
    if (news.type !== 'storage-cleared') return this.#options.toPage([news])
    this.#options.toPage([{ ...news, ...this.#stock.takeAll() }])
    this.#draining.beginAgain()
  }

  #hear(heard: readonly QueueEvent[]): void {
    // Perhaps before this was opened: the store knows.
    const events = heard.filter(({ type }) => type !== 'destroyed')
    if (events.length < heard.length) void counts(this.connection).catch(() => {})
    this.#react(events)
    this.#options.toPage(events)
  }

  /** All that this knew is gone: it sends nothing more, and cuts short what is under way. */
  #end(): Promise<void> {
    if (!this.#isEnded) this.#options.toPage([{ type: 'destroyed' }])
    this.#isEnded = true
    this.#draining.supersede()
    this.#options.ended()
    return this.close()
  }

  #react(events: readonly QueueEvent[]): void {
    this.#stock.count(events)
    this.#watch.news()
    for (const event of events) {
      if (event.type === 'storage-full') this.#options.reserve.miss()
      else this.#draining.hear(event)
    }
  }
}
