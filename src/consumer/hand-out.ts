import type { QueueEvent } from '../message/event.ts'
import type { Follower } from '../protocol/following.ts'
import type { Clock } from '../queue/clock.ts'
import type { Outcome } from './answer-table.ts'
import { Crew } from './crew.ts'
import type { CrewOptions } from './crew.ts'
import type { LeaseEnd, Member } from './member.ts'
import type { Attempt, Outgoing, Transport } from './transport.ts'

export interface HandOutOptions extends Omit<CrewOptions, 'progressed'> {
  readonly clock: Clock
  readonly announce: (event: QueueEvent) => void
  /** Stores what follows on a message, unless another leads since this epoch: whose message it is, it knows. Rejects where that is so, and where it cannot be stored. */
  readonly follow: (message: Pick<Outgoing, 'id' | 'epoch'>, followers: readonly Follower[]) => Promise<void>
}

/**
 * Hands messages out to the queue's consumers, in place of an endpoint: an attempt is a lease. What was in hand as another led stays where it is: its consumer is asked for it first, and
 * one that does not say what it has is waited for, for as long as its leases are. So no two have one message at a time.
 */
export class HandOut implements Transport {
  readonly #options: HandOutOptions
  readonly #crew: Crew
  readonly #waiting = new Set<() => void>()
  #began = 0
  #tokens = 0

  constructor(options: HandOutOptions) {
    this.#options = options
    const { announce } = options
    this.#crew = new Crew({
      ...options,
      progressed: (id, progress) => announce({ type: 'progressed', id, progress }),
      changed: () => this.#change(),
    })
  }

  async begin(epoch: number): Promise<void> {
    this.#began = this.#options.clock.elapsed()
    await this.#crew.callRoll(epoch)
  }

  places(): number {
    return this.#crew.all.reduce((sum, { places }) => sum + places, 0)
  }

  readonly isInHand = async (message: Pick<Outgoing, 'id'>, signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      if (this.#holder(message)) return true
      const unsure = this.#untilSure()
      if (signal.aborted || unsure === 0) return false
      await this.#changed(unsure, signal)
    }
  }

  async send(message: Outgoing, signal: AbortSignal): Promise<Attempt> {
    const { body, content } = message
    // It was enqueued while this queue had an endpoint.
    if (message.request) return answered(422, 'A request cannot be handled: it needs an endpoint', { kind: 'rejected' })
    const member = await this.#memberFor(message, signal)
    if (!member) return attemptOf({ how: signal.aborted ? 'cut-short' : 'handed-back' })
    const { id, group, attempt, epoch } = message
    const token = `${epoch}.${++this.#tokens}`
    const handed = {
      token,
      epoch,
      at: this.#options.clock.now(),
      id,
      body,
      ...(content && { content }),
      ...(group !== undefined && { group }),
      attempt,
    }
    const end = await member.hand(handed, signal)
    if (end.how === 'lease-expired') this.#options.announce({ type: 'lease-expired', id, consumer: member.id })
    return attemptOf(end.how === 'returned' && end.followers ? await this.#follow(message, end, end.followers) : end)
  }

  /** Nobody else tells the time. */
  async askTime(): Promise<{ answered: boolean }> {
    return { answered: true }
  }

  close(): void {
    this.#crew.close()
  }

  /** Before it is settled: what is lost with this leader is asked for again by the next, and known by its id. */
  async #follow(message: Outgoing, end: LeaseEnd, followers: readonly Follower[]): Promise<LeaseEnd> {
    try {
      await this.#options.follow(message, followers)
      return end
    } catch {
      return { how: 'not-followed' }
    }
  }

  /** Who has the message already, or has a place free, once that is known; nobody, where the message may not go any more. */
  async #memberFor(message: Outgoing, signal: AbortSignal): Promise<Member | undefined> {
    for (let hasWaited = false; !signal.aborted;) {
      const unsure = message.mayBeHeld ? this.#untilSure() : 0
      const member = this.#holder(message) ?? (unsure > 0 ? undefined : this.#freest())
      if (member && !hasWaited) return member
      if (!member) await this.#changed(unsure > 0 ? unsure : Infinity, signal)
      else if (!(await message.mayStillGo())) return undefined
      // Whoever was free may be so no more.
      hasWaited = !member
    }
    return undefined
  }

  #holder({ id }: Pick<Outgoing, 'id'>): Member | undefined {
    return this.#crew.all.find((member) => member.has(id))
  }

  #freest(): Member | undefined {
    const [freest] = this.#crew.all.filter(({ free }) => free > 0).toSorted((a, b) => b.free - a.free)
    return freest
  }

  /** How long one that does not answer may have a message of a leader before, in milliseconds. */
  #untilSure(): number {
    const passed = this.#options.clock.elapsed() - this.#began
    return Math.max(0, ...this.#crew.all.filter(({ isSilent }) => isSilent).map(({ lease }) => lease - passed))
  }

  async #changed(longest: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = longest < Infinity ? this.#options.clock.after(longest, done) : (): void => {}
      const waiting = this.#waiting
      function done(): void {
        cancel()
        waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }

  #change(): void {
    for (const look of this.#waiting) look()
    this.#options.changed()
  }
}

/**
 * What the end of a lease means: the one table of consumers.
 *
 * | end | outcome |
 * | --- | --- |
 * | returned | accepted; status 200, and what was returned |
 * | threw | retry, with backoff, or after the delay of a `Retry`; counts |
 * | threw a `Reject` | rejected |
 * | its consumer is gone, or let the lease run out | retry, with backoff; counts: so one that kills its consumers each time is dead in the end |
 * | handed back | retry, at once; does not count |
 * | returned, and what follows could not be stored | retry, with backoff; does not count |
 */
function attemptOf(end: LeaseEnd): Attempt {
  switch (end.how) {
    case 'returned':
      return answered(200, end.answer, { kind: 'accepted' })
    case 'refused':
      return answered(422, end.message, { kind: 'rejected' })
    case 'threw':
      return answered(500, end.message, {
        kind: 'retry',
        reason: 'failed',
        counts: true,
        holds: false,
        ...(end.delay !== undefined && { delay: end.delay }),
      })
    case 'crashed':
    case 'lease-expired':
      return { answered: false, reason: end.how, outcome: { kind: 'retry', reason: end.how, counts: true, holds: false } }
    case 'handed-back':
      return { answered: false, reason: end.how, outcome: { kind: 'retry', reason: end.how, counts: false, holds: false, delay: 0 } }
    case 'not-followed':
      return { answered: false, reason: end.how, outcome: { kind: 'retry', reason: end.how, counts: false, holds: false } }
    case 'cut-short':
      return { answered: false, reason: 'unreachable' }
  }
}

function answered(status: number, text: string | undefined, outcome: Outcome): Attempt {
  const headers = status === 200 && text !== undefined ? { 'content-type': 'application/json' } : {}
  return { answered: true, status, isRedirect: false, headers, text, isWhole: true, outcome }
}
