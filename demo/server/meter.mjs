import { createReceiver } from 'holdfast/receiver'
import { LiveState } from './live-state.mjs'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { MeterState } from '../examples/levelling/meter-state.ts' */

/** How many arrivals it takes within any second. */
const LIMIT = 50

/** How many seconds are told to the page. */
const SECONDS_SHOWN = 60

/** An endpoint that takes so many events a second, refuses what is more, and keeps account of how many there were. */
export class Meter {
  /** When the arrivals of the last second were, in milliseconds. @type {number[]} */
  #last = []
  /** How many there were in each second. @type {Map<number, number>} */
  #seconds = new Map()
  /** @type {Set<string>} */
  #taken = new Set()
  #figures = { peak: 0, takenTwice: 0, refused: 0 }
  #live = new LiveState(() => this.state)
  #receive = createReceiver({
    handle: ({ id }) => {
      if (this.#taken.has(id)) this.#figures.takenTwice += 1
      this.#taken.add(id)
      // Its arrival may have been told already, without it.
      this.#live.changed()
    },
  })

  /** @returns {MeterState} */
  get state() {
    const second = secondOf(performance.now())
    const arrivals = Array.from({ length: SECONDS_SHOWN }, (_, before) => this.#seconds.get(second - before) ?? 0)
    return { limit: LIMIT, ...this.#figures, taken: this.#taken.size, second, arrivals }
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  async receive(incoming, outgoing) {
    const isWelcome = this.#arrived(performance.now())
    this.#live.changed()
    if (isWelcome) return sendResponse(outgoing, await this.#receive(toRequest(incoming)))
    this.#figures.refused += 1
    outgoing.writeHead(429, { 'retry-after': '1' }).end()
  }

  /** @param {ServerResponse} response */
  open(response) {
    this.#live.open(response)
  }

  close() {
    this.#live.close()
  }

  /**
   * Each arrival counts, whatever becomes of it.
   *
   * @param {number} now
   * @returns {boolean} whether there were few enough within the second that ends now
   */
  #arrived(now) {
    this.#last = [...this.#last.filter((time) => time > now - 1_000), now]
    this.#figures.peak = Math.max(this.#figures.peak, this.#last.length)
    const second = secondOf(now)
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1)
    this.#seconds.delete(second - SECONDS_SHOWN)
    return this.#last.length <= LIMIT
  }
}

/** @param {number} time */
function secondOf(time) {
  return Math.floor(time / 1_000)
}
