import type { Answer, KeptReceipt, Queue } from 'holdfast'
import { ROWS } from './glance.ts'
import { isConfirmation } from './order.ts'
import { REMEMBERED } from './orders.ts'
import { count, orders, timeOf } from './page.ts'

const KEPT_AS = 'last-look'

/** An order that the server has confirmed. */
export interface Delivered {
  readonly id: string
  readonly customer: string
  readonly answer: string
  /** By what a person can refer to it. */
  readonly called: string
}

/** What the page knows of deliveries. */
export interface Deliveries {
  /** How many, of those that are remembered and since. */
  readonly total: number
  readonly sinceOpened: number
  /** The newest first. */
  readonly last: readonly Delivered[]
  /** What happened while nobody was looking; empty when nothing did. */
  readonly whileAway: string
}

/**
 * What was delivered is not in the queue any more. Its receipts are kept, so that a page that was closed, or out of view, can tell what
 * has happened since; from then on it adds what it hears.
 */
export function watchDeliveries(queue: Queue<unknown>, show: (deliveries: Deliveries) => void, failed: (error: unknown) => void): void {
  const known = new Set<string>()
  let sinceOpened = 0
  let last: readonly Delivered[] = []
  let whileAway = ''
  let isShown = true

  function add(id: string, answer: Answer, at: number): void {
    if (known.has(id)) return
    known.add(id)
    last = [deliveredOf(id, answer, at), ...last].slice(0, ROWS)
  }

  function changed(): void {
    if (isShown) requestAnimationFrame(() => ((isShown = true), show({ total: known.size, sinceOpened, last, whileAway })))
    isShown = false
  }

  async function look(): Promise<void> {
    const lookedAt = Number(localStorage.getItem(KEPT_AS) ?? Infinity)
    const kept: KeptReceipt[] = []
    for await (const receipt of queue.receipts({ since: Date.now() - REMEMBERED })) kept.push(receipt)
    // In the order in which they were delivered, which may be another than that in which this page has heard. What is not among them was heard since.
    const delivered = kept.toReversed().flatMap(({ id, answer, settledAt }) => (answer ? [deliveredOf(id, answer, settledAt)] : []))
    const ids = new Set(delivered.map(({ id }) => id))
    for (const id of ids) known.add(id)
    last = [...last.filter(({ id }) => !ids.has(id)), ...delivered].slice(0, ROWS)
    whileAway = sinceLooked(
      kept.filter(({ settledAt }) => settledAt > lookedAt),
      lookedAt,
    )
    changed()
  }

  queue.subscribe((event) => {
    if (event.type !== 'accepted') return
    add(event.id, event.answer, Date.now())
    sinceOpened += 1
    changed()
  })
  const noteLook = (): void => localStorage.setItem(KEPT_AS, String(Date.now()))
  addEventListener('pagehide', noteLook)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') noteLook()
    else look().catch(failed)
  })
  look().catch(failed)
}

function sinceLooked(kept: readonly KeptReceipt[], lookedAt: number): string {
  if (kept.length === 0) return ''
  const delivered = kept.filter(({ answer }) => answer).length
  const parts = [
    delivered > 0 && `${orders(delivered)} delivered`,
    kept.length > delivered && `${count(kept.length - delivered)} cancelled`,
  ]
  return `Since you last looked, at ${timeOf(lookedAt)}: ${parts.filter(Boolean).join(', ')}`
}

function deliveredOf(id: string, { body, status }: Answer, at: number): Delivered {
  if (!isConfirmation(body)) return { id, customer: 'An order', answer: `answered ${status} · ${timeOf(at)}`, called: 'An order' }
  const number = `no. ${count(body.number)}`
  return { id, customer: body.customer, answer: `${number} · ${timeOf(at)}`, called: `${body.customer}, ${number}` }
}
