import { DEFAULTS } from '../message/defaults.ts'
import { idIn } from '../message/id.ts'
import { batchAfter } from '../protocol/following.ts'
import type { Follower } from '../protocol/following.ts'
import { databaseName } from '../protocol/names.ts'
import { Connection } from '../queue/connection.ts'
import { Enqueuing } from './enqueuing.ts'
import { newsOf } from './news.ts'
import type { Platform } from './platform.ts'
import type { Reserve } from './reserve.ts'
import { TabChannel } from './tab-channel.ts'

export interface FollowingOptions {
  /** The queue whose messages are followed, by its key: what follows in there goes by its own connection, which knows whether it was destroyed meanwhile. */
  readonly queue: string
  readonly connection: Connection
  readonly platform: Platform
  readonly reserve: Reserve
}

interface Target {
  readonly connection: Connection
  readonly enqueuing: Enqueuing
  readonly tabs: TabChannel
}

/** Stores what follows on messages, each in its queue, be that open in this host or not. Whoever drains it hears of it as of what any tab enqueues. */
export class Following {
  readonly #options: FollowingOptions
  readonly #targets = new Map<string, Target>()

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  /** Resolves when all is on the disk; what was there before, since this has been asked for already, is not stored again. */
  async store(id: string, followers: readonly Follower[]): Promise<void> {
    const batch = await batchAfter(id)
    const queues = new Set(followers.map(({ queue }) => queue))
    await Promise.all(
      Array.from(queues, async (queue) => {
        const messages = followers.flatMap((follower, offset) =>
          follower.queue === queue ? [{ ...follower.message, id: idIn(batch, offset) }] : [],
        )
        const { enqueuing, tabs } = this.#target(queue)
        const decided = await enqueuing.enqueue({ producer: batch, number: 0, messages, follows: true })
        tabs.tell(newsOf(messages, decided, this.#options.platform.clock.now()))
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#targets.keys(), (queue) => this.#forget(queue)))
  }

  async #forget(queue: string): Promise<void> {
    const target = this.#targets.get(queue)
    this.#targets.delete(queue)
    target?.tabs.close()
    if (queue !== this.#options.queue) await target?.connection.close()
  }

  #target(queue: string): Target {
    const known = this.#targets.get(queue)
    if (known) return known
    const { platform, reserve } = this.#options
    const connection = queue === this.#options.queue ? this.#options.connection : this.#connectTo(queue)
    const target = {
      connection,
      enqueuing: new Enqueuing({ connection, reserve, setup: () => DEFAULTS, now: () => platform.clock.now(), isWithoutPage: true }),
      tabs: new TabChannel(queue, platform.openChannel, {}),
    }
    this.#targets.set(queue, target)
    return target
  }

  #connectTo(queue: string): Connection {
    const { platform, reserve } = this.#options
    return new Connection({
      name: databaseName(queue),
      clock: platform.storageClock,
      // What follows goes into the one that comes after it.
      tell: ({ type }) => type === 'destroyed' && void this.#forget(queue),
      makeRoom: async () => void (await reserve.spend()),
    })
  }
}
