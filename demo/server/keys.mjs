/** @import { DedupStore, Known, RememberedAnswer } from 'holdfast/receiver' */

/**
 * What the receiver must remember of keys: which are being handled, here, and which were, in a store that keeps a key with what it came with, in one write. Were they two, a
 * server that ended between them would take the same in again.
 *
 * @implements {DedupStore}
 */
export class Keys {
  #find
  /** Fingerprints of what is being handled. @type {Map<string, string>} */
  #inProgress = new Map()

  /** @param {(key: string) => { fingerprint: string, confirmation: object } | undefined} find what was taken in with a key, and what is answered to it, now and again */
  constructor(find) {
    this.#find = find
  }

  /**
   * @param {string} key
   * @param {string} fingerprint
   * @returns {Known}
   */
  begin(key, fingerprint) {
    const taken = this.#find(key)
    const known = taken?.fingerprint ?? this.#inProgress.get(key)
    if (known === undefined) {
      this.#inProgress.set(key, fingerprint)
      return { state: 'new' }
    }
    if (known !== fingerprint) return { state: 'mismatch' }
    return taken ? { state: 'done', answer: answerOf(taken.confirmation) } : { state: 'in-progress' }
  }

  /**
   * What came with a key that is being handled: to be stored along with it.
   *
   * @param {string} key
   */
  fingerprintOf(key) {
    const fingerprint = this.#inProgress.get(key)
    if (fingerprint === undefined) throw new Error(`Expected the key ${key} to be in progress`)
    return fingerprint
  }

  /** @param {string} key */
  complete(key) {
    // The answer is not kept: it can be made from what was taken in at any time.
    this.#inProgress.delete(key)
  }

  /** @param {string} key */
  abandon(key) {
    this.#inProgress.delete(key)
  }
}

/**
 * A key as the receiver gives it: two devices may use the same id without meaning the same.
 *
 * @param {{ readonly device: string, readonly id: string }} sent
 */
export function keyOf({ device, id }) {
  return `${device}\n${id}`
}

/**
 * @param {object} confirmation
 * @returns {RememberedAnswer}
 */
function answerOf(confirmation) {
  return { status: 200, headers: [['content-type', 'application/json']], body: JSON.stringify(confirmation) }
}
