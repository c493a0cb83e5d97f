import type { WaitingMessage } from 'holdfast'
import { learnCustomer, nameOf } from './customers.ts'
import type { Delivered } from './deliveries.ts'
import { summaryOf } from './order.ts'
import type { Order } from './order.ts'
import { timeOf } from './page.ts'
import { fillButtons, fillPart } from './rows.ts'
import type { RowKind } from './rows.ts'

/** An order of a customer who is named above it. */
export const waitingRow: RowKind<WaitingMessage<Order>> = {
  template: 'waiting-row',
  keyOf: ({ id }) => id,
  fill(row, { id, body, state }) {
    learnCustomer(id, body.customer.name)
    fillPart(row, 'detail', `${detailOf(body)}${state === 'leased' ? ' · next in line' : ''}`)
    const button = row.querySelector('button')
    // What is reserved for sending is only given up when it is said that nobody need know what becomes of it.
    if (button) button.name = state === 'leased' ? 'abort' : 'cancel'
    fillButtons(row, 'button', id, nameOf(body))
  },
}

export const leasedRow: RowKind<WaitingMessage<Order>> = {
  template: 'leased-row',
  keyOf: ({ id }) => id,
  fill(row, { id, body }) {
    fillOrder(row, id, body)
    fillButtons(row, 'button', id, nameOf(body))
  },
}

export const delayedRow: RowKind<WaitingMessage<Order>> = {
  template: 'delayed-row',
  keyOf: ({ id }) => id,
  fill(row, { id, body, due }) {
    fillOrder(row, id, body)
    fillPart(row, 'tag', due === undefined ? '' : `at ${timeOf(due)}`)
    fillButtons(row, '[name="cancel"]', id, nameOf(body))
  },
}

export const deliveredRow: RowKind<Delivered> = {
  template: 'order-row',
  keyOf: ({ id }) => id,
  fill(row, { customer, answer }) {
    fillPart(row, 'title', customer)
    fillPart(row, 'tag', answer)
  },
}

export function fillOrder(row: HTMLElement, id: string, order: Order): void {
  learnCustomer(id, order.customer.name)
  const title = fillPart(row, 'title', order.customer.name)
  title?.setAttribute('lang', order.customer.language ?? '')
  fillPart(row, 'detail', detailOf(order))
}

function detailOf(order: Order): string {
  const { slot, address, offerUntil } = order
  const offer = offerUntil === undefined ? '' : ` · offer until ${timeOf(Date.parse(offerUntil))}`
  return `${slot.from} ${address.district} · ${summaryOf(order)}${offer}`
}
