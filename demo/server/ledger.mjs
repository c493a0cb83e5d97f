import { keyOf } from './keys.mjs'

/** @import { Arrival, ArrivalOutcome, Figures } from '../src/server-state.ts' */
/** @import { ReceivedOrder } from './received-orders.mjs' */

/** How many arrivals are told to the page. */
const ARRIVALS_SHOWN = 12

/** What is known of one order. @typedef {{ customer?: string, number?: number, handled: number }} Known */

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

  /** @param {readonly ReceivedOrder[]} earlier what was taken in before the server was started */
  constructor(earlier) {
    for (const received of earlier) this.handled(received)
  }

  /**
   * A request has come in.
   *
   * @param {string} device
   * @param {Headers} headers
   */
  arrived(device, headers) {
    const order = {
      device,
      id: headers.get('idempotency-key')?.replaceAll('"', '') ?? '',
      sequence: sequenceIn(headers.get('holdfast-message')),
    }
    const { handled } = this.#known(order)
    this.#figures.arrivals += 1
    return { ...order, arrival: this.#figures.arrivals, isRepeat: handled > 0 }
  }

  /**
   * The name of the customer is known once the body has been read, and with it behind what the order must stand.
   *
   * @param {{ device: string, id: string, sequence: number | undefined }} order
   * @param {string} customer
   */
  name(order, customer) {
    const known = this.#known(order)
    if (known.customer === undefined) this.#seen.check({ ...order, customer })
    known.customer = customer
  }

  /**
   * An order has taken effect.
   *
   * @param {ReceivedOrder} received
   */
  handled(received) {
    const known = this.#known(received)
    known.customer = received.order.customer.name
    known.number = received.number
    known.handled += 1
    if (known.handled > 1) this.#figures.handledTwice += 1
    this.#taken.check({ ...received, customer: known.customer })
    this.#figures.handled += 1
  }

  /**
   * A request has been answered.
   *
   * @param {ReturnType<Ledger['arrived']>} arrival
   * @param {number} status
   * @param {boolean} isLost whether the answer was thrown away
   */
  answered({ arrival, isRepeat, ...order }, status, isLost) {
    const outcome = outcomeOf(status, isRepeat)
    if (outcome === 'repeat') this.#figures.repeats += 1
    if (outcome === 'rejected') this.#figures.rejected += 1
    if (outcome === 'failed') this.#figures.failed += 1
    if (isLost) this.#figures.lostAnswers += 1
    const { customer, number } = this.#known(order)
    const told = { arrival, sequence: order.sequence, customer, number, outcome, isAnswerLost: isLost }
    this.#arrivals = [told, ...this.#arrivals].slice(0, ARRIVALS_SHOWN)
  }

  /** @returns {{ figures: Figures, arrivals: Arrival[] }} */
  state() {
    return { figures: { ...this.#figures, outOfOrder: this.#seen.violations + this.#taken.violations }, arrivals: this.#arrivals }
  }

  /**
   * What is known of an order, from the first time that it is seen.
   *
   * @param {{ device: string, id: string }} order
   * @returns {Known}
   */
  #known(order) {
    const key = keyOf(order)
    const known = this.#orders.get(key)
    if (known) return known
    const isNew = { handled: 0 }
    this.#orders.set(key, isNew)
    return isNew
  }
}

/** Places in a device's queue must rise from one first arrival of a customer to the next. */
class OrderCheck {
  violations = 0
  /** @type {Map<string, number>} */
  #highest = new Map()

  /** @param {{ device: string, customer: string, sequence?: number | undefined }} order */
  check({ device, customer, sequence }) {
    if (sequence === undefined) return
    const group = `${device}\n${customer}`
    const highest = this.#highest.get(group) ?? -1
    if (sequence <= highest) this.violations += 1
    this.#highest.set(group, Math.max(highest, sequence))
  }
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
  if (status === 401) return 'unauthorized'
  return status < 500 ? 'rejected' : 'failed'
}
