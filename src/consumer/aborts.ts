import type { PlacedMessage } from '../message/message.ts'

/** A message, at its place: a dead letter that is redriven has its id, and another. */
type Placed = Pick<PlacedMessage, 'id' | 'sequence'>

/** Why attempts are cut short where that is not for their message's sake. */
export const DRAIN_ENDS = 'the drain ends'

/** The attempts that are under way, by message, and those that are to be cut short. */
export class Aborts {
  readonly #underWay = new Map<string, { readonly sequence: number; readonly controller: AbortController }>()
  /** With the place, where that was said: an earlier release does not. */
  readonly #wanted = new Map<string, number | undefined>()

  /** @returns what cuts its attempt short. */
  begin({ id, sequence }: Placed): AbortSignal {
    const controller = new AbortController()
    this.#underWay.set(id, { sequence, controller })
    return controller.signal
  }

  end(id: string): void {
    this.#underWay.delete(id)
  }

  /** One that is not under way yet is not to begin. */
  abort(id: string, sequence: number | undefined): void {
    this.#wanted.set(id, sequence)
    const underWay = this.#underWay.get(id)
    if (underWay && this.isWanted({ id, sequence: underWay.sequence })) underWay.controller.abort()
  }

  /** The drain ends. */
  abortAll(): void {
    for (const { controller } of this.#underWay.values()) controller.abort(DRAIN_ENDS)
  }

  isWanted({ id, sequence }: Placed): boolean {
    return this.#wanted.has(id) && (this.#wanted.get(id) ?? sequence) === sequence
  }

  /** The message has left the queue. */
  forget(id: string): void {
    this.#wanted.delete(id)
  }
}
