import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LeasedMessage } from '../../src/message/handling.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { theDeadWriteNothing } from '../world/killing.ts'
import { Life } from '../world/life.ts'
import { collect, turns, World } from '../world/world.ts'

let world: World
theDeadWriteNothing()
beforeEach(() => void (world = new World()))
afterEach(() => world.passUntil(world.end()))

/** A tab that drains and handles, and ends with both as soon as it has what ends it in hand. */
async function visit(
  options: Partial<OpenOptions<string>>,
  handle: (message: LeasedMessage<string>, end: () => void) => unknown,
  concurrency = 1,
): Promise<{ readonly queue: Queue<string>; readonly end: () => void }> {
  const tab = world.openTab({}, undefined, undefined, new Life(() => {}))
  const queue = tab.open<string>({ consumers: true, ...options })
  const end = (): void => {
    tab.kill()
    consumer.die()
  }
  const consumer = world.consumeIn<string>((message) => handle(message, end), { concurrency })
  await turns()
  return { queue, end }
}

const never = new Promise<never>(() => {})

/** A handler that has what it is given until it is told. */
function holding(): { readonly bodies: string[]; readonly ends: (() => void)[]; handle(message: LeasedMessage<string>): Promise<void> } {
  const [bodies, ends]: [string[], (() => void)[]] = [[], []]
  return {
    bodies,
    ends,
    handle({ body }) {
      bodies.push(body)
      return new Promise((resolve) => ends.push(resolve))
    },
  }
}

/** Has tabs end of what is `bad`, until one does not. How many there were. */
async function visitUntilItLives(
  options: Partial<OpenOptions<string>>,
  handled: string[],
): Promise<{ deaths: number; queue: Queue<string>; end: () => void }> {
  for (let deaths = 0; ; deaths++) {
    let isDead = false
    const { queue, end } = await visit(options, ({ body }, ends) => {
      if (body !== 'bad') return void handled.push(body)
      isDead = true
      ends()
      return never
    })
    const over = queue.idle().then(
      () => true,
      () => false,
    )
    await world.passUntil(Promise.race([over, until(() => isDead)]))
    if (!isDead) return { deaths, queue, end }
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

test('a message that ends the tab that drains along with its consumer, each time, is dead in the end, and the others go on', async () => {
  const options = { maxAttempts: 2, order: 'none' } as const
  const first = await visit(options, () => never)
  await first.queue.enqueueAll(['bad', 'b', 'c'])
  await turns()
  first.end()
  const handled: string[] = []
  const { deaths, queue, end } = await visitUntilItLives(options, handled)
  expect(deaths).toBe(7)
  expect(handled.toSorted()).toEqual(['b', 'c'])
  const letters = await collect(queue.deadLetters())
  expect(letters).toMatchObject([{ body: 'bad', reason: 'attempts-exhausted', maybeDelivered: true }])
  expect(letters[0]!.trail!.every(({ result }) => result === 'crashed')).toBe(true)
  end()
})

test('a message whose tab a person closes a few times is handled all the same, and nothing is counted against it', async () => {
  const options = { maxAttempts: 1 }
  let seen = 0
  for (let visits = 0; visits < 5; visits++) {
    const { queue, end } = await visit(options, () => {
      seen += 1
      return never
    })
    if (visits === 0) await queue.enqueue('long')
    await world.passUntil(until(() => seen > visits))
    end()
  }
  const { queue, end } = await visit(options, ({ attempt }) => attempt)
  await world.passUntil(queue.idle())
  expect(await queue.depth()).toMatchObject({ dead: 0 })
  end()
})

test('what a consumer of another tab has in hand while leaders die is not accused', async () => {
  const options = { maxAttempts: 1, keepReceipts: { age: 1e9, number: 10 } }
  let finish!: (value: string) => void
  const long = world.consumeIn<string>(() => new Promise<string>((resolve) => (finish = resolve)), { lease: 1e9 })
  let id = ''
  for (let visits = 0; visits < 10; visits++) {
    const tab = world.openTab({}, undefined, undefined, new Life(() => {}))
    const queue = tab.open<string>({ consumers: true, ...options })
    if (visits === 0) ({ id } = await queue.enqueue('long'))
    await turns()
    expect(await queue.depth()).toMatchObject({ leased: 1, dead: 0 })
    tab.kill()
  }
  finish('done')
  const last = world.open<string>({ consumers: true, ...options })
  expect((await world.passUntil(last.receipt(id).delivered)).body).toBe('done')
  long.die()
})

test.each([{}, { concurrency: 3 }])('those that may have ended a tab go one at a time, and the others beside them: %j', async (limit) => {
  const options = { order: 'none', maxAttempts: 1, ...limit } as const
  const first = await visit(options, () => never, 3)
  await first.queue.enqueueAll(['a', 'b', 'c'])
  await turns()
  first.end()
  const { bodies, ends, handle } = holding()
  const second = await visit(options, handle, 3)
  await second.queue.enqueue('d')
  await turns()
  expect(bodies.toSorted()).toEqual(['a', 'd'])
  for (let nth = 0; nth < 4; nth++) {
    await world.passUntil(until(() => ends.length > nth))
    ends[nth]!()
  }
  await world.passUntil(second.queue.idle())
  expect(bodies).toHaveLength(4)
  second.end()
})

test('one that waits for its turn is not handed out while the queue is paused', async () => {
  const options = { order: 'none', maxAttempts: 1 } as const
  const first = await visit(options, () => never, 2)
  await first.queue.enqueueAll(['a', 'b'])
  await turns()
  first.end()
  const { bodies, ends, handle } = holding()
  const second = await visit(options, handle, 2)
  await world.passUntil(until(() => bodies.length === 1))
  await second.queue.pause()
  ends[0]!()
  await turns()
  expect(bodies).toHaveLength(1)
  await second.queue.resume()
  await world.passUntil(until(() => bodies.length === 2))
  ends[1]!()
  await world.passUntil(second.queue.idle())
  second.end()
})

test('what stood behind another of its group was in no hand, and goes side by side with other groups as ever', async () => {
  const options = { order: 'group', maxAttempts: 1 } as const
  const first = await visit(options, ({ body }) => (body.startsWith('x') ? body : never), 2)
  await first.queue.enqueueAll(['x1', 'x2', 'a1', 'b1', 'a2', 'b2'], (body) => ({ group: body[0]! }))
  await turns()
  world.clock.advance(100)
  await turns()
  first.end()
  const { bodies, ends, handle } = holding()
  const second = await visit(options, handle, 2)
  // These may have been in hand: one at a time.
  await turns()
  expect(bodies).toEqual(['a1'])
  ends[0]!()
  await turns()
  // The second of its group beside the first of the other.
  expect(bodies.toSorted()).toEqual(['a1', 'a2', 'b1'])
  ends[1]!()
  ends[2]!()
  await world.passUntil(until(() => bodies.length === 4))
  ends[3]!()
  await world.passUntil(second.queue.idle())
  second.end()
})
