import { afterEach, beforeEach, expect, test } from 'vitest'
import { databaseName } from '../../src/protocol/names.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { openAuditor } from '../world/audit.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { Play } from '../world/model-play.ts'
import { collect, heard, heardTimes, World } from '../world/world.ts'

/** What the model test has found, as short as it can be told. */

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

/** A drain that looks again and again without a pause would not get this far, or would leave a timer that goes off at once. */
async function expectRest(): Promise<void> {
  await world.clock.armedWithin(60_000)
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(world.clock.next).toBeGreaterThan(1_000)
}

function openGroups(options: { onDead?: 'halt'; concurrency?: number } = {}): Queue<string> {
  return world.open<string>({ order: 'group', concurrency: 1, ...options })
}

test('once the last group that was behind has caught up, the drain rests', async () => {
  world.server.next(unreachable)
  const orders = openGroups()
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x', { group: 'a' })
  await scheduled
  await orders.retryNow()
  await orders.idle()
  await expectRest()
})

test('while the queue is paused, and a group is behind, the drain rests; resumed, it goes on', async () => {
  const orders = openGroups()
  await orders.pause({ group: 'a' })
  await Promise.all([orders.enqueue('x', { group: 'a' }), orders.enqueue('y', { group: 'b' })])
  await heard(orders, 'accepted')
  await orders.pause()
  await expectRest()
  await orders.resume({ group: 'a' })
  await expectRest()
  expect(world.server.bodies).toEqual(['y'])
  await orders.resume()
  await orders.idle()
})

test('the dedup key of a dead letter that was purged while it halted its group is free', async () => {
  world.server.next(status(422))
  const orders = openGroups({ onDead: 'halt' })
  const halted = heard(orders, 'halted')
  await orders.enqueue('x', { group: 'a', dedupKey: 'k' })
  await halted
  await orders.purge()
  await orders.idle()
  const { audit, close } = openAuditor(databaseName(world.name))
  expect((await audit()).dedup).toEqual([])
  await close()
})

test('a dead letter that halts its group waits no more, though another group’s message lies before it', async () => {
  world.server.next(unreachable)
  const orders = openGroups({ onDead: 'halt' })
  const scheduled = heard(orders, 'retry-scheduled')
  await Promise.all([orders.enqueue('1', { group: 'a' }), orders.enqueue('2', { group: 'b' }), orders.enqueue('3', { group: 'a' })])
  await scheduled
  world.server.next(status(200), status(200), status(422))
  const halted = heard(orders, 'halted')
  const accepted = heardTimes(orders, 'accepted', 2)
  world.clock.advance(60_000)
  await Promise.all([halted, accepted])
  expect(await collect(orders.messages())).toEqual([])
  expect(await collect(orders.deadLetters())).toHaveLength(1)
})

test('a message under way of a group that is behind cannot be cancelled, though another group’s message lies before it', async () => {
  world.server.next(unreachable)
  const orders = openGroups()
  const scheduled = heard(orders, 'retry-scheduled')
  const [, , third] = await Promise.all([
    orders.enqueue('1', { group: 'a' }),
    orders.enqueue('2', { group: 'b' }),
    orders.enqueue('3', { group: 'a' }),
  ])
  await scheduled
  world.server.next(status(200), status(200))
  const accepted = heardTimes(orders, 'accepted', 2)
  let answer = (): void => {}
  world.server.react = (request) =>
    request
      .clone()
      .text()
      .then(async (text) => {
        if (text === '"3"') await new Promise<void>((resolve) => (answer = resolve))
        return new Response()
      })
  world.clock.advance(60_000)
  await accepted
  await world.server.arrived(4)
  expect(await orders.cancel(third.id)).toBe('leased')
  answer()
  await orders.idle()
})

test('a group that was paused while the server did not know who we are goes on when it is resumed', async () => {
  world.server.next(status(401))
  const orders = openGroups()
  const unauthorized = heard(orders, 'unauthorized')
  await orders.enqueue('x', { group: 'a' })
  await unauthorized
  await orders.pause({ group: 'a' })
  await orders.resume()
  await expectRest()
  await orders.resume({ group: 'a' })
  await orders.idle()
})

test('what was cancelled before it was reserved is not counted as leased', async () => {
  const orders = openGroups()
  await orders.pause()
  const receipts = await Promise.all(Array.from({ length: 30 }, (_, n) => orders.enqueue(`${n}`, { group: 'a' })))
  await orders.cancel(receipts[1]!.id)
  const answer = world.server.holdNext()
  await orders.resume()
  await world.server.arrived(1)
  expect(await orders.depth()).toMatchObject({ leased: (await collect(orders.messages({ state: 'leased' }))).length })
  answer()
  await orders.idle()
})

test('a pause that comes while the drain rests holds what was reserved before, also when a group is resumed', async () => {
  const orders = openGroups({ concurrency: 2 })
  const answer = world.server.holdNext()
  world.server.next(status(401))
  const unauthorized = heard(orders, 'unauthorized')
  await Promise.all([orders.enqueue('x', { group: 'a' }), orders.enqueue('y', { group: 'b' })])
  await unauthorized
  await orders.pause()
  await orders.resume({ group: 'a' })
  await expectRest()
  expect(world.server.bodies).toEqual(['x', 'y'])
  answer()
  await orders.resume()
  await orders.idle()
})

test('a receipt is told of an answer though the tab that had it ended before it could say so', async () => {
  const options = { keepReceipts: { age: 60_000, number: 10 } }
  const leader = world.open(options)
  await leader.depth()
  const orders = world.open<string>(options)
  const answer = world.server.holdNext()
  const { delivered } = await orders.enqueue('x')
  await world.server.arrived(1)
  const accepted = heard(leader, 'accepted')
  world.channels.isDeaf = true
  answer()
  await world.clock.armedWithin(25)
  world.clock.advance(25)
  await accepted
  world.channels.isDeaf = false
  await leader.close()
  expect((await delivered).status).toBe(200)
})

test('a message that the server did not know the sender of was sent: its bytes are not changed', async () => {
  world.server.next(status(401))
  const orders = world.open<string>({ dedupKey: () => 'k', onDuplicate: 'latest' })
  const unauthorized = heard(orders, 'unauthorized')
  await orders.enqueue('x')
  await unauthorized
  await orders.enqueue('y')
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'x', 'y'])
})

test('a letter that was redriven in a group that is paused as well is no dead letter any more', async () => {
  world.server.next(status(422))
  const orders = openGroups({ onDead: 'halt' })
  const halted = heard(orders, 'halted')
  await orders.enqueue('x', { group: 'a' })
  await halted
  await orders.pause({ group: 'a' })
  await orders.enqueue('y', { group: 'a' })
  await orders.redrive()
  await expectRest()
  expect((await collect(orders.messages())).map(({ body }) => body)).toEqual(['x', 'y'])
  await orders.resume({ group: 'a' })
  await orders.idle()
})

test('a dedup key is that of the message under way again, once the one behind it was cancelled', async () => {
  const orders = world.open<string>({ dedupKey: () => 'k' })
  const answer = world.server.holdNext()
  const first = await orders.enqueue('x')
  await world.server.arrived(1)
  const second = await orders.enqueue('y', { onDuplicate: 'replace' })
  expect(second.id).not.toBe(first.id)
  expect(await orders.cancel(second.id)).toBe('cancelled')
  expect((await orders.enqueue('z')).id).toBe(first.id)
  answer()
  await orders.idle()
  expect((await orders.enqueue('z')).id).not.toBe(first.id)
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'z'])
})

test('a dedup key is free once both that had it were settled together', async () => {
  world.server.next(status(503))
  const orders = world.open<string>({ dedupKey: () => 'k' })
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  await scheduled
  await orders.enqueue('y', { onDuplicate: 'replace' })
  await orders.retryNow()
  await orders.idle()
  const { audit, close } = openAuditor(databaseName(world.name))
  expect((await audit()).dedup).toEqual([])
  await close()
})

test('a group that was paused while the message that halts it was under way is stopped once', async () => {
  const orders = openGroups({ onDead: 'halt' })
  const answer = world.server.holdNext()
  await orders.enqueue('x', { group: 'a' })
  await world.server.arrived(1)
  await orders.pause({ group: 'a' })
  const halted = heard(orders, 'halted')
  answer(new Response(null, { status: 422 }))
  await halted
  expect(await orders.depth()).toMatchObject({ stopped: 1 })
  await orders.resume({ group: 'a' })
  expect(await orders.depth()).toMatchObject({ stopped: 0 })
})

test('what is aborted in a tab that was superseded and does not know it is not sent by the one that leads', async () => {
  const superseded = openGroups()
  const answers = [world.server.holdNext(), world.server.holdNext()]
  const [, second] = await Promise.all([superseded.enqueue('x', { group: 'a' }), superseded.enqueue('y', { group: 'a' })])
  await world.server.arrived(1)
  const other = openGroups()
  await other.depth()
  const gained = heard(other, 'leadership-gained')
  world.locks.steal(`holdfast/${world.name}/leader`)
  await gained
  await world.server.arrived(2)
  expect(await superseded.cancel(second.id, { abort: true })).toBe('aborted')
  for (const answer of answers) answer()
  await superseded.idle()
  expect(world.server.bodies).toEqual(['x', 'x'])
})

test('a message that was answered 401, expired and was redriven stays as it was sent: what comes next under its dedup key stands behind it', async () => {
  world.server.next(status(401))
  const orders = world.open<string>({ dedupKey: () => 'k', onDuplicate: 'latest' })
  const unauthorized = heard(orders, 'unauthorized')
  const first = await orders.enqueue('x', { ttl: 3_000 })
  await unauthorized
  world.clock.advance(10_000)
  const dead = heard(orders, 'dead-lettered')
  await orders.resume()
  await dead
  await orders.pause()
  await orders.redrive()
  const second = await orders.enqueue('y')
  expect(second.id).not.toBe(first.id)
  await orders.resume()
  await orders.idle()
  expect(world.server.bodies).toEqual(['x', 'x', 'y'])
})

test('a message that goes out as the queue is paused cannot be cancelled: the pause takes back only what has not begun', async () => {
  const message = { group: '', key: undefined, onDuplicate: undefined, delay: undefined, ttl: undefined, maxAttempts: undefined }
  const play = new Play({ order: 'queue', onDead: 'continue', concurrency: 1, maxAttempts: 1, capacity: undefined })
  try {
    play.stage.answer(['loses', 'busy', 'held'])
    await play.enqueue(0, [message, message, message])
    await play.rest()
    play.stage.advance(1_000)
    await play.stage.turns(1)
    await play.cancel(0, 1, false)
    await play.rest()
    // A transaction that knew of nothing under way is written as the first message goes out, and finds the queue paused.
    play.stage.advance(5_000)
    await play.stage.turns(1)
    await play.pause(1, undefined)
    await play.stage.turns(1)
    expect(play.stage.server.underWay).toHaveLength(1)
    await play.cancelUnderWay(0, 0, false)
    await play.heal()
  } finally {
    await play.stage.end(true)
  }
})
