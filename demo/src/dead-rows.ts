import type { DeadLetter, PastAttempt } from 'holdfast'
import { REASONS } from './activity.ts'
import { nameOf } from './customers.ts'
import { fillOrder } from './order-rows.ts'
import type { Order } from './order.ts'
import { count, duration, timeOf } from './page.ts'
import { fillButtons, fillPart, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'

export const deadRow: RowKind<DeadLetter<Order>> = {
  template: 'dead-row',
  keyOf: ({ id }) => id,
  fill(row, letter) {
    if (letter.body) fillOrder(row, letter.id, letter.body)
    else fillPart(row, 'title', 'An order that was damaged')
    fillPart(row, 'tag', letter.halts ? 'halts its customer' : '')
    fillPart(row, 'why', whyDead(letter))
    fillPart(row, 'unsure', letter.maybeDelivered ? 'One attempt was not answered: the server may have it' : '')
    fillTrail(row, letter.trail ?? [])
    fillButtons(row, 'button', letter.id, letter.body ? nameOf(letter.body) : 'order of nobody knows whom')
  },
}

/** The receiver's answers are problems (RFC 9457): `detail` says what is wrong. Not parsed: an excerpt may end in the middle. */
export function whyDead({ reason, status, attempts, excerpt }: DeadLetter): string {
  switch (reason) {
    case 'unreadable':
      return 'It could not be read from this device, and was not sent'
    case 'expired':
      return 'The offer was over before the server had it'
    case 'attempts-exhausted':
      return `Given up after ${attempts} attempts, the last answered ${status}`
    default:
      return /"detail":"([^"]*)"/.exec(excerpt)?.[1] ?? `Rejected with ${status}`
  }
}

function fillTrail(row: HTMLElement, trail: readonly PastAttempt[]): void {
  const details = row.querySelector('details')
  if (!details) return
  details.hidden = trail.length === 0
  fillPart(row, 'attempts', trail.length === 1 ? 'One attempt' : `The last ${count(trail.length)} attempts`)
  const list = details.querySelector('ol')
  if (list) showRows(list, trail, attemptRow)
}

const attemptRow: RowKind<PastAttempt> = {
  template: 'attempt-row',
  keyOf: ({ at }) => String(at),
  fill(row, { at, took, result, status }) {
    fillPart(row, 'time', timeOf(at))
    fillPart(row, 'title', `${RESULTS[result]}${status === undefined ? '' : ` (${status})`}`)
    fillPart(row, 'tag', duration(took))
  },
}

const RESULTS: Readonly<Record<PastAttempt['result'], string>> = {
  ...REASONS,
  rejected: 'The server will not take it',
  stopped: 'Stopped from here',
  crashed: 'The worker died under it',
}
