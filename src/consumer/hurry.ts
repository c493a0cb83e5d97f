import type { Hold } from '../message/message.ts'

/** Whether waits are cut short, until the next message goes out: those that backoff chose, or (`server`) also those that the server asked for. */
export class Hurry {
  #past: Hold['by'] | undefined

  get isOn(): boolean {
    return this.#past !== undefined
  }

  get isPastServer(): boolean {
    return this.#past === 'server'
  }

  begin(past: Hold['by']): void {
    if (this.#past !== 'server') this.#past = past
  }

  end(): void {
    this.#past = undefined
  }

  /** How long is left to wait, in milliseconds. */
  waitOf(hold: Hold | undefined, now: number): number {
    const isCut = hold === undefined || this.#past === 'server' || this.#past === hold.by
    return isCut ? 0 : hold.due - now
  }
}
