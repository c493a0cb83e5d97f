import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineQueue } from '../../src/message/definition.ts'
import type { StandardSchema } from '../../src/message/schema.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { collect, heard, World } from '../world/world.ts'

interface Order {
  readonly sku: string
  readonly currency?: string
}

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** Leaves a message behind of which an attempt was made. */
async function sentBefore(): Promise<void> {
  world.server.next(unreachable)
  const before = world.open<Order>()
  const scheduled = heard(before, 'retry-scheduled')
  await before.enqueue({ sku: 'A' })
  await scheduled
  await before.close()
}

/** What an earlier release of the app has enqueued while the queue was paused: nothing of it was sent. */
async function leftBehind(...orders: Order[]): Promise<void> {
  const before = world.open<Order>()
  await before.pause()
  await Promise.all(orders.map((order) => before.enqueue(order)))
  await before.close()
}

const inEuro = (body: unknown): Order => ({ ...(body as Order), currency: 'EUR' })

test('a message of an earlier release is brought up to date before it is sent, and one of today goes as it is', async () => {
  await leftBehind({ sku: 'A' })
  const versions: number[] = []
  const orders = world.open<Order>({
    version: 2,
    upcast: (body, version) => {
      versions.push(version)
      return inEuro(body)
    },
  })
  await orders.enqueue({ sku: 'B' })
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }, { sku: 'B' }])
  expect(versions).toEqual([1])
})

test('a message that was sent already stays as it is: the bytes under a key never change', async () => {
  await sentBefore()
  const orders = world.open<Order>({ version: 2, upcast: inEuro })
  await world.passUntil(orders.idle())
  expect(world.server.bodies).toEqual([{ sku: 'A' }, { sku: 'A' }])
})

test('what was brought up to date is kept so: each attempt sends the same', async () => {
  await leftBehind({ sku: 'A' })
  world.server.next(status(500))
  let asked = 0
  const orders = world.open<Order>({ version: 2, upcast: (body) => ({ ...inEuro(body), currency: `E${++asked}` }) })
  await orders.resume()
  await world.passUntil(orders.idle())
  expect(world.server.bodies).toEqual([
    { sku: 'A', currency: 'E1' },
    { sku: 'A', currency: 'E1' },
  ])
})

test('without upcast, bodies are sent as they were enqueued', async () => {
  await leftBehind({ sku: 'A' })
  const orders = world.open<Order>({ version: 2 })
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A' }])
})

test.each([
  [
    'throws',
    (): never => {
      throw new Error('no such sku')
    },
    'Error: no such sku',
  ],
  ['rejects with much', () => Promise.reject(new Error('x'.repeat(2_000))), `Error: ${'x'.repeat(993)}`],
  [
    'gives what cannot be sent',
    () => ({ sku: new Map() }),
    'Expected "sku" of a body to be something that JSON can hold, got [object Map]',
  ],
  ['gives nothing', () => undefined, 'Expected a body that can be sent as JSON, got undefined'],
])('a message for which upcast %s becomes a dead letter, of which nothing was sent, and the next goes on', async (_, failing, excerpt) => {
  await leftBehind({ sku: 'old' }, { sku: 'A' })
  const orders = world.open<Order>({ version: 2, upcast: (body) => ((body as Order).sku === 'old' ? failing() : inEuro(body)) })
  const dead = heard(orders, 'dead-lettered')
  await orders.resume()
  expect(await dead).toMatchObject({ reason: 'not-upcast', attempts: 0, status: 0, excerpt, trail: [] })
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }])
  expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'not-upcast', body: { sku: 'old' } }])
})

test('while nobody can be asked, nothing is sent or given up, and it is asked again later', async () => {
  await leftBehind({ sku: 'A' })
  const definition = defineQueue<Order>(world.name, { endpoint: 'https://shop.example/orders', version: 2, upcast: inEuro })
  let isAway = true
  const orders = world
    .openTab({}, undefined, (page) => ({
      ...page,
      upcast: (...asked) => {
        if (!isAway) return page.upcast(...asked)
        isAway = false
        return Promise.resolve({ ok: false, error: { code: 'closed', message: 'The page is gone' } })
      },
    }))
    .open({}, definition)
  await orders.resume()
  const asked = world.clock.now()
  await world.passUntil(orders.idle())
  expect(world.clock.now() - asked).toBeGreaterThanOrEqual(1_000)
  expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }])
})

const quantified: StandardSchema<Order> = z.object({ sku: z.string(), currency: z.string().default('USD') })

describe('where there is a schema too', () => {
  test('it has the last word on what upcast gives, and what it makes of that is sent', async () => {
    await leftBehind({ sku: ' A ' })
    const schema = z.object({ sku: z.string().trim(), currency: z.string() })
    const orders = world.open<Order>({ version: 2, upcast: inEuro, schema })
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }])
  })

  test('without upcast, it alone brings a body of an earlier release up to date', async () => {
    await leftBehind({ sku: 'A' })
    const orders = world.open<Order>({ version: 2, schema: quantified })
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'USD' }])
  })

  test('a body that it does not take is a dead letter, of which nothing was sent, and holds up nobody', async () => {
    await leftBehind({ sku: 7 } as unknown as Order, { sku: 'A' })
    const orders = world.open<Order>({ version: 2, upcast: inEuro, schema: quantified, onDead: 'halt' })
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({
      reason: 'invalid',
      attempts: 0,
      status: 0,
      trail: [],
      excerpt: expect.stringMatching(/^Expected a body that its schema takes: sku: /),
    })
    await orders.idle()
    expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }])
    expect(await collect(orders.deadLetters())).toMatchObject([{ reason: 'invalid', body: { sku: 7 }, version: 1 }])
  })

  test('redriven when the app is mended, it is brought up to date anew, and delivered', async () => {
    await leftBehind({ sku: 7 } as unknown as Order)
    const before = world.open<Order>({ version: 2, upcast: inEuro, schema: quantified })
    const dead = heard(before, 'dead-lettered')
    await before.resume()
    await dead
    await before.close()
    const mended = world.open<Order>({ version: 2, upcast: (body) => ({ sku: [(body as Order).sku].join() }), schema: quantified })
    await mended.redrive()
    await mended.idle()
    expect(world.server.bodies).toEqual([{ sku: '7', currency: 'USD' }])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('a bug')
      },
      'Error: a bug',
    ],
    ['wants time', async () => ({ value: {} }), 'Expected `schema` to validate at once, got a promise'],
  ])('one that %s takes nobody with it', async (_, validate, excerpt) => {
    await leftBehind({ sku: 'A' })
    const schema = { '~standard': { version: 1, vendor: 'none', validate } } as unknown as StandardSchema<Order>
    const orders = world.open<Order>({ version: 2, schema })
    const dead = heard(orders, 'dead-lettered')
    await orders.resume()
    expect(await dead).toMatchObject({ reason: 'invalid', excerpt })
  })

  test('what was enqueued as of today, or was sent already, is not validated again', async () => {
    await sentBefore()
    let asked = 0
    const schema: StandardSchema<Order> = z.object({ sku: z.string() }).refine(() => ++asked)
    const orders = world.open<Order>({ version: 2, schema })
    await orders.enqueue({ sku: 'B' })
    await world.passUntil(orders.idle())
    expect(world.server.bodies).toEqual([{ sku: 'A' }, { sku: 'A' }, { sku: 'B' }])
    expect(asked).toBe(1)
  })

  test('it runs where upcast does: in the worker that serves the definition', async () => {
    await leftBehind({ sku: 'A' })
    const definition = defineQueue<Order>(world.name, { endpoint: 'https://shop.example/orders', version: 2, schema: quantified })
    const nobody = (): never => {
      throw new Error('the page was asked')
    }
    const orders = world.openTab({}, [definition], (page) => ({ ...page, upcast: nobody })).open({}, definition)
    await orders.resume()
    await orders.idle()
    expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'USD' }])
  })
})

test('upcast runs in the worker that serves the definition', async () => {
  await leftBehind({ sku: 'A' })
  const definition = defineQueue<Order>(world.name, { endpoint: 'https://shop.example/orders', version: 2, upcast: inEuro })
  const orders = world.openTab({}, [definition]).open({}, definition)
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual([{ sku: 'A', currency: 'EUR' }])
})
