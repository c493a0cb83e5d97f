import { setTimeout as wait } from 'node:timers/promises'
import { createReceiver, problem } from 'holdfast/receiver'
import { confirmationOf } from './received-orders.mjs'
import { isOrder, objectionTo } from './shelf.mjs'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ReceivedMessage } from 'holdfast/receiver' */
/** @import { Confirmation } from '../src/order.ts' */

/**
 * @typedef {object} OrdersOptions
 * @property {import('./switchboard.mjs').Switchboard} switchboard
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {import('./received-orders.mjs').ReceivedOrders} store
 * @property {number} pace
 * @property {() => void} changed
 */

/**
 * Receives orders. `createReceiver` and its store do the part that matters: `handle` is called once for each order, however often it
 * arrives, also when the server was started anew in between. All else in here is what makes it a demo: it counts arrivals before the
 * receiver has sorted them out, and it fails on demand.
 *
 * @param {OrdersOptions} options
 */
export function ordersEndpoint({ switchboard, ledger, store, pace, changed }) {
  const receive = createReceiver({ handle, principal: deviceOf, dedup: store.keys })

  /**
   * @param {ReceivedMessage} message
   * @returns {Promise<Response | Confirmation>}
   */
  async function handle({ id, body, principal: device, place }) {
    if (!isOrder(body)) return problem(422, 'Expected an order')
    ledger.name({ device, id, sequence: place?.sequence }, body.customer.name)
    await wait(pace)
    await switchboard.dawdle()
    const { state } = switchboard
    if (state.away) return problem(503, 'The server has gone')
    if (state.failing) return problem(500, 'The server was told to fail')
    if (state.loggedOut) return problem(401, 'Nobody is logged in')
    const objection = objectionTo(body, state)
    if (objection) return problem(422, objection)
    // On disk before it is answered: the device deletes its copy when it hears the answer.
    const received = await store.add({ device, id, sequence: place?.sequence, order: body })
    ledger.handled(received)
    return confirmationOf(received)
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
