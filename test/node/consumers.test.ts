import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ack } from '../../src/message/ack.ts'
import { Reject, Retry } from '../../src/message/handling.ts'
import type { LeasedMessage } from '../../src/message/handling.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { consumerRoll } from '../../src/protocol/consuming.ts'
import { breakStorage } from '../world/break-storage.ts'
import { countCollected } from '../world/collected.ts'
import { Freezer } from '../world/freezer.ts'
import { collect, heard, turns, World } from '../world/world.ts'
import type { Tab } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(async () => {
  vi.unstubAllGlobals()
  await world.passUntil(world.end())
})

function openIn(tab: Tab, options: Partial<OpenOptions<string>> = {}): Queue<string> {
  return tab.open<string>({ consumers: true, order: 'group', ...options })
}

const open = (options?: Partial<OpenOptions<string>>): Queue<string> => openIn(world.openTab(), options)

/** A handler that takes down what it is given, and waits until it is told what comes of it. */
class Held {
  readonly messages: LeasedMessage<string>[] = []
  readonly #answers: ((what: unknown) => void)[] = []
  readonly #watchers: (() => void)[] = []

  readonly handle = (message: LeasedMessage<string>): Promise<unknown> => {
    this.messages.push(message)
    for (const watcher of this.#watchers.splice(0)) watcher()
    return new Promise((resolve) => this.#answers.push(resolve)).then((what) => (what instanceof Error ? Promise.reject(what) : what))
  }

  get bodies(): string[] {
    return this.messages.map(({ body }) => body)
  }

  async got(count: number): Promise<void> {
    while (this.messages.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  /** Ends the nth. */
  end(nth: number, what?: unknown): void {
    this.#answers[nth]!(what)
  }
}

test('what a handler returns is the answer of the receipt, and the message is gone', async () => {
  const sums = open()
  sums.consume(({ body, id, attempt }) => ({ length: body.length, id, attempt }))
  const receipt = await sums.enqueue('four')
  expect(await receipt.delivered).toMatchObject({ status: 200, body: { length: 4, id: receipt.id, attempt: 1 } })
  await sums.idle()
  expect(await sums.depth()).toMatchObject({ ready: 0, leased: 0, dead: 0 })
})

test.each([
  ['a Map', new Map([['a', 1]])],
  ['a function', () => {}],
  ['a BigInt', 1n],
  ['NaN within', { mean: NaN }],
  ['an answer that is too long', 'x'.repeat(70_000)],
  ['what ack answers with', ack({ enqueue: [], answer: new Map() })],
])('%s is left out of the answer, and reported; its message is done, and not handled again', async (_, returned) => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const sums = open()
  let handled = 0
  sums.consume(() => {
    handled += 1
    return returned
  })
  const { delivered } = await sums.enqueue('x')
  expect(await delivered).toEqual({ status: 200, headers: {}, body: undefined })
  expect(handled).toBe(1)
  expect(reported).toMatchObject([{ message: expect.stringMatching(/^What a handler returned is left out .* got /) as string }])
})

test('a handler that returns nothing has an answer without a body', async () => {
  const sums = open()
  sums.consume(() => {})
  const { delivered } = await sums.enqueue('x')
  expect((await delivered).body).toBeUndefined()
})

test('messages wait until there is a consumer, and are handled in order within a group', async () => {
  const orders = open()
  await Promise.all(['1', '2', '3'].map((body) => orders.enqueue(body, { group: 'a' })))
  await turns()
  expect(await orders.depth()).toMatchObject({ ready: 3, leased: 0 })
  const held = new Held()
  orders.consume(held.handle, { concurrency: 3 })
  await held.got(1)
  await turns()
  expect(held.bodies).toEqual(['1'])
  held.end(0)
  await held.got(2)
  held.end(1)
  await held.got(3)
  held.end(2)
  await orders.idle()
  expect(held.bodies).toEqual(['1', '2', '3'])
})

test('competing consumers: never has more than one the same message, nor one more than it takes at once', async () => {
  const [one, other] = [world.openTab(), world.openTab()]
  const orders = openIn(one)
  const [first, second] = [new Held(), new Held()]
  orders.consume(first.handle, { concurrency: 2 })
  openIn(other).consume(second.handle, { concurrency: 1 })
  await turns()
  await Promise.all(Array.from({ length: 5 }, (_, n) => orders.enqueue(`${n}`, { group: `g${n}` })))
  await Promise.all([first.got(2), second.got(1)])
  await turns()
  expect([...first.bodies, ...second.bodies].toSorted()).toEqual(['0', '1', '2'])
  expect(first.bodies).toHaveLength(2)
  for (const nth of [0, 1]) first.end(nth)
  second.end(0)
  while (first.messages.length + second.messages.length < 5)
    await Promise.race([first.got(first.messages.length + 1), second.got(second.messages.length + 1)])
  for (const held of [first, second]) for (const nth of held.messages.keys()) held.end(nth)
  await orders.idle()
  expect([...first.bodies, ...second.bodies].toSorted()).toEqual(['0', '1', '2', '3', '4'])
})

test('a handler that throws: the message is tried again in its place, with backoff, and is dead after maxAttempts', async () => {
  const orders = open({ maxAttempts: 2 })
  const bodies: string[] = []
  orders.consume(({ body, attempt }) => {
    bodies.push(`${body}${attempt}`)
    if (body === 'a') throw new TypeError('It is broken')
  })
  const scheduled = heard(orders, 'retry-scheduled')
  const [receipt] = await Promise.all([orders.enqueue('a'), orders.enqueue('b')])
  expect(await scheduled).toMatchObject({ id: receipt.id, reason: 'failed', status: 500, excerpt: 'TypeError: It is broken' })
  await world.passUntil(orders.idle())
  expect(bodies).toEqual(['a1', 'a2', 'b1'])
  const [letter] = await collect(orders.deadLetters())
  expect(letter).toMatchObject({ id: receipt.id, reason: 'attempts-exhausted', attempts: 2, excerpt: 'TypeError: It is broken' })
  expect(letter!.trail).toMatchObject([{ result: 'failed' }, { result: 'failed' }])
})

test('Retry waits as long as it says, whatever the backoff, and Reject makes a dead letter at once', async () => {
  const orders = open({ backoff: { first: 60_000, longest: 60_000 } })
  let isFirst = true
  orders.consume(({ body }) => {
    if (body === 'reject') throw new Reject('There is no such customer')
    if (isFirst) {
      isFirst = false
      throw new Retry({ delay: 5_000 })
    }
  })
  const scheduled = heard(orders, 'retry-scheduled')
  const receipt = await orders.enqueue('retry', { group: 'a' })
  expect((await scheduled).due).toBe(world.clock.now() + 5_000)
  world.clock.advance(5_000)
  await receipt.delivered
  const dead = await orders.enqueue('reject', { group: 'b' })
  await expect(dead.delivered).rejects.toMatchObject({ code: 'dead-lettered' })
  expect(await collect(orders.deadLetters())).toMatchObject([{ id: dead.id, reason: 'rejected', excerpt: 'There is no such customer' }])
})

test.each([30 * 24 * 60 * 60 * 1_000, Number.MAX_VALUE])(
  'Retry may have a message wait for %d milliseconds, and its lease is over at once',
  async (delay) => {
    const orders = open()
    orders.consume(() => {
      throw new Retry({ delay })
    })
    const scheduled = heard(orders, 'retry-scheduled')
    await orders.enqueue('a')
    const { reason, due } = await world.passUntil(scheduled)
    expect({ reason, wait: due - world.clock.now() }).toEqual({ reason: 'failed', wait: Math.min(delay, 2 ** 52) })
  },
)

test('a handler that throws what cannot be shown has thrown, and takes messages as before', async () => {
  const orders = open({ maxAttempts: 1, order: 'none' })
  orders.consume(({ body }) => {
    if (body === 'bad') throw Object.create(null)
  })
  const dead = heard(orders, 'dead-lettered')
  await orders.enqueue('bad')
  expect(await dead).toMatchObject({ status: 500, excerpt: 'What it threw cannot be shown' })
  await (
    await orders.enqueue('good')
  ).delivered
})

test('handlers that fail for five groups in a row hold up nobody else', async () => {
  const orders = open()
  orders.consume(
    ({ body }) => {
      if (body === 'bad') throw new Error('no')
    },
    { concurrency: 6 },
  )
  await Promise.all(Array.from({ length: 6 }, (_, n) => orders.enqueue('bad', { group: `g${n}` })))
  await turns()
  const { delivered } = await orders.enqueue('good', { group: 'good' })
  await delivered
  await orders.pause()
})

test('a consumer that dies is noticed at once: its message goes to another, in its place, and that counts', async () => {
  const [leading, dying] = [world.openTab(), world.openTab()]
  const orders = openIn(leading, { maxAttempts: 2 })
  await orders.depth()
  const [lost, held] = [new Held(), new Held()]
  openIn(dying)
  const doomed = world.consumeIn(lost.handle)
  const receipt = await orders.enqueue('x')
  await lost.got(1)
  orders.consume(held.handle)
  const scheduled = heard(orders, 'retry-scheduled')
  doomed.die()
  expect(await world.passUntil(scheduled)).toMatchObject({ id: receipt.id, reason: 'crashed' })
  await world.passUntil(held.got(1))
  expect(held.messages[0]).toMatchObject({ body: 'x', attempt: 2 })
  held.end(0)
  await receipt.delivered
})

test('a message that kills its consumer each time is dead after maxAttempts', async () => {
  const orders = open({ maxAttempts: 3 })
  const receipt = await orders.enqueue('x')
  for (let attempt = 1; attempt <= 3; attempt++) {
    const held = new Held()
    const doomed = world.consumeIn(held.handle)
    await world.passUntil(held.got(1))
    doomed.die()
  }
  await world.passUntil(orders.idle())
  expect(await collect(orders.deadLetters())).toMatchObject([{ id: receipt.id, reason: 'attempts-exhausted', attempts: 3 }])
})

test('a consumer that hangs loses its lease, another has the message, and what the first returns then settles nothing', async () => {
  const orders = open()
  const [hung, held] = [new Held(), new Held()]
  orders.consume(hung.handle, { lease: 5_000 })
  const receipt = await orders.enqueue('x')
  await hung.got(1)
  orders.consume(held.handle, { lease: 5_000 })
  const expired = heard(orders, 'lease-expired')
  world.clock.advance(5_000)
  expect(await expired).toMatchObject({ id: receipt.id })
  expect(hung.messages[0]!.signal.aborted).toBe(true)
  await world.passUntil(held.got(1))
  hung.end(0, 'late')
  await turns()
  expect((await orders.depth()).leased).toBe(1)
  held.end(0, 'in time')
  expect((await receipt.delivered).body).toBe('in time')
})

test('a handler that returns as its message is taken from it has done nothing: the message is handled again', async () => {
  const orders = open()
  const consumer = orders.consume(
    ({ signal, attempt }) => (attempt > 1 ? 'done' : new Promise((resolve) => signal.addEventListener('abort', resolve))),
    { lease: 5_000 },
  )
  const receipt = await orders.enqueue('x')
  expect((await world.passUntil(receipt.delivered)).body).toBe('done')
  await world.passUntil(consumer.close())
})

test('what was returned after its lease is not remembered: the next leader has it handled again', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  const first = openIn(leading, { backoff: { first: 60_000, longest: 60_000 } })
  await first.depth()
  const held = new Held()
  const consumer = world.consumeIn(held.handle, { lease: 5_000 })
  const receipt = await first.enqueue('x')
  await held.got(1)
  const expired = heard(first, 'lease-expired')
  world.clock.advance(5_000)
  await expired
  held.end(0, 'late')
  await turns()
  await world.passUntil(leading.close())
  const orders = openIn(other)
  await world.passUntil(held.got(2))
  held.end(1, 'in time')
  expect((await world.passUntil(orders.receipt(receipt.id).delivered)).body).toBe('in time')
  await world.passUntil(consumer.close())
})

test('the next leader leaves a message with who has it, though another hangs on it', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  const first = openIn(leading)
  await first.depth()
  const [hung, held] = [new Held(), new Held()]
  const hanging = world.consumeIn(hung.handle, { lease: 5_000 })
  const receipt = await first.enqueue('x')
  await hung.got(1)
  const healthy = world.consumeIn(held.handle)
  await world.passUntil(held.got(1))
  await world.passUntil(leading.close())
  const orders = openIn(other)
  await orders.depth()
  await turns()
  expect([hung.messages.length, held.messages.length]).toEqual([1, 1])
  held.end(0, 'once')
  expect((await world.passUntil(orders.receipt(receipt.id).delivered)).body).toBe('once')
  hanging.die()
  await world.passUntil(healthy.close())
})

test('a consumer that was frozen takes nothing that came too late, and has its place free again', async () => {
  const orders = open()
  const held = new Held()
  const consumer = world.consumeIn(held.handle, { lease: 5_000 })
  await turns()
  consumer.freezer.freeze()
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  await world.passUntil(scheduled)
  consumer.freezer.thaw()
  await turns()
  expect(held.messages).toHaveLength(0)
  await world.passUntil(held.got(1))
  held.end(0)
  await world.passUntil(orders.idle())
  await world.passUntil(consumer.close())
})

test('a leader whose storage has failed asks everybody once more before it hands anything out again', async () => {
  const orders = open()
  const [one, other] = [new Held(), new Held()]
  orders.consume(one.handle)
  const receipt = await orders.enqueue('x')
  await one.got(1)
  orders.consume(other.handle, { concurrency: 2 })
  await turns()
  let isBroken = true
  const mend = breakStorage(({ mode }) => (mode === 'readwrite' && isBroken ? 'refused' : undefined))
  const failed = heard(orders, 'storage-failed')
  one.end(0, 'once')
  await failed
  isBroken = false
  mend()
  const release = world.channels.hold((name) => name === consumerRoll(world.name))
  world.clock.advance(1_000)
  await turns()
  release()
  expect((await world.passUntil(receipt.delivered)).body).toBe('once')
  expect(other.messages).toHaveLength(0)
})

test('what waits for a place with a consumer is not handed out while the queue is paused', async () => {
  const orders = open()
  const held = new Held()
  orders.consume(held.handle, { lease: 5_000 })
  await orders.enqueue('x')
  await held.got(1)
  const scheduled = heard(orders, 'retry-scheduled')
  world.clock.advance(5_000)
  await scheduled
  // Its consumer hangs, and has no place for it.
  world.clock.advance(1_000)
  await turns()
  await orders.pause()
  held.end(0)
  await turns()
  expect(held.messages).toHaveLength(1)
  await orders.resume()
  await world.passUntil(held.got(2))
  held.end(1)
  await orders.idle()
})

test('a consumer that dies is noticed at once though a tab is frozen that led before, and watches over it as well', async () => {
  const freezer = new Freezer()
  const first = openIn(world.openTab(freezer.platform(world.platform)))
  await first.depth()
  const held = new Held()
  const doomed = world.consumeIn(held.handle)
  await first.enqueue('x')
  await held.got(1)
  const orders = openIn(world.openTab())
  const gained = heard(orders, 'leadership-gained')
  freezer.freeze()
  await world.passUntil(gained)
  await turns()
  const scheduled = heard(orders, 'retry-scheduled')
  doomed.die()
  expect(await world.passUntil(scheduled)).toMatchObject({ reason: 'crashed' })
  freezer.thaw()
  orders.consume(() => {})
  await world.passUntil(orders.idle())
})

test('extend() begins the lease anew, and progress is heard in every tab', async () => {
  const orders = open()
  const other = openIn(world.openTab())
  await other.depth()
  const held = new Held()
  orders.consume(held.handle, { lease: 5_000 })
  const receipt = await orders.enqueue('x')
  await held.got(1)
  world.clock.advance(4_000)
  expect(held.messages[0]!.extend()).toBe(true)
  await turns()
  world.clock.advance(4_000)
  await turns()
  const progressed = heard(other, 'progressed')
  held.messages[0]!.progress(0.5)
  expect(await world.passUntil(progressed)).toMatchObject({ id: receipt.id, progress: 0.5 })
  held.end(0, 'done')
  expect((await receipt.delivered).body).toBe('done')
  expect(held.messages).toHaveLength(1)
})

test('when the leader is closed, what a consumer of another tab has in hand stays there, and is handled once', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  const first = openIn(leading)
  await first.depth()
  const orders = openIn(other)
  const held = new Held()
  orders.consume(held.handle)
  const receipt = await orders.enqueue('x')
  await held.got(1)
  const gained = heard(orders, 'leadership-gained')
  await world.passUntil(leading.close())
  await gained
  await turns()
  expect(held.messages[0]!.signal.aborted).toBe(false)
  held.end(0, 'once')
  expect((await world.passUntil(receipt.delivered)).body).toBe('once')
  expect(held.messages).toHaveLength(1)
})

test('what was returned as nobody led is asked for by the next leader, and not handled again', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  const first = openIn(leading)
  await first.depth()
  const held = new Held()
  const consumer = world.consumeIn(held.handle)
  const receipt = await first.enqueue('x')
  await held.got(1)
  await world.passUntil(leading.close())
  held.end(0, 'once')
  await turns()
  const orders = openIn(other)
  expect((await world.passUntil(orders.receipt(receipt.id).delivered)).body).toBe('once')
  expect(held.messages).toHaveLength(1)
  await world.passUntil(consumer.close())
})

test('a consumer that does not say what it has in hand is waited for by the next leader, for as long as its lease is', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  const first = openIn(leading)
  await first.depth()
  const [busy, held] = [new Held(), new Held()]
  const silent = world.consumeIn(busy.handle, { lease: 8_000 })
  await first.enqueue('x')
  await busy.got(1)
  silent.hang()
  const orders = openIn(other)
  orders.consume(held.handle)
  await world.passUntil(leading.close())
  await orders.depth()
  await turns()
  const before = world.clock.elapsed()
  await world.passUntil(held.got(1))
  expect(world.clock.elapsed() - before).toBeGreaterThanOrEqual(8_000)
  held.end(0)
  await world.passUntil(orders.idle())
  silent.die()
})

test('close() lets what is in hand be finished, takes no more, and hands back what takes too long: that counts for nothing', async () => {
  const orders = open()
  const [closing, held] = [new Held(), new Held()]
  const consumer = orders.consume(closing.handle, { concurrency: 2 })
  await Promise.all(['1', '2', '3'].map((body) => orders.enqueue(body, { group: body })))
  await closing.got(2)
  const closed = consumer.close({ timeout: 1_000 })
  closing.end(0)
  await turns()
  expect(closing.bodies).toEqual(['1', '2'])
  orders.consume(held.handle, { concurrency: 2 })
  await held.got(1)
  world.clock.advance(1_000)
  await closed
  expect(closing.messages[1]!.signal.aborted).toBe(true)
  await world.passUntil(held.got(2))
  expect(held.bodies.toSorted()).toEqual(['2', '3'])
  for (const nth of [0, 1]) held.end(nth)
  await world.passUntil(orders.idle())
  expect((await collect(orders.deadLetters())).length).toBe(0)
})

test('a consumer that was closed is held by nobody', async () => {
  const orders = open()
  const handlers: WeakRef<object>[] = []
  for (let nth = 0; nth < 10; nth++) {
    const handler = (): void => {}
    handlers.push(new WeakRef(handler))
    const consumer = orders.consume(handler)
    await turns()
    await world.passUntil(consumer.close())
  }
  await turns()
  expect(await countCollected(handlers)).toBeGreaterThanOrEqual(9)
})

test('a queue that is closed leaves its consumer two seconds, though that is being closed and was left more', async () => {
  const orders = open()
  const consumer = orders.consume(() => new Promise(() => {}), { lease: 600_000 })
  await orders.enqueue('a')
  await turns()
  const closing = consumer.close()
  const began = world.clock.elapsed()
  await world.passUntil(Promise.all([orders.close(), closing]))
  expect(world.clock.elapsed() - began).toBe(2_000)
})

test('a message that nobody has a place for, since the one consumer hangs, is ready, and can be cancelled', async () => {
  const orders = open()
  orders.consume(() => new Promise(() => {}), { lease: 1_000 })
  const scheduled = heard(orders, 'retry-scheduled')
  const { id } = await orders.enqueue('a')
  await world.passUntil(scheduled)
  world.clock.advance(60_000)
  await turns()
  expect(await orders.depth()).toMatchObject({ ready: 1, leased: 0 })
  expect(await orders.cancel(id)).toBe('cancelled')
})

test('a page that is left hands back at once what it has in hand, and is on the roll again when it comes back', async () => {
  const [leading, leaving] = [world.openTab(), world.openTab()]
  const orders = openIn(leading)
  await orders.depth()
  const held = new Held()
  openIn(leaving).consume(held.handle)
  const receipt = await orders.enqueue('x')
  await held.got(1)
  const scheduled = heard(orders, 'retry-scheduled')
  leaving.leave()
  expect(await world.passUntil(scheduled)).toMatchObject({ reason: 'handed-back' })
  expect(held.messages[0]!.signal.aborted).toBe(true)
  leaving.comeBack()
  await world.passUntil(held.got(2))
  held.end(1, 'again')
  expect((await receipt.delivered).body).toBe('again')
})

test('a message that is cancelled while it is in hand is taken from its handler', async () => {
  const orders = open()
  const held = new Held()
  orders.consume(held.handle)
  const receipt = await orders.enqueue('x')
  await held.got(1)
  expect(await orders.cancel(receipt.id)).toBe('leased')
  expect(await orders.cancel(receipt.id, { abort: true })).toBe('aborted')
  await turns()
  expect(held.messages[0]!.signal.aborted).toBe(true)
  held.end(0)
  await world.passUntil(orders.idle())
  await expect(receipt.delivered).rejects.toMatchObject({ code: 'cancelled' })
})

test('what strangers say on the roll changes nothing', async () => {
  const orders = open()
  const held = new Held()
  orders.consume(held.handle)
  await turns()
  const channel = world.channels.open(consumerRoll(world.name))
  for (const word of [
    null,
    1,
    { holdfast: 1 },
    { holdfast: 1, who: -1 },
    { holdfast: 1, here: { id: 'x', lease: 1, places: 1e9, inHand: [], stuck: [], done: [] } },
    { holdfast: 1, here: { __proto__: null } },
  ])
    channel.postMessage(word)
  const receipt = await orders.enqueue('x')
  await held.got(1)
  held.end(0, 'ours')
  expect((await receipt.delivered).body).toBe('ours')
  channel.close()
})

test('a queue has either an endpoint or consumers, and says so', async () => {
  expect(() => world.open({ consumers: true, timeout: 1_000 })).toThrow(/Expected no `timeout` with `consumers: true`/)
  const sent = world.open()
  expect(() => sent.consume(() => {})).toThrow(/Expected a queue with `consumers: true`/)
  const handled = open()
  await expect(handled.enqueueRequest(new Request('https://shop.example/'))).rejects.toThrow(/Expected a queue with an `endpoint`/)
  expect(() => handled.consume('x' as never)).toThrow(/Expected `handler` to be a function/)
  expect(() => handled.consume(() => {}, { lease: 1 })).toThrow(/Expected `lease` to be a whole number of milliseconds from 100/)
  expect(() => handled.consume(() => {}, { concurrency: 0 })).toThrow(/Expected `concurrency`/)
})

test('a request that was enqueued while the queue had an endpoint is a dead letter, and holds up nobody', async () => {
  const tab = world.openTab()
  const sent = tab.open<string>({ order: 'group' })
  await sent.pause()
  const request = await sent.enqueueRequest(new Request('https://shop.example/', { method: 'POST', body: 'x' }))
  await tab.close()
  const orders = open()
  await orders.resume()
  orders.consume(() => 'handled')
  const { delivered } = await orders.enqueue('y')
  expect((await delivered).body).toBe('handled')
  expect(await collect(orders.deadLetters())).toMatchObject([
    { id: request.id, reason: 'rejected', excerpt: expect.stringContaining('endpoint') as string },
  ])
})

test('a queue that a page has open with one end is refused with the other, until it is closed', async () => {
  const tab = world.openTab()
  const refused = (end: string): Error =>
    expect.objectContaining({
      code: 'invalid-option',
      message: `The queue "${world.name}" is open in this page with ${end}: close that first`,
    }) as Error
  const handled = openIn(tab)
  expect(() => tab.open()).toThrow(refused('`consumers: true`'))
  expect(() => tab.open({ identity: 'ann' })).not.toThrow()
  openIn(tab)
  await Promise.all([handled.close(), openIn(tab).close()])
  expect(() => tab.open()).toThrow(refused('`consumers: true`'))
  await tab.close()
  const sent = tab.open()
  expect(() => openIn(tab)).toThrow(refused('an `endpoint`'))
  await sent.close()
  await openIn(tab).depth()
})

test('a handler that ends late, after its message was handed to the same consumer again, takes it from nobody as another leads', async () => {
  const [leading, other] = [world.openTab(), world.openTab()]
  openIn(leading, { backoff: { first: 10, longest: 10 } })
  await turns()
  const orders = openIn(other)
  const [one, two] = [new Held(), new Held()]
  const consumer = world.consumeIn(one.handle, { concurrency: 2, lease: 5_000 })
  const receipt = await orders.enqueue('x')
  // Its lease runs out, and it has it once more.
  await world.passUntil(one.got(2))
  await orders.pause()
  await world.passUntil(leading.close())
  orders.consume(two.handle, { concurrency: 3 })
  await turns()
  one.end(0, 'late')
  await turns()
  await orders.resume()
  await turns()
  expect(two.messages).toHaveLength(0)
  one.end(1, 'in time')
  expect((await world.passUntil(receipt.delivered)).body).toBe('in time')
  consumer.die()
})

test('a consumer that is being closed, and whose word on the roll is late, is not asked again and again', async () => {
  const orders = open()
  const held = new Held()
  const consumer = orders.consume(held.handle, { concurrency: 2 })
  await orders.enqueue('a', { group: 'a' })
  await held.got(1)
  const arrive = world.channels.hold((name) => name === consumerRoll(world.name))
  const closed = consumer.close({ timeout: 60_000 })
  const attempts: number[] = []
  orders.subscribe((event) => event.type === 'retry-scheduled' && attempts.push(event.due))
  await orders.enqueue('b', { group: 'b' })
  await turns()
  expect(attempts).toHaveLength(1)
  arrive()
  held.end(0)
  await closed
  expect(await orders.depth()).toMatchObject({ ready: 1 })
})

test('a message that is delayed while a leader begins is handed out when it is due, and not when that looks for itself', async () => {
  let [asked, release] = [(): void => {}, (): void => {}]
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  const held = new Promise<void>((resolve) => (release = resolve))
  const { manager } = world.locks
  const query = async (): Promise<LockManagerSnapshot> => {
    asked()
    await held
    return manager.query()
  }
  const locks = { request: manager.request.bind(manager), query }
  const queue = world.openTab({ locks }).open<number>({ consumers: true })
  await queue.depth()
  await isAsked
  const { delivered } = await queue.enqueue(1, { delay: 1_000 })
  release()
  queue.consume(({ body }) => body)
  await world.clock.armedWithin(1_000)
  world.clock.advance(1_000)
  expect(await delivered).toMatchObject({ body: 1 })
})
