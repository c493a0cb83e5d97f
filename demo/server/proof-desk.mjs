import { keyOf } from './received-orders.mjs'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ProofConfirmation } from '../src/proof.ts' */
/** @import { KeptProof } from './kept-proofs.mjs' */

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

/**
 * Where proofs of delivery arrive, as forms with a file. The library's receiver takes JSON, so this one does by hand what matters: the key is
 * kept with the photograph, and whoever comes with a known key is answered as before.
 */
export class ProofDesk {
  #switchboard
  #store
  #changed
  /** Keys of those that are being taken in. @type {Set<string>} */
  #inProgress = new Set()

  /** @param {ProofOptions} options */
  constructor({ switchboard, store, changed }) {
    this.#switchboard = switchboard
    this.#store = store
    this.#changed = changed
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  async receive(incoming, outgoing) {
    if (this.#switchboard.state.away) return void incoming.socket.destroy()
    const answer = await this.#answerTo(toRequest(incoming))
    this.#changed()
    if (answer.ok && this.#switchboard.state.losingAnswers) incoming.socket.destroy()
    else await sendResponse(outgoing, answer)
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

  /** @param {Request} request */
  async #answerTo(request) {
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    const id = request.headers.get('idempotency-key')
    if (!id) return refusal(400, 'Expected an Idempotency-Key')
    const body = await readBody(request)
    if (body === 'cut off') return refusal(400, 'Expected the whole form')
    if (body === 'too large') return tooLarge()
    const key = keyOf({ device: request.headers.get('demo-device') ?? 'unknown', id })
    const known = this.#store.find(key)
    if (known) return Response.json(confirmationOf(known))
    if (this.#inProgress.has(key)) return refusal(409, 'This photograph is being taken in', [], { 'retry-after': '1' })
    this.#inProgress.add(key)
    try {
      return await this.#takeIn(key, body)
    } finally {
      this.#inProgress.delete(key)
    }
  }

  /**
   * @param {string} key
   * @param {Response} body
   */
  async #takeIn(key, body) {
    const form = await body.formData().catch(() => undefined)
    if (!form) return refusal(400, 'Expected a form')
    const sent = read(form)
    await this.#switchboard.dawdle()
    const { away, refused } = this.#switchboard.state
    if (away) return refusal(503, 'The server has gone')
    const faults = faultsOf(sent, refused)
    if (faults.length > 0) return refusal(422, 'This proof of delivery is not taken', faults)
    const { photo, ...about } = sent
    // On disk before it is answered: the device deletes its copy when it hears the answer.
    const kept = await this.#store.add({ key, ...about, type: photo.type }, new Uint8Array(await photo.arrayBuffer()))
    return Response.json(confirmationOf(kept))
  }
}

/**
 * To the end, also where it is too large, and is thrown away then: a browser that is answered while it still sends may never hear the answer.
 *
 * @param {Request} request
 */
async function readBody({ body, headers }) {
  /** @type {Uint8Array[]} */
  let chunks = []
  let size = 0
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length
      if (size > LARGEST) chunks = []
      else chunks.push(chunk)
    }
  } catch {
    return 'cut off'
  }
  if (size > LARGEST) return 'too large'
  return new Response(Buffer.concat(chunks), { headers: { 'content-type': headers.get('content-type') ?? '' } })
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
 * @param {Record<string, string>} [headers]
 */
function refusal(status, detail, errors = [], headers = {}) {
  const body = { type: 'about:blank', status, detail, ...(errors.length > 0 && { errors }) }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } })
}

/**
 * @param {KeptProof} proof
 * @returns {ProofConfirmation}
 */
function confirmationOf({ number, order }) {
  return { proof: number, order }
}
