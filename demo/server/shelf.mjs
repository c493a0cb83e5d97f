/** @import { Order } from '../src/order.ts' */
/** @import { Switches } from '../src/server-state.ts' */

const DISTRICTS = new Set(['Old Harbour', 'Kelp Quay', 'Lantern Hill', 'Saltmarsh', 'Northgate', 'Anchor Row'])

/** How many of one thing there are on an ordinary morning, and after the lorry has been. */
const ORDINARY_STOCK = 40
const FULL_STOCK = 1_000

/**
 * Why an order cannot be taken in. What is wrong with an order itself stays wrong however often it is sent, so that it is answered
 * with 422: the device then puts it aside and goes on with the next.
 *
 * @param {Order} order
 * @param {Pick<Switches, 'restocked' | 'refused'>} switches
 * @returns {string | undefined} nothing, when it can
 */
export function objectionTo({ customer, address, lines }, { restocked, refused }) {
  if (customer.name === refused) return `No more orders of ${refused} today`
  if (!DISTRICTS.has(address.district)) return `We do not deliver to ${address.district}`
  const stock = restocked ? FULL_STOCK : ORDINARY_STOCK
  const short = lines.find(({ quantity }) => quantity > stock)
  return short && `${short.quantity} × ${short.name} ordered, ${stock} in stock`
}

/**
 * Whether a body is an order, as far as this server relies on it: a client can send anything.
 *
 * @param {unknown} body
 * @returns {body is Order}
 */
export function isOrder(body) {
  if (!isObject(body)) return false
  const { customer, address, lines } = body
  return (
    isObject(customer) &&
    typeof customer['name'] === 'string' &&
    isObject(address) &&
    typeof address['district'] === 'string' &&
    Array.isArray(lines) &&
    lines.length > 0 &&
    lines.every(isLine)
  )
}

/** @param {unknown} line */
function isLine(line) {
  return isObject(line) && typeof line['name'] === 'string' && Number.isInteger(line['quantity']) && Number(line['quantity']) > 0
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null
}
