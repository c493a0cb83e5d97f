import type { Rate } from '../message/limits.ts'
import type { Clock } from '../queue/clock.ts'

/** By how much messages may go before their time where those before went late, in milliseconds: timers are coarse. */
const CATCHING_UP = 50

/** In milliseconds. */
const BRIEF = 250

/** How late what the leader before has sent may be at the server, in milliseconds: it had counted that, and nobody knows of it any more. */
const LATE = 250

/**
 * Levels the load: messages go evenly, one after each `per / messages`. How long they are on their way changes; so that no more than `messages` arrive within any `per`, however it
 * changes, each counts from when it goes until `per` after its answer is there.
 *
 * A leader begins with an interval to wait, and somewhat more: the one before may just have sent one, as evenly, which is still on its way. So nothing of this is stored.
 */
export class Pace {
  readonly #clock: Clock
  readonly #rate: () => Rate | undefined
  /** When the next may go, by the time that has passed. */
  #next: number
  #underWay = 0
  /** When the last were answered, up to `messages` of them. */
  #ends: number[] = []

  constructor(clock: Clock, rate: () => Rate | undefined) {
    this.#clock = clock
    this.#rate = rate
    this.#next = clock.elapsed() + startOf(rate())
  }

  /** How long until another may go, in milliseconds; `Infinity` where one must be answered first. */
  get wait(): number {
    const rate = this.#rate()
    if (!rate) return 0
    const now = this.#clock.elapsed()
    this.#ends = this.#ends.filter((end) => end + rate.per > now)
    const surplus = this.#ends.length + this.#underWay - rate.messages
    const untilPlace = surplus < 0 ? 0 : (this.#ends[surplus] ?? Infinity) + rate.per - now
    return Math.max(0, this.#next - now, untilPlace)
  }

  /** Whether that is so short that what is reserved may stay so. */
  get isBrief(): boolean {
    const { wait } = this
    return wait > 0 && wait <= BRIEF
  }

  begin(): void {
    const now = this.#clock.elapsed()
    this.#underWay += 1
    this.#next = Math.max(this.#next, now - CATCHING_UP) + intervalOf(this.#rate())
  }

  /** @param wasSent a message that has expired, or was cancelled, is no load. */
  end(wasSent: boolean): void {
    this.#underWay -= 1
    if (!wasSent) this.#next -= intervalOf(this.#rate())
    else if (this.#rate()) this.#ends.push(this.#clock.elapsed())
  }
}

/** How long a leader waits with its first message. */
function startOf(rate: Rate | undefined): number {
  return rate ? intervalOf(rate) + LATE : 0
}

function intervalOf(rate: Rate | undefined): number {
  return rate ? rate.per / rate.messages : 0
}
