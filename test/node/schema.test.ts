import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { StandardSchema } from '../../src/message/schema.ts'
import { FakeHost } from '../world/fake-host.ts'

interface Order {
  sku: string
  lines: { quantity: number }[]
}

const schemas: [string, StandardSchema<Order>][] = [
  ['zod', z.object({ sku: z.string(), lines: z.array(z.object({ quantity: z.number() })) })],
  ['valibot', v.object({ sku: v.string(), lines: v.array(v.object({ quantity: v.number() })) })],
  ['arktype', type({ sku: 'string', lines: type({ quantity: 'number' }).array() })],
]

describe.each(schemas)('a schema of %s', (_, schema) => {
  test('lets through what is expected', async () => {
    const host = new FakeHost()
    const orders = host.open({ schema })
    await orders.enqueue({ sku: 'A-1', lines: [{ quantity: 2 }] })
    expect(host.stored).toEqual([{ body: '{"sku":"A-1","lines":[{"quantity":2}]}' }])
    await orders.close()
  })

  test('refuses what is not, naming each part that is wrong, and nothing is stored', async () => {
    const host = new FakeHost()
    const orders = host.open<Order>({ schema })
    const wrong = { sku: 7, lines: [{ quantity: 1 }, { quantity: 'two' }] } as unknown as Order
    const error: unknown = await orders.enqueue(wrong).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'invalid-body' })
    expect((error as { cause: unknown[] }).cause).toHaveLength(2)
    const { message } = error as Error
    for (const part of [/^Expected a body that its schema takes: /, /\bsku: ./, /; /, /\blines\.1\.quantity: ./])
      expect(message).toMatch(part)
    expect(host.batches).toEqual([])
    await orders.close()
  })

  test('crosses to no host, and neither do the functions', async () => {
    const host = new FakeHost()
    const orders = host.open({ schema, dedupKey: ({ sku }) => sku, persist: false, upcast: (body) => body, version: 2 })
    await orders.depth()
    expect(Object.keys(host.setup ?? {})).not.toEqual(expect.arrayContaining(['schema']))
    expect(host.setup).toMatchObject({ version: 2, asks: { headers: 'never', classify: 'never', upcast: 'always' } })
    await orders.close()
  })
})

test('what the schema makes of a body is stored, and seen by the functions of the queue', async () => {
  const host = new FakeHost()
  const schema = z.object({ customer: z.string().trim(), at: z.coerce.number(), note: z.string().default('none') })
  const orders = host.open({ schema, group: ({ customer }) => customer, dedupKey: ({ note }) => note })
  await orders.enqueue({ customer: ' ada ', at: '7' } as never)
  expect(host.stored).toEqual([{ body: '{"customer":"ada","at":7,"note":"none"}', group: 'ada', dedupKey: 'none' }])
  await orders.close()
})

test('a schema that wants time is refused: an enqueue stores at once, in the order of the calls', async () => {
  const host = new FakeHost()
  const slow = z.string().refine(async () => true)
  const orders = host.open<string>({ schema: slow })
  await expect(orders.enqueue('a')).rejects.toMatchObject({
    code: 'invalid-option',
    message: 'Expected `schema` to validate at once, got a promise',
  })
  expect(host.batches).toEqual([])
  await orders.close()
})

test('a body that is refused takes nobody with it who is enqueued in the same tick', async () => {
  const host = new FakeHost()
  const orders = host.open<number>({ schema: z.number().int() })
  const results = await Promise.allSettled([orders.enqueue(1), orders.enqueue(1.5), orders.enqueue(2)])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(host.stored.map(({ body }) => body)).toEqual(['1', '2'])
  await orders.close()
})

test('an issue of the whole body has no path', async () => {
  const orders = new FakeHost().open<string>({ schema: z.string() })
  await expect(orders.enqueue(7 as never)).rejects.toMatchObject({
    message: 'Expected a body that its schema takes: Invalid input: expected string, received number',
  })
  await orders.close()
})
