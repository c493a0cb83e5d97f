import { openJsonLines } from './json-lines.mjs'
import { keyOf, Keys } from './keys.mjs'

/** @import { Confirmation, Order } from '../src/order.ts' */

/**
 * An order that has been taken in: a line of the file.
 *
 * @typedef {object} ReceivedOrder
 * @property {number} number rises from one to the next
 * @property {string} device
 * @property {string} id its idempotency key
 * @property {string} fingerprint stands for the content that came with the key
 * @property {number | undefined} sequence its place in its device's queue
 * @property {string} receivedAt
 * @property {Order} order
 */

/**
 * The orders that were taken in, each with its key, in one place that outlasts this process. In a database, they are one transaction. (The demo keeps them all. A server may forget
 * keys once no device will ask any more.)
 */
export class ReceivedOrders {
  keys = new Keys((key) => {
    const received = this.#received.get(key)
    return received && { fingerprint: received.fingerprint, confirmation: confirmationOf(received) }
  })
  #file
  #lastNumber
  /** @type {Map<string, ReceivedOrder>} */
  #received = new Map()

  /**
   * @param {import('./json-lines.mjs').JsonLines<ReceivedOrder>} file
   * @param {readonly ReceivedOrder[]} earlier what is in it
   */
  constructor(file, earlier) {
    this.#file = file
    this.#lastNumber = earlier.at(-1)?.number ?? 0
    for (const received of earlier) this.#received.set(keyOf(received), received)
  }

  /**
   * Takes an order in: once this has resolved, it and its key are on disk.
   *
   * @param {Pick<ReceivedOrder, 'device' | 'id' | 'sequence' | 'order'>} order
   * @returns {Promise<ReceivedOrder>}
   */
  async add(order) {
    const key = keyOf(order)
    const fingerprint = this.keys.fingerprintOf(key)
    this.#lastNumber += 1
    const received = { number: this.#lastNumber, receivedAt: new Date().toISOString(), fingerprint, ...order }
    await this.#file.append(received)
    this.#received.set(key, received)
    return received
  }

  close() {
    return this.#file.close()
  }
}

/**
 * @param {string} path
 * @returns {Promise<{ store: ReceivedOrders, earlier: ReceivedOrder[] }>}
 */
export async function openReceivedOrders(path) {
  const { file, records } = await openJsonLines(path)
  return { store: new ReceivedOrders(file, records), earlier: records }
}

/**
 * What a device is told when its order has been taken in, and told again when it asks again.
 *
 * @param {ReceivedOrder} received
 * @returns {Confirmation}
 */
export function confirmationOf({ number, order }) {
  return { number, customer: order.customer.name }
}
