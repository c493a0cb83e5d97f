import type { Hold } from '../message/message.ts'
import type { GroupRow } from '../queue/schema.ts'

interface Round {
  /** Of the last group that waited as it began. */
  readonly turn: number
  readonly past: Hold['by']
}

/** Every group that waits as a round begins is due, once; those that a server has asked to wait only with `server`. */
export class HurriedRound {
  #round: Round | undefined
  /** For which the index was asked. */
  #asked: Round | undefined

  get isOn(): boolean {
    return this.#round !== undefined
  }

  begin(turn: number, past: Hold['by']): void {
    this.#round = { turn, past: this.#round?.past === 'server' ? 'server' : past }
  }

  /** The index is being asked: up to which turn, whatever the time. */
  ask(): number | undefined {
    this.#asked = this.#round
    return this.#round?.turn
  }

  /** The index knows of no more, and this ends the round, unless another has begun since it was asked. */
  end(): boolean {
    if (!this.#round || this.#round !== this.#asked) return false
    this.#round = undefined
    return true
  }

  /** Whether a server has asked it to wait, and that is not cut short. */
  mustWait({ due, held }: GroupRow, now: number): boolean {
    return this.#round?.past === 'backoff' && held?.by === 'server' && due > now
  }
}
