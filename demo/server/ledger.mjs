/** @import { Arrival, ArrivalOutcome, Figures } from '../src/server-state.ts' */

/** How many arrivals are told to the page. */
const ARRIVALS_SHOWN = 12

/** What is known of one order. @typedef {{ customer?: string, handled: number }} Known */

/**
 * The server's own account of what arrived: the proof of order and of "once" that the page shows. It looks at requests as they
 * come in, before the receiver sorts out repetitions: those would hide that something had come in the wrong order.
 */
export class Ledger {
  /** @type {Map<string, Known>} */
  #orders = new Map()
  #seen = new OrderCheck()
  #taken = new OrderCheck()
  /** @type {Arrival[]} */
  #arrivals = []
  #figures = { arrivals: 0, handled: 0, repeats: 0, rejected: 0, failed: 0, lostAnswers: 0, handledTwice: 0 }

  /**
   * A request has come in.
   *
   * @param {string} device
   * @param {Headers} headers
   */
  arrived(device, headers) {
    const key = keyOf(device, headers.get('idempotency-key')?.replaceAll('"', '') ?? '')
    const sequence = sequenceIn(headers.get('holdfast-message'))
    const known = this.#orders.get(key)
    if (!known) {
      this.#orders.set(key, { handled: 0 })
      this.#seen.check(device, sequence)
    }
    this.#figures.arrivals += 1
    return { key, sequence, number: this.#figures.arrivals, isRepeat: (known?.handled ?? 0) > 0 }
  }

  /**
   * The name of the customer is known once the body has been read.
   *
   * @param {string} device
   * @param {string} id
   * @param {string} customer
   */
  name(device, id, customer) {
    const known = this.#orders.get(keyOf(device, id))
    if (known) known.customer = customer
  }

  /**
   * An order takes effect.
   *
   * @param {string} device
   * @param {string} id
   * @param {number | undefined} sequence
   * @returns {number} how many have by now
   */
  handled(device, id, sequence) {
    const known = this.#orders.get(keyOf(device, id)) ?? { handled: 0 }
    known.handled += 1
    if (known.handled > 1) this.#figures.handledTwice += 1
    this.#taken.check(device, sequence)
    this.#figures.handled += 1
    return this.#figures.handled
  }

  /**
   * A request has been answered.
   *
   * @param {ReturnType<Ledger['arrived']>} arrival
   * @param {number} status
   * @param {boolean} isLost whether the answer was thrown away
   */
  answered({ key, sequence, number, isRepeat }, status, isLost) {
    const outcome = outcomeOf(status, isRepeat)
    if (outcome === 'repeat') this.#figures.repeats += 1
    if (outcome === 'rejected') this.#figures.rejected += 1
    if (outcome === 'failed') this.#figures.failed += 1
    if (isLost) this.#figures.lostAnswers += 1
    const customer = this.#orders.get(key)?.customer
    this.#arrivals = [{ number, sequence, customer, outcome, isAnswerLost: isLost }, ...this.#arrivals].slice(0, ARRIVALS_SHOWN)
  }

  /** @returns {{ figures: Figures, arrivals: Arrival[] }} */
  state() {
    return { figures: { ...this.#figures, outOfOrder: this.#seen.violations + this.#taken.violations }, arrivals: this.#arrivals }
  }
}

/** Places in a device's queue must rise from one first arrival to the next. */
class OrderCheck {
  violations = 0
  /** @type {Map<string, number>} */
  #highest = new Map()

  /**
   * @param {string} device
   * @param {number | undefined} sequence
   */
  check(device, sequence) {
    if (sequence === undefined) return
    const highest = this.#highest.get(device) ?? -1
    if (sequence <= highest) this.violations += 1
    this.#highest.set(device, Math.max(highest, sequence))
  }
}

/**
 * @param {string} device
 * @param {string} id
 */
function keyOf(device, id) {
  return `${device}\n${id}`
}

/** @param {string | null} place */
function sequenceIn(place) {
  const match = /;sequence=(\d+)/.exec(place ?? '')
  return match ? Number(match[1]) : undefined
}

/**
 * @param {number} status
 * @param {boolean} isRepeat
 * @returns {ArrivalOutcome}
 */
function outcomeOf(status, isRepeat) {
  if (status < 300) return isRepeat ? 'repeat' : 'accepted'
  if (status === 409) return 'in-progress'
  return status < 500 ? 'rejected' : 'failed'
}
