import type { DeadLetter, Queue } from 'holdfast'
import type { Order } from './queue.ts'

/** Everything of one customer, in order. */
export interface Lane {
  readonly customer: string
  /** Those that have left the queue, the first first. */
  readonly shipped: readonly Order[]
  /** The first is the one that is in hand, or halts the others. */
  readonly waiting: readonly Waiting[]
  readonly haltedBy: DeadLetter<Order> | undefined
}

export interface Waiting extends Order {
  readonly id: string
}

/** What a queue knows of each customer, read anew. */
export async function readLanes(queue: Queue<Order>, customers: readonly string[]): Promise<Lane[]> {
  // First what waits, then what has left: an order that leaves between the two looks is seen by both, and counted once.
  const dead = await all(queue.deadLetters())
  const waiting = await all(queue.messages())
  const receipts = await all(queue.receipts())
  const shipped = receipts.flatMap(({ answer }) => (answer ? [answer.body as Order] : []))
  const gone = new Set(receipts.map(({ id }) => id))
  return customers.map((customer) => ({
    customer,
    shipped: shipped.filter((order) => order.customer === customer),
    waiting: waiting.filter(({ body, id }) => body.customer === customer && !gone.has(id)).map(({ id, body }) => ({ id, ...body })),
    haltedBy: dead.find(({ body, halts, id }) => body?.customer === customer && halts && !gone.has(id)),
  }))
}

/** Whether none was shipped before one that was placed earlier, or twice. */
export function isInSequence({ shipped }: Lane): boolean {
  return shipped.every(({ number }, place) => number > (shipped[place - 1]?.number ?? 0))
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}
