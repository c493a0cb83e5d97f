import type { Clock } from '../queue/clock.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import { Gathering } from './gathering.ts'

/**
 * The leader's transactions: one at a time, each of which takes along all that there is to be written. After one that failed nothing more is written: what it should have
 * told would be missing from the next. The store knows better.
 */
export class Writes {
  readonly #settle: () => Promise<void>
  readonly #commit: GroupCommit<void, void> = new GroupCommit(() => this.#write())
  readonly #gathering: Gathering
  #underWay: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /**
   * @param enough so many answers wait for no more.
   * @param settle writes what there is.
   */
  constructor(clock: Clock, enough: number, settle: () => Promise<void>) {
    this.#settle = settle
    this.#gathering = new Gathering(clock, enough, () => this.now())
  }

  /** Whether an answer waits to be written. */
  get areAwaited(): boolean {
    return !this.#gathering.isEmpty
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
    this.#underWay = this.#settle()
    this.#gathering.takeAlong(this.#underWay)
    try {
      await this.#underWay
    } catch (error) {
      this.#failure = { error }
      this.#gathering.takeAlong(this.#underWay)
      throw error
    } finally {
      this.#underWay = undefined
    }
  }
}
