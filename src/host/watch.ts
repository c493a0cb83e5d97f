import type { Clock } from '../queue/clock.ts'
import type { Pulse } from '../queue/pulse.ts'

/** How long a leader has to answer, in milliseconds, each time it is asked; and how often one that is at work is looked at. */
const BEAT = 2_000

/** After so many questions without an answer, and up to another beat, so that not all do it at once, the lead is taken from it. */
const SILENCES = 3

/** How often it is looked at, in milliseconds, where nothing waits, or nothing moves though it answers: a tab may die between its commit and its word. */
const RESTING = 60_000

export interface WatchOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly look: () => Promise<Pulse>
  /** Asks whoever leads whether it is there. */
  readonly ask: () => void
  /** It is not. */
  readonly silent: () => void
}

/**
 * Watches over another context that leads: it may be frozen, or hang, and hold its lock for ever.
 *
 *     resting --(news, a minute)--> looking
 *     looking --(nothing waits)--> resting
 *     looking --(something waits, and the leader writes)--> looking       every two seconds; it is asked nothing
 *     looking --(something waits, and nothing is written)--> asking
 *     asking  --(it answers, or writes)--> looking                        after a time that doubles up to a minute
 *     asking  --(neither, three times)--> silent
 *
 * So who leads writes nothing for others' sake where nothing waits, and once a minute at most where it waits itself, for a server or for the user. Times are measured by a
 * clock that nobody sets. A look that comes late says nothing of the leader: this context was frozen as well, or the device slept.
 */
export class Watch {
  readonly #options: WatchOptions
  #cancel: (() => void) | undefined
  /** When the next look is due, as time that has passed. */
  #due = 0
  /** Raised when it begins or ends: a look that was begun before is worth nothing. */
  #round = 0
  #isOn = false
  #last: Pulse | undefined
  #wasLate = false
  #isNews = false
  #isAsked = false
  #isHeard = false
  #silences = 0
  /** How long to wait for the next look where the leader answers and nothing moves. */
  #calm = BEAT

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Another leads. */
  begin(): void {
    this.end()
    this.#isOn = true
    this.#last = undefined
    this.#reset()
    this.#lookIn(BEAT)
  }

  /** Nobody is watched any more. */
  end(): void {
    this.#isOn = false
    this.#round += 1
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Something may wait that did not. */
  news(): void {
    if (!this.#isOn) return
    this.#isNews = true
    this.#calm = BEAT
    if (this.#cancel && this.#due - this.#options.clock.elapsed() > BEAT) this.#lookIn(BEAT)
  }

  /** Who leads has said that it is there. */
  heard(): void {
    this.#isHeard = true
  }

  #lookIn(delay: number): void {
    const { clock } = this.#options
    this.#cancel?.()
    this.#due = clock.elapsed() + delay
    this.#cancel = clock.after(delay, () => {
      this.#cancel = undefined
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    const { clock, look } = this.#options
    const isLate = clock.elapsed() - this.#due > BEAT
    const round = this.#round
    this.#isNews = false
    // Where the storage is away, nobody could lead.
    const pulse = await look().catch(() => undefined)
    if (round !== this.#round) return
    const delay = this.#judge(pulse, isLate)
    this.#wasLate = isLate
    if (delay === undefined) this.#options.silent()
    else this.#lookIn(this.#isNews ? Math.min(delay, BEAT) : delay)
  }

  /** How long until the next look; `undefined` where the leader is silent. */
  #judge(pulse: Pulse | undefined, isLate: boolean): number | undefined {
    const before = this.#last
    this.#last = pulse
    if (!pulse?.isAnyWaiting) {
      this.#reset()
      return RESTING
    }
    const isMoving = before !== undefined && (before.epoch !== pulse.epoch || before.revision !== pulse.revision)
    const isHeard = this.#isHeard
    if (isMoving || isHeard) {
      const calm = isHeard ? Math.min(2 * this.#calm, RESTING) : BEAT
      this.#reset()
      this.#calm = calm
      return calm
    }
    // Twice in a row it is how timers are here, in a page that is hidden.
    if (this.#isAsked && (!isLate || this.#wasLate)) this.#silences += 1
    if (this.#silences > SILENCES) return undefined
    this.#ask()
    return this.#silences === SILENCES ? this.#options.random() * BEAT : BEAT
  }

  #ask(): void {
    this.#isAsked = true
    this.#isHeard = false
    this.#options.ask()
  }

  #reset(): void {
    this.#isAsked = false
    this.#isHeard = false
    this.#silences = 0
    this.#calm = BEAT
  }
}
