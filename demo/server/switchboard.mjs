/** @import { Switches } from '../src/server-state.ts' */

/** The switches with which the page changes how the server behaves. */
export class Switchboard {
  /** @type {Switches} */
  state = { away: false, failing: false, losingAnswers: false, restocked: false }

  /**
   * Sets the switches that a JSON text names.
   *
   * @param {string} text
   * @returns {boolean} whether it was understood
   */
  set(text) {
    const change = parse(text)
    if (typeof change !== 'object' || change === null) return false
    const isKnown = Object.entries(change).every(([name, value]) => name in this.state && typeof value === 'boolean')
    if (isKnown) this.state = { ...this.state, ...change }
    return isKnown
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
