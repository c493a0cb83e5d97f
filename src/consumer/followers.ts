import type { DueGroup } from '../queue/read.ts'

type Follower = Pick<DueGroup, 'row' | 'message'>

/** What is to be reserved behind the first message of a group that is behind, so that it can go along with that. */
export class Followers {
  #wanted: readonly Follower[] = []
  #writing: readonly Follower[] = []

  /** What is being reserved. */
  get writing(): readonly Follower[] {
    return this.#writing
  }

  want(wanted: readonly Follower[]): void {
    this.#wanted = wanted
  }

  /** It is about to be written. */
  take(): readonly Follower[] {
    this.#writing = this.#wanted
    this.#wanted = []
    return this.#writing
  }
}
