import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import { takeNumbers } from './books.ts'

export interface Order {
  readonly customer: string
  readonly number: number
}

/** Each customer's orders one after the other, customers side by side; one that is rejected halts its customer, and nobody else. */
export const orders: Queue<Order> = openQueue<Order>('shop', {
  consumers: true,
  group: ({ customer }) => customer,
  onDead: 'halt',
  backoff: { first: 500, longest: 2_000 },
  keepReceipts: { age: 86_400_000, number: 1_000 },
})

/** As many as are wanted, with the numbers that come next. */
export async function place(customer: string, count: number): Promise<void> {
  // Two tabs may place orders: who takes numbers holds the lock until the orders are stored, so that none overtakes another.
  await navigator.locks.request(`orders of ${customer}`, async () => {
    const first = await takeNumbers(customer, count)
    await orders.enqueueAll(Array.from({ length: count }, (_, index) => ({ customer, number: first + index })))
  })
}
