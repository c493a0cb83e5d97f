import type { Clock } from '../queue/clock.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import { Gathering } from './gathering.ts'

/** So long after a transaction what it has reserved may be sent, in milliseconds: the lead is not taken from a context that is silent for less. */
const RELIABLE = 4_000

/**
 * The leader's transactions: one at a time, each of which takes along all that there is to be written. After one that failed nothing more is written: what it should have
 * told would be missing from the next. The store knows better.
 */
export class Writes {
  readonly #settle: () => Promise<void>
  readonly #commit: GroupCommit<void, void> = new GroupCommit(() => this.#write())
  readonly #gathering: Gathering
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  #writtenAt: number
  #underWay: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /**
   * @param enough so many answers wait for no more.
   * @param settle writes what there is.
   * @param failed told of the one that failed.
   */
  constructor(clock: Clock, enough: number, settle: () => Promise<void>, failed: (error: unknown) => void) {
    this.#clock = clock
    this.#settle = settle
    this.#failed = failed
    this.#writtenAt = clock.elapsed()
    this.#gathering = new Gathering(clock, enough, () => this.now())
  }

  /** Whether an answer waits to be written. */
  get areAwaited(): boolean {
    return !this.#gathering.isEmpty
  }

  /** Whether the last is so long ago that another may lead by now: a context that was frozen does not know. */
  get areOld(): boolean {
    return this.#clock.elapsed() - this.#writtenAt > RELIABLE
  }

  /** Writes once more, where the last is that long ago. */
  async confirm(): Promise<void> {
    if (this.areOld) await this.now()
  }

  throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Writes, once what is under way is written. */
  now(): Promise<void> {
    return this.#commit.add()
  }

  /** Waits for others a moment. */
  soon(): Promise<void> {
    return this.#gathering.add()
  }

  /** What is under way; a new one, where nothing is. */
  underWayOrNow(): Promise<void> {
    return this.#underWay ?? this.now()
  }

  /** What is under way, if anything is. */
  async underWay(): Promise<void> {
    await this.#underWay
  }

  async #write(): Promise<void> {
    this.throwFailure()
    const begun = this.#clock.elapsed()
    this.#underWay = this.#settle()
    this.#gathering.takeAlong(this.#underWay)
    try {
      await this.#underWay
      this.#writtenAt = begun
    } catch (error) {
      this.#failure = { error }
      this.#gathering.takeAlong(this.#underWay)
      this.#failed(error)
      throw error
    } finally {
      this.#underWay = undefined
    }
  }
}
