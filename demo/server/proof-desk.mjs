import { createReceiver } from 'holdfast/receiver'
import { confirmationOf } from './kept-proofs.mjs'
import { keyOf } from './keys.mjs'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ReceivedMessage } from 'holdfast/receiver' */
/** @import { ProofConfirmation } from '../src/proof.ts' */

/** How large a request may be, in bytes. */
const LARGEST = 16 * 1024 * 1024

/** How long texts may be. */
const LONGEST_ORDER = 200
const LONGEST_NOTE = 2_000

/** Photographs as browsers show them: no SVG, which can have scripts. */
const TYPES = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/heic', 'image/heif'])

/**
 * @typedef {object} ProofOptions
 * @property {import('./switchboard.mjs').Switchboard} switchboard
 * @property {import('./kept-proofs.mjs').KeptProofs} store
 * @property {() => void} changed
 */

/** What is wrong with a form, and with which of its fields. @typedef {{ pointer: `#/${string}`, detail: string }} Fault */

/** What was in a form. @typedef {{ photo: File, order: string, note: string, takenAt: string | undefined }} Sent */

/** Where proofs of delivery arrive, as forms with a file. */
export class ProofDesk {
  #switchboard
  #store
  #changed
  #receive

  /** @param {ProofOptions} options */
  constructor({ switchboard, store, changed }) {
    this.#switchboard = switchboard
    this.#store = store
    this.#changed = changed
    this.#receive = createReceiver({
      handle: (message) => this.#handle(message),
      principal: ({ headers }) => headers.get('demo-device') ?? 'unknown',
      dedup: store.keys,
      contentTypes: ['multipart/form-data'],
      maxBytes: LARGEST,
    })
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  async receive(incoming, outgoing) {
    if (this.#switchboard.state.away) return void incoming.socket.destroy()
    const answer = await this.#receive(toRequest(incoming))
    this.#changed()
    if (answer.ok && this.#switchboard.state.losingAnswers) incoming.socket.destroy()
    else await sendResponse(outgoing, answer.status === 413 ? tooLarge() : answer)
  }

  /**
   * A photograph, as it came.
   *
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  async show({ url = '/' }, outgoing) {
    const photograph = await this.#store.photograph(Number(new URL(url, 'http://localhost').searchParams.get('number')))
    if (!photograph) return void outgoing.writeHead(404).end()
    // Somebody has sent it: whatever it is, it is a picture here and nothing else.
    const headers = {
      'content-type': photograph.type,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    }
    outgoing.writeHead(200, headers).end(photograph.bytes)
  }

  /**
   * @param {ReceivedMessage} message
   * @returns {Promise<Response | ProofConfirmation>}
   */
  async #handle({ id, body, principal: device }) {
    if (!(body instanceof FormData)) return refusal(422, 'Expected a form')
    const sent = read(body)
    await this.#switchboard.dawdle()
    const { away, refused } = this.#switchboard.state
    if (away) return refusal(503, 'The server has gone')
    const faults = faultsOf(sent, refused)
    if (faults.length > 0) return refusal(422, 'This proof of delivery is not taken', faults)
    const { photo, ...about } = sent
    // On disk before it is answered: the device deletes its copy when it hears the answer.
    const bytes = new Uint8Array(await photo.arrayBuffer())
    return confirmationOf(await this.#store.add({ key: keyOf({ device, id }), ...about, type: photo.type }, bytes))
  }
}

/**
 * A client can send anything: what is no photograph is an empty one, and what is no text is none.
 *
 * @param {FormData} form
 * @returns {Sent}
 */
function read(form) {
  const [photo, order, note, takenAt] = ['photo', 'order', 'note', 'takenAt'].map((name) => form.get(name))
  return {
    photo: photo instanceof File ? photo : new File([], ''),
    order: textOf(order),
    note: textOf(note),
    takenAt: Number.isNaN(Date.parse(textOf(takenAt))) ? undefined : textOf(takenAt),
  }
}

/** @param {FormDataEntryValue | null | undefined} value */
function textOf(value) {
  return typeof value === 'string' ? value.trim() : ''
}

/**
 * @param {Sent} sent
 * @param {string} refused whose orders are refused
 * @returns {Fault[]}
 */
function faultsOf({ photo, order, note }, refused) {
  /** @type {Fault[]} */
  const faults = []
  if (photo.size === 0) faults.push({ pointer: '#/photo', detail: 'There is no photograph' })
  else if (!TYPES.has(photo.type)) faults.push({ pointer: '#/photo', detail: 'This is no photograph' })
  if (order === '') faults.push({ pointer: '#/order', detail: 'Which order is it?' })
  if (order.length > LONGEST_ORDER) faults.push({ pointer: '#/order', detail: `More than ${LONGEST_ORDER} characters` })
  if (refused !== '' && order.startsWith(refused)) faults.push({ pointer: '#/order', detail: `Nothing of ${refused} is taken today` })
  if (note.length > LONGEST_NOTE) faults.push({ pointer: '#/note', detail: `More than ${LONGEST_NOTE} characters` })
  return faults
}

function tooLarge() {
  const detail = `A photograph may have ${LARGEST / 1024 / 1024} MB`
  return refusal(413, detail, [{ pointer: '#/photo', detail }])
}

/**
 * What is wrong, as RFC 9457 has it: the device shows each error beside its field.
 *
 * @param {number} status
 * @param {string} detail
 * @param {readonly Fault[]} [errors]
 */
function refusal(status, detail, errors = []) {
  const body = { type: 'about:blank', status, detail, ...(errors.length > 0 && { errors }) }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })
}
