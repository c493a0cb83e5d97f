import type { KeptTime } from '../message/message.ts'
import type { Clock } from '../queue/clock.ts'

/** A clock that is so far ahead of the time that has passed was set, or the device has slept, in milliseconds. */
const LEAP = 60_000

/** By how much two tellings of a server's time may differ, in milliseconds: messages take a while, and clocks drift. */
const TOLERANCE = 120_000

/** Clocks are slewed by less than this at once, in milliseconds, and timers are coarse. */
const UNEVENNESS = 1_000

interface Reading {
  readonly time: number
  readonly elapsed: number
}

/**
 * The time by which a queue's messages wait and expire. It is the device's, and goes on evenly where that is set back. Where the device's leaps ahead, it may have slept, or
 * its clock may have been set: a server whose time was known before tells which. Where none was, the device is believed.
 */
export class QueueTime {
  readonly #clock: Clock
  #offset: number
  #skew: number | undefined
  /** The last reading that was not in doubt. */
  #sure: Reading
  /** The latest time that was given and not in doubt. */
  #given: number

  constructor(clock: Clock, kept: KeptTime | undefined) {
    this.#clock = clock
    this.#offset = kept?.offset ?? 0
    this.#skew = kept?.skew
    const seen = kept?.seen ?? -Infinity
    const told = this.#told
    if (told < seen) this.#offset += seen - told
    const isLeap = this.#skew !== undefined && told - seen > LEAP
    this.#given = isLeap ? seen : this.#told
    this.#sure = { time: this.#given, elapsed: clock.elapsed() }
  }

  /** In milliseconds since the epoch. It never goes back, but from a leap that has turned out to be none. */
  now(): number {
    // Both clocks are read once: this is asked some twenty times for each message.
    const elapsed = this.#clock.elapsed()
    const even = this.#sure.time + elapsed - this.#sure.elapsed
    let told = this.#told
    if (told < even - UNEVENNESS) {
      const step = Math.round(even - told)
      this.#offset += step
      told += step
    }
    if (this.#isLeap(told, even)) return told
    this.#sure = { time: told, elapsed }
    this.#given = Math.max(this.#given, told)
    return this.#given
  }

  /** A time as the device tells it, for those who compare it with `Date.now()`. */
  toDevice(time: number): number {
    return time - this.#offset
  }

  /** Whether the clock was set, perhaps, and nothing should expire before that is known. */
  get isDoubtful(): boolean {
    this.now()
    return this.#isAhead
  }

  /** What is to be written. */
  get kept(): KeptTime {
    const now = this.now()
    const seen = this.#isAhead ? this.#sure.time : now
    return { offset: this.#offset, seen, ...(this.#skew !== undefined && { skew: this.#skew }) }
  }

  /** A server's answer says what time it is there. */
  serverSaid(date: number): void {
    const now = this.now()
    if (this.#skew !== undefined && this.#isAhead && Math.abs(date - now - this.#skew) > TOLERANCE) {
      // Not before what was sure: the server's clock may have been set as well.
      const corrected = Math.max(date - this.#skew, this.#even)
      this.#offset += Math.round(corrected - this.#told)
    }
    this.trust()
    this.#skew = date - this.now()
  }

  /** Nobody else tells the time: the device's clock is believed. */
  trust(): void {
    this.#sure = { time: this.#told, elapsed: this.#clock.elapsed() }
  }

  /** What the device says. */
  get #told(): number {
    return this.#clock.now() + this.#offset
  }

  /** What it would say if all that has happened since it was sure was that time passed. */
  get #even(): number {
    return this.#sure.time + this.#clock.elapsed() - this.#sure.elapsed
  }

  get #isAhead(): boolean {
    return this.#isLeap(this.#told, this.#even)
  }

  #isLeap(told: number, even: number): boolean {
    return this.#skew !== undefined && told - even > LEAP
  }
}
