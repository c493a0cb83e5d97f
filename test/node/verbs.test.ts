import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/message/message.ts'
import type { OfGroup, Queue } from '../../src/producer/queue.ts'
import type { MessageFilter, WireMessage } from '../../src/protocol/host.ts'
import { FakeHost } from '../world/fake-host.ts'
import { collect } from '../world/world.ts'

const answer: Answer = { status: 200, headers: {}, body: undefined }

const message = (id: string, more: Partial<WireMessage> = {}): WireMessage => ({
  id,
  body: '1',
  bytes: 1,
  state: 'ready',
  enqueuedAt: 1,
  group: 'a',
  ...more,
})

type VerbOfGroup = (orders: Queue, of: OfGroup) => Promise<unknown>

const verbs: [string, VerbOfGroup][] = [
  ['pause', (orders, of) => orders.pause(of)],
  ['resume', (orders, of) => orders.resume(of)],
  ['retryNow', (orders, of) => orders.retryNow(of)],
  ['drain', (orders, of) => orders.drain(of)],
  ['depth', (orders, of) => orders.depth(of)],
  ['idle', (orders, of) => orders.idle(of)],
]

describe.each(verbs)('%s', (name, verb) => {
  test('takes a group, where there are groups', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    await verb(orders, { group: 'a' })
    const asked: Record<string, unknown[]> = {
      drain: ['retryNow', 'a'],
      depth: ['groupDepth', 'a'],
      idle: ['messages', undefined, { group: 'a' }],
    }
    expect(host.calls).toContainEqual(asked[name] ?? [name, 'a'])
    await orders.close()
  })

  test('refuses one where there are none', async () => {
    const orders = new FakeHost().open()
    await expect(verb(orders, { group: 'a' })).rejects.toMatchObject({
      code: 'invalid-option',
      message: 'Expected no `group` in a queue with `order: \'queue\'`, got "a" (string)',
    })
    await orders.close()
  })

  test.each([['a'], [null], [{}], [{ grup: 'a' }], [{ group: 7 }], [{ group: undefined }]])(
    'refuses %j, and does not take it for the whole queue',
    async (of) => {
      const host = new FakeHost()
      const orders = host.open({ order: 'group' })
      await expect(verb(orders, of as OfGroup)).rejects.toMatchObject({ code: 'invalid-option' })
      expect(host.calls.every(([called]) => called === 'open')).toBe(true)
      await orders.close()
    },
  )
})

describe('messages', () => {
  test('of a state or a group are asked for', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    host.waiting = [message('x', { state: 'delayed', due: 9, version: 2 })]
    const found = await collect(orders.messages({ state: 'delayed', group: 'a' }))
    const options = { idempotencyKey: 'x', group: 'a' }
    expect(found).toEqual([{ id: 'x', body: 1, size: 1, state: 'delayed', enqueuedAt: 1, due: 9, group: 'a', version: 2, options }])
    expect(host.calls).toContainEqual(['messages', undefined, { state: 'delayed', group: 'a' }])
    await orders.close()
  })

  test.each([[null], ['ready'], [{ state: 'dead' }], [{ states: 'ready' }], [{ group: 7 }]])('of %j there are none', async (filter) => {
    const orders = new FakeHost().open({ order: 'group' })
    await expect(collect(orders.messages(filter as MessageFilter))).rejects.toMatchObject({ code: 'invalid-option' })
    await orders.close()
  })

  test('of a group there are none in a queue without groups', async () => {
    const orders = new FakeHost().open({ order: 'none' })
    await expect(collect(orders.messages({ group: 'a' }))).rejects.toMatchObject({ code: 'invalid-option' })
    await orders.close()
  })
})

test('cancel asks whether an attempt is to be cut short', async () => {
  const host = new FakeHost()
  const orders = host.open()
  expect(await orders.cancel('x')).toBe('cancelled')
  await orders.cancel('y', { abort: true })
  expect(host.calls.filter(([verb]) => verb === 'cancel')).toEqual([
    ['cancel', 'x', false],
    ['cancel', 'y', true],
  ])
  for (const wrong of [['x', { abort: 1 }], ['x', { force: true }], ['x', null], [''], [7]])
    await expect(orders.cancel(...(wrong as [string]))).rejects.toMatchObject({ code: 'invalid-option' })
  await orders.close()
})

describe('a group is idle', () => {
  test.each([
    ['accepted', { type: 'accepted', id: 'last', answer }],
    ['dead-lettered', { type: 'dead-lettered', id: 'last', reason: 'expired', deadAt: 1, attempts: 0, status: 0, excerpt: '' }],
    ['cancelled', { type: 'cancelled', id: 'last', maybeDelivered: false }],
    ['replaced', { type: 'replaced', id: 'last', by: 'x' }],
  ] as const)('when its last message was %s, and not before', async (_, event) => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    host.waiting = [message('first'), message('last')]
    let isIdle = false
    const idle = orders.idle({ group: 'a' }).then(() => (isIdle = true))
    await orders.depth()
    host.waiting = []
    host.tell({ type: 'accepted', id: 'first', answer }, { type: 'emptied' })
    await orders.depth()
    expect(isIdle).toBe(false)
    host.tell(event)
    await idle
    await orders.close()
  })

  test('when what came meanwhile has left as well', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    host.waiting = [message('first')]
    const idle = orders.idle({ group: 'a' })
    await orders.depth()
    host.waiting = [message('second')]
    host.tell({ type: 'accepted', id: 'first', answer })
    await orders.depth()
    host.waiting = []
    host.tell({ type: 'accepted', id: 'second', answer })
    await idle
    await orders.close()
  })

  test('when its last message leaves while it is looked for', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    await orders.depth()
    host.waiting = [message('last')]
    let answered!: () => void
    host.held = new Promise((resolve) => (answered = resolve))
    const idle = orders.idle({ group: 'a' })
    await orders.depth()
    host.waiting = []
    host.tell({ type: 'accepted', id: 'last', answer })
    answered()
    await idle
    await orders.close()
  })

  test('and not while a message moves from where it is not looked for any more to where it was looked for before', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    host.moving = 1
    let isIdle = false
    const idle = orders.idle({ group: 'a' }).then(() => (isIdle = true))
    for (let look = 0; look < 3; look++) await orders.depth()
    expect(isIdle).toBe(false)
    expect(host.calls.filter(([verb]) => verb === 'messages')).toHaveLength(1)
    host.moving = 0
    host.tell({ type: 'accepted', id: 'any', answer })
    await idle
    await orders.close()
  })

  test('when the site’s data was cleared, and whoever waits is told when the queue is closed', async () => {
    const host = new FakeHost()
    const orders = host.open({ order: 'group' })
    host.waiting = [message('last')]
    const idle = orders.idle({ group: 'a' })
    await orders.depth()
    host.waiting = []
    host.tell({ type: 'storage-cleared', generation: 'b:0', waiting: 1, dead: 0 })
    await idle
    host.waiting = [message('other')]
    const told = expect(orders.idle({ group: 'a' })).rejects.toMatchObject({ code: 'closed' })
    await orders.depth()
    await orders.close()
    await told
  })
})
