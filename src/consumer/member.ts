import type { Channel } from '../protocol/channel.ts'
import { isFromConsumer } from '../protocol/consuming.ts'
import type { Ended, Handed, Presence, ToConsumer } from '../protocol/consuming.ts'
import type { Clock } from '../queue/clock.ts'
import { DRAIN_ENDS } from './aborts.ts'

/** How a lease ended; `crashed`: its consumer is gone; `not-followed`: what was to follow on the message could not be stored. */
export type LeaseEnd = Exclude<Ended, { how: 'late' }> | { readonly how: 'crashed' | 'lease-expired' | 'cut-short' | 'not-followed' }

export interface MemberOptions {
  readonly id: string
  /** The length of its leases, in milliseconds. */
  readonly lease: number
  readonly channel: Channel
  readonly clock: Clock
  readonly progressed: (id: string, done: number) => void
  /** It may have a place free, or another. */
  readonly changed: () => void
}

interface Lease {
  readonly id: string
  readonly end: (end: LeaseEnd) => void
  restart(): void
}

/** A consumer on the roll, as who drains knows it, and what is leased to it. */
export class Member {
  readonly id: string
  readonly lease: number
  readonly #options: MemberOptions
  #presence: Presence | undefined
  #isSilent = true
  /** What it has of a leader before, and what it has done for that. */
  #inHand = new Set<string>()
  #done = new Set<string>()
  readonly #leases = new Map<string, Lease>()
  /** Tokens of leases that are over: for as long as it says nothing of them, it is not done with them, and they have places. */
  #stuck = new Set<string>()

  constructor(options: MemberOptions) {
    this.#options = options
    this.id = options.id
    this.lease = options.lease
    options.channel.addEventListener('message', ({ data }) => {
      if (!isFromConsumer(data)) return
      if ('here' in data) this.hear(data.here)
      else if ('ended' in data) this.#hear(data.token, data.id, data.ended)
      else if ('extended' in data) this.#leases.get(data.token)?.restart()
      else this.#progress(data.token, data.progressed)
    })
  }

  /** Whether it has not answered the roll yet: its thread may be busy, or frozen. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  /** The roll is called: what it has is known once it has answered. */
  callUp(): void {
    this.#isSilent = true
  }

  /** How many messages it takes at once, but for those that it does not let go of. */
  get places(): number {
    return Math.max(0, (this.#presence?.places ?? 0) - this.#stuck.size)
  }

  get free(): number {
    return this.places - this.#leases.size - this.#inHand.size
  }

  /** Whether it has the message in hand, or has done it, from a leader before. */
  has(id: string): boolean {
    return this.#inHand.has(id) || this.#done.has(id)
  }

  /** It says of itself. */
  hear(presence: Presence): void {
    this.#presence = presence
    this.#isSilent = false
    const leased = new Set(Array.from(this.#leases.values(), ({ id }) => id))
    this.#inHand = new Set(presence.inHand.filter((id) => !leased.has(id)))
    this.#stuck = new Set(presence.stuck)
    this.#done = new Set(presence.done)
    this.#options.changed()
  }

  /** Leases a message to it, until it has ended, or the lease has, or that is cut short. */
  hand(handed: Handed, signal: AbortSignal): Promise<LeaseEnd> {
    const { clock, channel } = this.#options
    const { token, id } = handed
    return new Promise((resolve) => {
      let cancel = (): void => {}
      const end = (how: LeaseEnd): void => {
        cancel()
        signal.removeEventListener('abort', cut)
        this.#leases.delete(token)
        resolve(how)
      }
      const takeFrom = (how: LeaseEnd): void => {
        this.#stuck.add(token)
        this.#say({ holdfast: 1, taken: token })
        end(how)
      }
      // A leader that ends leaves it where it is, for the next one.
      const cut = (): void => (signal.reason === DRAIN_ENDS ? end : takeFrom)({ how: 'cut-short' })
      const restart = (): void => {
        cancel()
        cancel = clock.after(this.lease, () => takeFrom({ how: 'lease-expired' }))
      }
      this.#leases.set(token, { id, end, restart })
      this.#inHand.delete(id)
      signal.addEventListener('abort', cut)
      restart()
      channel.postMessage({ holdfast: 1, handed } satisfies ToConsumer)
    })
  }

  /** It is gone, and whatever it had in hand with it. */
  end(): void {
    this.#options.channel.close()
    for (const { end } of this.#leases.values()) end({ how: 'crashed' })
  }

  #hear(token: string, id: string, ended: Ended): void {
    const lease = this.#leases.get(token)
    this.#stuck.delete(token)
    // A handler that is late had the message before, and another of the same consumer may have it now.
    if (ended.how !== 'late') this.#inHand.delete(id)
    if (lease) lease.end(ended.how === 'late' ? { how: 'lease-expired' } : ended)
    else if (ended.how === 'returned') this.#done.add(id)
    this.#options.changed()
  }

  #progress(token: string, done: number): void {
    const lease = this.#leases.get(token)
    if (lease) this.#options.progressed(lease.id, done)
  }

  #say(word: ToConsumer): void {
    this.#options.channel.postMessage(word)
  }
}
