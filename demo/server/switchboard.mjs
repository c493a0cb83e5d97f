import { setTimeout as wait } from 'node:timers/promises'

/** @import { Switches } from '../src/server-state.ts' */

/** How long the server takes over an order when it dawdles, in milliseconds: less than the page's patience. */
const DAWDLING = 8_000

/** The switches with which the page changes how the server behaves. */
export class Switchboard {
  /** @type {Switches} */
  state = { away: false, failing: false, losingAnswers: false, restocked: false, dawdling: false, loggedOut: false, refused: '' }
  #hurry = new AbortController()

  /**
   * Sets the switches that a JSON text names.
   *
   * @param {string} text
   * @returns {boolean} whether it was understood
   */
  set(text) {
    const change = parse(text)
    if (typeof change !== 'object' || change === null) return false
    const isKnown = Object.entries(change).every(
      ([name, value]) => typeof value === typeof this.state[/** @type {keyof Switches} */ (name)],
    )
    if (isKnown) this.state = { ...this.state, ...change }
    if (!this.state.dawdling) this.#hurryUp()
    return isKnown
  }

  /** Takes its time, if it is to; no longer than until it is told otherwise. */
  async dawdle() {
    if (this.state.dawdling) await wait(DAWDLING, undefined, { signal: this.#hurry.signal }).catch(() => {})
  }

  /** The server ends: what is under way is not taken in any more. */
  close() {
    this.state = { ...this.state, away: true }
    this.#hurryUp()
  }

  #hurryUp() {
    this.#hurry.abort()
    this.#hurry = new AbortController()
  }
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
