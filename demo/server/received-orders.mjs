import { openJsonLines } from './json-lines.mjs'

/** @import { DedupStore, Known, RememberedAnswer } from 'holdfast/receiver' */
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
 * The orders that were taken in, and what the receiver must remember of them, in one place that outlasts this process. An order and its
 * key are one line, and so one write: were they two, a server that ended between them would take the order in again. In a database, they
 * are one transaction. (The demo keeps them all. A server may forget keys once no device will ask any more.)
 *
 * @implements {DedupStore}
 */
export class ReceivedOrders {
  #file
  #lastNumber
  /** @type {Map<string, ReceivedOrder>} */
  #received = new Map()
  /** Fingerprints of orders that are being handled. @type {Map<string, string>} */
  #inProgress = new Map()

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
   * @param {string} key
   * @param {string} fingerprint
   * @returns {Known}
   */
  begin(key, fingerprint) {
    const received = this.#received.get(key)
    const known = received?.fingerprint ?? this.#inProgress.get(key)
    if (known === undefined) {
      this.#inProgress.set(key, fingerprint)
      return { state: 'new' }
    }
    if (known !== fingerprint) return { state: 'mismatch' }
    return received ? { state: 'done', answer: answerTo(received) } : { state: 'in-progress' }
  }

  /**
   * Takes an order in: once this has resolved, it and its key are on disk.
   *
   * @param {Pick<ReceivedOrder, 'device' | 'id' | 'sequence' | 'order'>} order
   * @returns {Promise<ReceivedOrder>}
   */
  async add(order) {
    const key = keyOf(order)
    const fingerprint = this.#inProgress.get(key)
    if (fingerprint === undefined) throw new Error(`Expected the key of order ${order.id} to be in progress`)
    this.#lastNumber += 1
    const received = { number: this.#lastNumber, receivedAt: new Date().toISOString(), fingerprint, ...order }
    await this.#file.append(received)
    this.#received.set(key, received)
    return received
  }

  /** @param {string} key */
  complete(key) {
    // The answer is not kept: it can be made from the order at any time.
    this.#inProgress.delete(key)
  }

  /** @param {string} key */
  abandon(key) {
    this.#inProgress.delete(key)
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

/**
 * @param {ReceivedOrder} received
 * @returns {RememberedAnswer}
 */
function answerTo(received) {
  return { status: 200, headers: [['content-type', 'application/json']], body: JSON.stringify(confirmationOf(received)) }
}

/**
 * A key as the receiver gives it: two devices may use the same id without meaning the same order.
 *
 * @param {Pick<ReceivedOrder, 'device' | 'id'>} order
 */
export function keyOf({ device, id }) {
  return `${device}\n${id}`
}
