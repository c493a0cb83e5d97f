import { type } from 'arktype'
import { expectTypeOf, test } from 'vitest'
import * as v from 'valibot'
import { z } from 'zod'
import { defineQueue, openQueue } from '../../src/index.ts'
import type { DeadLetter, Queue, QueueDefinition, WaitingMessage } from '../../src/index.ts'

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

test('what a schema would refuse is refused by the compiler', () => {
  const orders = openQueue('orders', { endpoint, schema: byZod })
  // @ts-expect-error -- a part is missing
  void orders.enqueue({ sku: 'A-1' })
  // @ts-expect-error -- the schema is of something else
  openQueue<string>('orders', { endpoint, schema: byZod })
})
