import { consumerChannel, consumerLock, consumerRoll, isRollCall, ofConsumerLock } from '../protocol/consuming.ts'
import type { Presence, RollCall } from '../protocol/consuming.ts'
import type { Clock } from '../queue/clock.ts'
import { Member } from './member.ts'
import type { Channel } from '../protocol/channel.ts'

/** How long the last words of a consumer that is gone may be on their way, in milliseconds: they and its lock take different roads. */
const LAST_WORDS = 50

export interface CrewOptions {
  /** The queue's key. */
  readonly queue: string
  readonly openChannel: (name: string) => Channel
  readonly locks: LockManager
  readonly clock: Clock
  readonly progressed: (id: string, done: number) => void
  /** Somebody came, or is gone, or has a place free. */
  readonly changed: () => void
}

/** The consumers of a queue that live, in whatever tab and thread. Each is here for as long as it holds its lock. */
export class Crew {
  readonly #options: CrewOptions
  readonly #roll: Channel
  readonly #members = new Map<string, Member>()
  readonly #end = new AbortController()

  constructor(options: CrewOptions) {
    this.#options = options
    this.#roll = options.openChannel(consumerRoll(options.queue))
    this.#roll.addEventListener('message', ({ data }) => {
      if (isRollCall(data) && 'here' in data) this.#hear(data.here)
    })
  }

  get all(): readonly Member[] {
    return [...this.#members.values()]
  }

  /** A term begins: all say what they have in hand. Those that do not are known by their locks. */
  async callRoll(epoch: number): Promise<void> {
    const { locks, queue } = this.#options
    const { held = [] } = await locks.query()
    if (this.#end.signal.aborted) return
    for (const { name = '' } of held) {
      const found = ofConsumerLock(queue, name)
      if (found) this.#memberOf(found.id, found.lease)
    }
    for (const member of this.all) member.callUp()
    this.#roll.postMessage({ holdfast: 1, who: epoch } satisfies RollCall)
  }

  close(): void {
    this.#end.abort()
    this.#roll.close()
    for (const member of this.#members.values()) member.end()
    this.#members.clear()
  }

  #hear(presence: Presence): void {
    this.#memberOf(presence.id, presence.lease).hear(presence)
  }

  #memberOf(id: string, lease: number): Member {
    const known = this.#members.get(id)
    if (known) return known
    const { queue, openChannel, clock, progressed, changed } = this.#options
    const member = new Member({ id, lease, channel: openChannel(consumerChannel(queue, id)), clock, progressed, changed })
    this.#members.set(id, member)
    void this.#watch(id, member)
    return member
  }

  /** Its lock is free when it is gone, however it went. It is shared with whoever watches as well: one of them may be frozen. */
  async #watch(id: string, member: Member): Promise<void> {
    const { locks, queue, clock, changed } = this.#options
    const { signal } = this.#end
    try {
      await locks.request(consumerLock(queue, id, member.lease), { signal, mode: 'shared' }, () => {})
    } catch {
      // Nobody waits for it any more.
      return
    }
    const cancel = clock.after(LAST_WORDS, () => {
      signal.removeEventListener('abort', cancel)
      this.#members.delete(id)
      member.end()
      changed()
    })
    signal.addEventListener('abort', cancel)
  }
}
