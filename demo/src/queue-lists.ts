import type { DeadLetter, Queue, QueueEvent, WaitingMessage } from 'holdfast'
import { ROWS } from './glance.ts'
import type { Glance } from './glance.ts'
import { isConfirmation, summaryOf } from './order.ts'
import type { Order } from './order.ts'
import { count, find, setText } from './page.ts'
import { fillPart, showMore, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'

/** Of those under way one is being sent, the others are next in line: a few of them will do. */
const LEASED_ROWS = 3

/** What waits, what is under way and what is dead: read from the queue. */
export function showLists({ depth, leased, ready, dead }: Glance<Order>, sending: string | undefined): void {
  showList('leased', depth.leased, leased.slice(0, LEASED_ROWS), leasedRow(sending))
  showList('ready', depth.ready, ready, readyRow)
  showList('dead', depth.dead, dead, deadRow)
  find('dead-actions', HTMLElement).hidden = depth.dead === 0
}

/** An order that the server has confirmed while this page was open. */
interface Delivered {
  readonly id: string
  readonly customer: string
  readonly answer: string
}

/**
 * What was delivered is not in the queue any more: the page remembers what it has heard.
 *
 * @returns what tells how many were delivered since it was opened
 */
export function listDelivered(queue: Queue<Order>): () => number {
  let total = 0
  let last: readonly Delivered[] = []
  let isDrawn = true
  queue.subscribe((event) => {
    if (event.type !== 'accepted') return
    total += 1
    last = [deliveredOf(event), ...last].slice(0, ROWS)
    if (isDrawn) requestAnimationFrame(draw)
    isDrawn = false
  })

  function draw(): void {
    isDrawn = true
    showList('delivered', total, last, deliveredRow)
  }

  return () => total
}

function showList<T>(name: string, total: number, shown: readonly T[], kind: RowKind<T>): void {
  showRows(find(`${name}-rows`, HTMLUListElement), shown, kind)
  showMore(find(name, HTMLElement), total, shown.length)
  setText(find(`depth-${name}`, HTMLElement), count(total))
}

const readyRow: RowKind<WaitingMessage<Order>> = {
  template: 'order-row',
  keyOf: ({ id }) => id,
  fill: (row, { body }) => fillOrder(row, body),
}

function leasedRow(sending: string | undefined): RowKind<WaitingMessage<Order>> {
  return {
    ...readyRow,
    fill(row, { id, body }) {
      fillOrder(row, body)
      row.toggleAttribute('data-current', id === sending)
      fillPart(row, 'tag', id === sending ? 'sending' : 'next in line')
    },
  }
}

const deadRow: RowKind<DeadLetter<Order>> = {
  template: 'dead-row',
  keyOf: ({ id }) => id,
  fill(row, letter) {
    const customer = letter.body?.customer.name ?? 'nobody knows whom'
    if (letter.body) fillOrder(row, letter.body)
    else fillPart(row, 'title', 'An order that was damaged')
    fillPart(row, 'why', whyDead(letter))
    for (const button of row.querySelectorAll('button')) {
      button.value = letter.id
      button.setAttribute('aria-label', `${button.textContent}: order of ${customer}`)
    }
  },
}

const deliveredRow: RowKind<Delivered> = {
  template: 'order-row',
  keyOf: ({ id }) => id,
  fill(row, { customer, answer }) {
    fillPart(row, 'title', customer)
    fillPart(row, 'tag', answer)
  },
}

function fillOrder(row: HTMLElement, order: Order): void {
  const title = fillPart(row, 'title', order.customer.name)
  title?.setAttribute('lang', order.customer.language ?? '')
  fillPart(row, 'detail', `${order.slot.from} ${order.address.district} · ${summaryOf(order)}`)
}

/** The receiver's answers are problems (RFC 9457): `detail` says what is wrong. Not parsed: an excerpt may end in the middle. */
function whyDead({ reason, status, attempts, excerpt }: DeadLetter): string {
  if (reason === 'unreadable') return 'It could not be read from this device, and was not sent'
  if (reason === 'attempts-exhausted') return `Given up after ${attempts} attempts, the last answered ${status}`
  return /"detail":"([^"]*)"/.exec(excerpt)?.[1] ?? `Rejected with ${status}`
}

function deliveredOf({ id, answer }: QueueEvent & { type: 'accepted' }): Delivered {
  const { body, status } = answer
  if (!isConfirmation(body)) return { id, customer: 'An order', answer: `answered ${status}` }
  return { id, customer: body.customer, answer: `no. ${count(body.number)}` }
}
