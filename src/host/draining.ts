import { Drain } from '../consumer/drain.ts'
import { HandOut } from '../consumer/hand-out.ts'
import { httpTransport } from '../consumer/http.ts'
import type { TermOptions } from '../consumer/term.ts'
import type { Transport } from '../consumer/transport.ts'
import type { QueueEvent } from '../message/event.ts'
import type { PageSignal } from '../protocol/host.ts'
import { assertLeads } from '../queue/epoch.ts'
import { tellDrain } from './drain-news.ts'
import { folderOf } from './folder.ts'
import { Following } from './following.ts'
import type { Platform } from './platform.ts'
import type { Reserve } from './reserve.ts'

export interface DrainingOptions extends Pick<
  TermOptions,
  'connection' | 'vault' | 'functions' | 'setup' | 'sweep' | 'isOnline' | 'announce' | 'death'
> {
  /** The queue's key. */
  readonly queue: string
  readonly platform: Platform
  readonly reserve: Reserve
  /** Takes what happened, in any tab, to this host's page. */
  readonly toPage: (events: readonly QueueEvent[]) => void
}

/** Consumers are in other threads of this device: being offline is nothing to them, and no host dies of what they do. */
const NEEDS_NO_NETWORK = { isOnline: () => true, death: undefined } as const

/** A host's part in draining its queue: a drain, for as long as it leads. What it is told while another leads is nothing to it: that one hears it too. */
export class Draining {
  readonly #options: DrainingOptions
  #drain: Drain | undefined
  #isHurried = false
  #isStopped = false

  constructor(options: DrainingOptions) {
    this.#options = options
  }

  get isLeading(): boolean {
    return this.#drain !== undefined
  }

  /** Serves a term; resolves when it is over. */
  async lead(): Promise<void> {
    if (this.#isStopped) return
    const { platform, toPage } = this.#options
    const following = new Following(this.#options)
    const handOut = this.#options.setup().consumers ? this.#handOut(following) : undefined
    const transport: Transport = handOut ?? httpTransport({ ...platform, queue: this.#options.queue })
    const folder = folderOf(platform.directory, this.#options.queue)
    this.#drain = new Drain({ ...this.#options, ...(handOut && NEEDS_NO_NETWORK), ...platform, transport, folder })
    if (this.#isHurried) this.#drain.hurry('server')
    this.#isHurried = false
    toPage([{ type: 'leadership-gained' }])
    await this.#drain.run()
    handOut?.close()
    await following.close()
    this.#drain = undefined
    if (!this.#isStopped) toPage([{ type: 'leadership-lost' }])
  }

  #handOut(following: Following): HandOut {
    const { queue, platform, announce, connection } = this.#options
    return new HandOut({
      ...platform,
      queue,
      announce,
      changed: () => this.#drain?.wake(),
      follow: async ({ id, epoch }, followers) => {
        await assertLeads(connection, epoch)
        await following.store(id, followers)
      },
    })
  }

  /** The page asks for it: it is kept in mind, should this lead in a moment. */
  retryNow(group: string | undefined): void {
    if (group === undefined) this.#isHurried = !this.#drain
    this.hurry(group)
  }

  /** Everything is tried now, or what is due of a group. */
  hurry(group: string | undefined): void {
    if (group === undefined) this.#drain?.hurry('server')
    else this.#drain?.lookAround()
  }

  signal(signal: PageSignal): void {
    if (signal === 'offline') this.#drain?.wake()
    else this.#drain?.hurry('backoff')
  }

  /** Something happened, here or in another tab. */
  hear(event: QueueEvent): void {
    if (this.#drain) tellDrain(this.#drain, event)
  }

  abort(id: string, sequence: number | undefined): void {
    this.#drain?.abort(id, sequence)
  }

  beat(): void {
    this.#drain?.beat()
  }

  beginAgain(): void {
    this.#drain?.beginAgain()
  }

  supersede(): void {
    this.#drain?.supersede()
  }

  /** Leads no more: what is under way has its grace. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#drain?.stop()
  }
}
