import { setTimeout as wait } from 'node:timers/promises'
import { createReceiver, problem } from 'holdfast/receiver'
import { isOrder, objectionTo } from './shelf.mjs'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ReceivedMessage } from 'holdfast/receiver' */
/** @import { Confirmation } from '../src/order.ts' */

/**
 * @typedef {object} OrdersOptions
 * @property {import('./switchboard.mjs').Switchboard} switchboard
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {import('./received-file.mjs').ReceivedFile} file
 * @property {number} pace
 * @property {() => void} changed
 */

/**
 * Receives orders. `createReceiver` does the part that matters: it calls `handle` once for each order, however often it arrives. All
 * else in here is what makes it a demo: it counts arrivals before the receiver has sorted them out, and it fails on demand.
 *
 * @param {OrdersOptions} options
 */
export function ordersEndpoint({ switchboard, ledger, file, pace, changed }) {
  const receive = createReceiver({ handle, principal: deviceOf })

  /**
   * @param {ReceivedMessage} message
   * @returns {Promise<Response | Confirmation>}
   */
  async function handle({ id, body, principal, place }) {
    await wait(pace)
    if (!isOrder(body)) return problem(422, 'Expected an order')
    ledger.name(principal, id, body.customer.name)
    if (switchboard.state.failing) return problem(500, 'The server was told to fail')
    const objection = objectionTo(body, switchboard.state.restocked)
    if (objection) return problem(422, objection)
    // On disk before it is answered: the device deletes its copy when it hears the answer.
    await file.append({ id, device: principal, sequence: place?.sequence, receivedAt: new Date().toISOString(), order: body })
    return { number: ledger.handled(principal, id, place?.sequence), customer: body.customer.name }
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  return async function receiveOrder(incoming, outgoing) {
    if (switchboard.state.away) return void incoming.socket.destroy()
    const request = toRequest(incoming)
    const arrival = ledger.arrived(deviceOf(request), request.headers)
    const answer = await receive(request)
    const isLost = answer.ok && switchboard.state.losingAnswers
    ledger.answered(arrival, answer.status, isLost)
    changed()
    // The device cannot tell this from an order that never arrived, and sends it again. (Chromium does so once by itself when a
    // connection that it had kept open is cut: that is the second arrival of a pair, with the same key.)
    if (isLost) incoming.socket.destroy()
    else await sendResponse(outgoing, answer)
  }
}

/**
 * Whose order it is: two devices may use the same keys without meaning the same order. In an application, the user who is logged in.
 *
 * @param {Request} request
 */
function deviceOf(request) {
  return request.headers.get('demo-device') ?? 'unknown'
}
