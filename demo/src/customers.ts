import type { Order } from './order.ts'
import { summaryOf } from './order.ts'

/** How many orders the page can tell the names of. */
const REMEMBERED = 1_000

const names = new Map<string, string>()

/** Events tell an order's id: what is behind it, the page must have seen. */
export function learnCustomer(id: string, name: string): void {
  names.delete(id)
  names.set(id, name)
  const [oldest] = names.keys()
  if (names.size > REMEMBERED && oldest !== undefined) names.delete(oldest)
}

export function customerOf(id: string): string {
  return names.get(id) ?? 'an order'
}

/** What a button is about, for those who hear it. */
export function nameOf(order: Order): string {
  return `order of ${order.customer.name}, ${summaryOf(order)}`
}
