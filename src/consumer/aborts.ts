/** The attempts that are under way, by message, and those that are to be cut short. */
export class Aborts {
  readonly #underWay = new Map<string, AbortController>()
  readonly #wanted = new Set<string>()

  /** @returns what cuts its attempt short. */
  begin(id: string): AbortSignal {
    const controller = new AbortController()
    this.#underWay.set(id, controller)
    return controller.signal
  }

  end(id: string): void {
    this.#underWay.delete(id)
  }

  /** One that is not under way yet is not to begin. */
  abort(id: string): void {
    this.#wanted.add(id)
    this.#underWay.get(id)?.abort()
  }

  /** The drain ends. */
  abortAll(): void {
    for (const controller of this.#underWay.values()) controller.abort()
  }

  isWanted(id: string): boolean {
    return this.#wanted.has(id)
  }

  /** The message has left the queue. */
  forget(id: string): void {
    this.#wanted.delete(id)
  }
}
