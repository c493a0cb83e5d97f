import type { PlacedMessage } from '../message/message.ts'
import type { DueGroup } from '../queue/read.ts'

type Companion = Pick<DueGroup, 'row' | 'message'>

/** What goes along with the first message of a group that is behind, from behind that one in its group. */
export class CompanyBehind {
  #wanted: readonly Companion[] = []
  #writing: readonly Companion[] = []
  readonly #underWay = new Set<number>()

  /** The numbers of what is to be reserved, and of what is under way. */
  get numbers(): readonly number[] {
    return [...new Set([...this.#wanted.map(({ message }) => message.sequence), ...this.#underWay])]
  }

  /** What is being reserved. */
  get writing(): readonly Companion[] {
    return this.#writing
  }

  want(wanted: readonly Companion[]): void {
    this.#wanted = wanted
  }

  /** It is about to be written. */
  take(): readonly Companion[] {
    this.#writing = this.#wanted
    this.#wanted = []
    return this.#writing
  }

  begin({ sequence }: PlacedMessage): void {
    this.#underWay.add(sequence)
  }

  end({ sequence }: PlacedMessage): void {
    this.#underWay.delete(sequence)
  }
}
