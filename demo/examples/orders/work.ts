import { Reject } from 'holdfast'
import type { Consumer } from 'holdfast'
import { orders } from './queue.ts'
import type { Order } from './queue.ts'

/** What is done with an order, each of which takes its time. */
export interface Shop {
  readonly charge: (order: Order) => Promise<'paid' | 'declined'>
  readonly pack: (order: Order) => Promise<void>
  readonly ship: (order: Order) => Promise<void>
}

/** Works the orders off, in this tab, as other tabs do in theirs: each order is in one tab's hands at a time. */
export function work({ charge, pack, ship }: Shop): Consumer {
  return orders.consume(
    async ({ body, progress }): Promise<Order> => {
      // Nothing will come of it until somebody has done something: a dead letter, and the customer is halted.
      if ((await charge(body)) === 'declined') throw new Reject('The card was declined')
      progress(1 / 3)
      await pack(body)
      progress(2 / 3)
      // Where the courier does not come this throws, and the order is tried again later, in its place.
      await ship(body)
      return body
    },
    { concurrency: 4 },
  )
}
