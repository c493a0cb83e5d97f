import { refusalOf } from '../message/decision.ts'
import type { QueueDefinition } from '../message/definition.ts'
import { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { messageId, mintProducer } from '../message/id.ts'
import type { StoredBody } from '../message/spooled.ts'
import type { HostApi, OutgoingMessage, Setup } from '../protocol/host.ts'
import { databaseName } from '../protocol/names.ts'
import { unwrap } from '../protocol/result.ts'
import { inTime } from '../queue/clock.ts'
import { Connection } from '../queue/connection.ts'
import { counts, depth } from '../queue/depth.ts'
import { readInstance } from '../queue/meta.ts'
import { needs } from '../queue/needs.ts'
import type { FunctionsSource } from '../consumer/functions.ts'
import { Vault } from '../consumer/vault.ts'
import { Enqueuing } from './enqueuing.ts'
import { newsOf } from './news.ts'
import type { Platform } from './platform.ts'
import type { Reserve } from './reserve.ts'
import { Spooling } from './spooling.ts'
import { TabChannel } from './tab-channel.ts'

/** How long a drain may take, in milliseconds: Chromium ends an event of Background Sync after three minutes, and attempts under way are to be answered before. */
const BUDGET = 160_000

/** How long after that attempts under way have ended, in milliseconds. */
const ENDING = 5_000

/** How often is looked whether anything is left, in milliseconds, when nothing is heard. */
const LOOK_AGAIN = 1_000

/** What may end a drain, or make it go on. */
const NEWS: ReadonlySet<QueueEvent['type']> = new Set(['emptied', 'paused', 'halted', 'unauthorized', 'enqueued'])

export interface BackgroundQueueOptions {
  readonly definition: QueueDefinition
  readonly setup: Setup
  readonly platform: Platform
  readonly reserve: Reserve
  readonly functions: FunctionsSource
  /** Where it is drained. */
  readonly host: HostApi
  readonly isOnline: () => boolean
  /** Called when the queue was destroyed: this is of no use any more, and the next is another. */
  readonly ended: () => void
}

/** Why a drain has ended with messages left; nothing where none is left that could go. */
type Ending = 'they are not due yet' | 'there is no connection' | 'the server does not know who we are' | 'its time was over'

/**
 * A queue in a service worker. Messages can be put into it at any time; it is drained only when asked for, and not for long: a page that is open is the better host.
 *
 *     resting --(drain)--> looking
 *     looking --(empty, paused, halted)--> resting                                     all is done that could be
 *     looking --(offline, unauthorized, only delayed, its time is over)--> resting     messages are left, and that is told
 *     looking --(messages that may go)--> waiting, for the lead or for another to drain it
 *     waiting --(news, a second)--> looking
 */
export class BackgroundQueue {
  readonly #options: BackgroundQueueOptions
  readonly #connection: Connection
  readonly #enqueuing: Enqueuing
  readonly #spooling: Spooling
  readonly #tabs: TabChannel
  readonly #producer = mintProducer()
  #number = 0
  #end = 0
  #draining: Promise<void> | undefined
  #isUnauthorized = false
  #wake = (): void => {}

  constructor(options: BackgroundQueueOptions) {
    const { definition, platform, reserve, setup, functions } = options
    this.#options = options
    this.#connection = new Connection({
      name: databaseName(definition.name),
      clock: platform.storageClock,
      tell: ({ type }) => type === 'destroyed' && this.#ended(),
      makeRoom: async () => void (await reserve.spend()),
    })
    const now = (): number => platform.clock.now()
    const vault = new Vault({ queue: definition.name, setup: () => setup, functions })
    const known = { connection: this.#connection, reserve, vault, setup: () => setup }
    this.#enqueuing = new Enqueuing({ ...known, now, isWithoutPage: true })
    this.#spooling = new Spooling({ ...known, queue: definition.name, locks: platform.locks })
    this.#tabs = new TabChannel(definition.name, platform.openChannel, { events: (events) => this.#hear(events) })
  }

  /** Stores a message; resolves with its id once that is on disk. One that has a dedup key may be the same as another, and has its id then. */
  async put(bytes: Blob, messageWith: (body: StoredBody) => Omit<OutgoingMessage, 'id'>): Promise<string> {
    const { definition, platform } = this.#options
    const content = messageWith(await this.#spooling.store(bytes))
    const number = this.#number++
    const message = { ...content, id: messageId(this.#producer, number, 0) }
    const batch = { producer: this.#producer, number, messages: [message] }
    const decisions = await this.#spooling.claim(batch.messages, () => this.#enqueuing.enqueue(batch))
    this.#tabs.tell(newsOf([message], decisions, platform.clock.now()))
    const decision = decisions[0]?.[1]
    const refusal = refusalOf(definition.name, decision)
    if (refusal) throw refusal
    return typeof decision === 'object' && 'sameAs' in decision ? decision.sameAs : message.id
  }

  /**
   * Drains it, from now on for as long as a service worker may. Resolves when nothing is left that could go.
   *
   * @throws Error where messages are left; QueueError `invalid-option` where the definition has no function that its pages have, and so nothing can be sent.
   */
  drain(): Promise<void> {
    this.#end = this.#options.platform.clock.elapsed() + BUDGET
    this.#draining ??= this.#drain().finally(() => (this.#draining = undefined))
    // It goes on for whoever has called meanwhile, whose own time is not over.
    return inTime(this.#options.platform.clock, BUDGET + ENDING, this.#draining, () => {
      throw this.#left('its time was over')
    })
  }

  /** What tells its database from any other. */
  async instance(): Promise<string | undefined> {
    return this.#connection.read(['meta'], readInstance)
  }

  async close(): Promise<void> {
    await this.#draining?.catch(() => {})
    this.#spooling.close()
    this.#tabs.close()
    await this.#connection.close()
  }

  async #drain(): Promise<void> {
    const { definition, setup, host } = this.#options
    const { name } = definition
    this.#isUnauthorized = false
    const before = await this.#look()
    const ending = before === 'waits' ? await this.#inLead(name, setup, host) : before
    if (ending) throw this.#left(ending)
  }

  #left(ending: Ending): Error {
    return new Error(`The queue "${this.#options.definition.name}" has messages left: ${ending}`)
  }

  async #inLead(name: string, setup: Setup, host: HostApi): Promise<Ending | undefined> {
    unwrap(await host.open(name, setup))
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => (this.#wake = resolve))
        const seen = await this.#look()
        if (seen !== 'waits') return seen
        await this.#sleep(woken)
      }
    } finally {
      await host.close(name)
    }
  }

  async #sleep(woken: Promise<void>): Promise<void> {
    let cancel = (): void => {}
    const slept = new Promise<void>((resolve) => (cancel = this.#options.platform.clock.after(LOOK_AGAIN, resolve)))
    await Promise.race([woken, slept])
    cancel()
  }

  /** What is left, and whether it is worth waiting for. */
  async #look(): Promise<'waits' | Ending | undefined> {
    const { platform, setup, isOnline } = this.#options
    const { ready, leased, delayed, paused, stopped, due } = await depth(this.#connection)
    const isHalted = setup.order === 'queue' && stopped > 0
    if (paused || isHalted || ready + leased + delayed === 0) return undefined
    if (ready + leased === 0) return 'they are not due yet'
    await this.#assertFunctions()
    if (!isOnline()) return 'there is no connection'
    if (this.#isUnauthorized) return 'the server does not know who we are'
    const left = this.#end - platform.clock.elapsed()
    return left <= 0 || (due !== undefined && due - platform.clock.now() > left) ? 'its time was over' : 'waits'
  }

  /** Nothing is sent without a function that the queue needs: without its headers, say. */
  async #assertFunctions(): Promise<void> {
    const { name, options } = this.#options.definition
    const lacking = (await needs(this.#connection)).find((needed) => typeof options[needed as keyof typeof options] !== 'function')
    if (lacking === undefined) return
    throw new QueueError(
      'invalid-option',
      `Expected \`${lacking}\` in the definition of "${name}": its pages have one, and a service worker has no page to ask. Nothing is sent without`,
    )
  }

  #ended(): void {
    this.#options.ended()
    void this.close()
  }

  #hear(events: readonly QueueEvent[]): void {
    for (const { type } of events) {
      // Perhaps before this was opened: the store knows.
      if (type === 'destroyed') void counts(this.#connection).catch(() => {})
      if (type === 'unauthorized') this.#isUnauthorized = true
      if (NEWS.has(type)) this.#wake()
    }
  }
}
