import { type } from 'arktype'
import { describe, expectTypeOf, test } from 'vitest'
import * as v from 'valibot'
import { z } from 'zod'
import { defineQueue, openQueue } from '../../src/index.ts'
import type { Answer, BatchReceipt, DeadLetter, Queue, QueueDefinition, Receipt, WaitingMessage } from '../../src/index.ts'
import { serve } from '../../src/worker.ts'

interface Order {
  sku: string
  quantity: number
}

const endpoint = '/orders'
const byZod = z.object({ sku: z.string(), quantity: z.number() })
const byValibot = v.object({ sku: v.string(), quantity: v.number() })
const byArktype = type({ sku: 'string', quantity: 'number' })

test('a schema of zod, valibot or arktype gives bodies their type', () => {
  expectTypeOf(openQueue('orders', { endpoint, schema: byZod })).toEqualTypeOf<Queue<Order>>()
  expectTypeOf(openQueue('orders', { endpoint, schema: byValibot })).toEqualTypeOf<Queue<Order>>()
  expectTypeOf(openQueue('orders', { endpoint, schema: byArktype })).toEqualTypeOf<Queue<Order>>()
})

test('so it does in a definition, and in a queue that is opened from one', () => {
  const orders = defineQueue('orders', { schema: byZod, endpoint, group: (order) => order.sku, dedupKey: ({ sku }) => sku })
  expectTypeOf(orders).toEqualTypeOf<QueueDefinition<Order>>()
  expectTypeOf(defineQueue('orders', { schema: byValibot, endpoint })).toEqualTypeOf<QueueDefinition<Order>>()
  expectTypeOf(defineQueue('orders', { schema: byArktype, endpoint })).toEqualTypeOf<QueueDefinition<Order>>()
  expectTypeOf(openQueue(orders)).toEqualTypeOf<Queue<Order>>()
  expectTypeOf(openQueue(orders, { persist: true })).toEqualTypeOf<Queue<Order>>()
})

test('the type is that of what the schema gives', () => {
  const schema = z.object({ at: z.coerce.number(), note: z.string().default('') })
  const visits = openQueue('visits', { endpoint, schema })
  expectTypeOf(visits.enqueue).parameter(0).toEqualTypeOf<{ at: number; note: string }>()
  expectTypeOf(visits.messages()).toEqualTypeOf<AsyncIterable<WaitingMessage<{ at: number; note: string }>>>()
  expectTypeOf(visits.deadLetters()).toEqualTypeOf<AsyncIterable<DeadLetter<{ at: number; note: string }>>>()
})

describe('a schema of answers', () => {
  interface Confirmation {
    number: number
  }
  const answer = { schema: z.object({ number: z.coerce.number() }) }
  const orders = openQueue('orders', { endpoint, schema: byZod, answer })

  test('gives them their type, for zod, valibot and arktype, in a definition too', () => {
    expectTypeOf(orders).toEqualTypeOf<Queue<Order, Confirmation>>()
    const valibots = defineQueue('orders', { endpoint, answer: { schema: v.object({ number: v.number() }), headers: ['etag'] } })
    expectTypeOf(valibots).toEqualTypeOf<QueueDefinition<unknown, Confirmation>>()
    expectTypeOf(openQueue(valibots, { persist: true })).toEqualTypeOf<Queue<unknown, Confirmation>>()
    expectTypeOf(openQueue('orders', { endpoint, answer: { schema: type({ number: 'number' }) } })).toEqualTypeOf<
      Queue<unknown, Confirmation>
    >()
    expectTypeOf(openQueue<Order, Confirmation>('orders', { endpoint })).toEqualTypeOf<Queue<Order, Confirmation>>()
  })

  test('whoever gives a receipt gives that', async () => {
    expectTypeOf((await orders.enqueue({ sku: 'A-1', quantity: 1 })).delivered).resolves.toEqualTypeOf<Answer<Confirmation>>()
    expectTypeOf((await orders.enqueueRequest({ url: '/' })).delivered).resolves.toEqualTypeOf<Answer<Confirmation>>()
    expectTypeOf((await orders.enqueueAll([])).delivered).resolves.toEqualTypeOf<readonly Answer<Confirmation>[]>()
    expectTypeOf(orders.receipt('a')).toEqualTypeOf<Receipt<Confirmation>>()
    expectTypeOf(orders.batchReceipt(['a'])).toEqualTypeOf<BatchReceipt<Confirmation>>()
  })

  test('where no error tells that one was refused, its issues do', async () => {
    orders.subscribe((event) => {
      if (event.type !== 'accepted') return
      if (event.issues) expectTypeOf(event.answer).toEqualTypeOf<Answer>()
      else expectTypeOf(event.answer).toEqualTypeOf<Answer<Confirmation>>()
    })
    for await (const { answer: kept, issues } of orders.receipts())
      if (kept && !issues) expectTypeOf(kept).toEqualTypeOf<Answer<Confirmation>>()
  })

  test('a queue is one of any answers, where somebody takes those', () => {
    const any: Queue<Order> = orders
    expectTypeOf(any.receipt('a')).toEqualTypeOf<Receipt>()
    serve(defineQueue('orders', { endpoint, answer }))
    // @ts-expect-error -- the schema is of something else
    openQueue<Order, string>('orders', { endpoint, answer })
  })
})

test('what a schema would refuse is refused by the compiler', () => {
  const orders = openQueue('orders', { endpoint, schema: byZod })
  // @ts-expect-error -- a part is missing
  void orders.enqueue({ sku: 'A-1' })
  // @ts-expect-error -- the schema is of something else
  openQueue<string>('orders', { endpoint, schema: byZod })
})
