import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Reject } from '../../src/message/handling.ts'
import type { ScheduleOptions } from '../../src/message/schedule.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { Channel } from '../../src/protocol/channel.ts'
import { breakStorage } from '../world/break-storage.ts'
import { collect, heard, turns, World } from '../world/world.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR

let world: World
// Loaded where it is needed, which takes a time that is not the world's.
beforeAll(async () => void (await Promise.all([import('../../src/handling.ts'), import('croner')])))
beforeEach(() => void (world = new World()))
afterEach(() => world.passUntil(world.end()))

const open = (options: Partial<OpenOptions<string>> = {}): Queue<string> => world.open<string>({ consumers: true, ...options })

/** Takes down what is handled, and when. */
function handling(queue: Queue<string>): { readonly bodies: string[]; readonly times: number[] } {
  const [bodies, times]: [string[], number[]] = [[], []]
  const began = world.clock.now()
  queue.consume(({ body }) => {
    bodies.push(body)
    times.push(world.clock.now() - began)
  })
  return { bodies, times }
}

/** Lets time pass from timer to timer. */
async function pass(length: number): Promise<void> {
  const end = world.clock.elapsed() + length
  for (;;) {
    await turns()
    const left = end - world.clock.elapsed()
    if (left <= 0) return
    world.clock.advance(Math.min(left, world.clock.next ?? left))
  }
}

test('every so often a message comes, the first after as long, whatever the handler takes', async () => {
  const ticks = open()
  const { bodies, times } = handling(ticks)
  const { id, due } = await ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  expect(due).toBe(world.clock.now() + 10 * SECOND)
  expect(await collect(ticks.messages())).toMatchObject([{ id, state: 'delayed', body: 'tick' }])
  await pass(35 * SECOND)
  expect(bodies).toEqual(['tick', 'tick', 'tick'])
  expect(times).toEqual([10 * SECOND, 20 * SECOND, 30 * SECOND])
})

test('once for each origin, whatever the number of tabs', async () => {
  const tabs = [1, 2, 3, 4].map(() => open())
  const scheduled = await Promise.all(tabs.map((tab) => tab.schedule('tick', { every: 10 * SECOND, body: 'tick' })))
  expect(new Set(scheduled.map(({ id }) => id)).size).toBe(1)
  const handled = tabs.map((tab) => handling(tab))
  await pass(55 * SECOND)
  expect(handled.flatMap(({ bodies }) => bodies)).toHaveLength(5)
  await tabs[0]!.close()
  await pass(20 * SECOND)
  expect(handled.flatMap(({ bodies }) => bodies)).toHaveLength(7)
})

test('after a week asleep one message comes, and then those of the time', async () => {
  const ticks = open()
  const { times } = handling(ticks)
  await ticks.schedule('hourly', { every: HOUR, body: 'tick' })
  await turns()
  world.clock.advance(7 * DAY + HOUR / 2)
  await pass(HOUR)
  expect(times).toEqual([7 * DAY + HOUR / 2, 7 * DAY + HOUR])
})

test('while nobody handles it there is one of it in the queue', async () => {
  const ticks = open()
  await ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await pass(100 * SECOND)
  expect(await ticks.depth()).toMatchObject({ ready: 1, delayed: 0 })
  const { times } = handling(ticks)
  await pass(10 * SECOND)
  expect(times).toEqual([0, 10 * SECOND])
})

test('one that is dead makes room for the next as well', async () => {
  const ticks = open()
  let calls = 0
  ticks.consume(() => {
    calls += 1
    throw new Reject('It is bad')
  })
  await ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await pass(35 * SECOND)
  expect(calls).toBe(3)
})

test('a reload keeps it: the occurrence that waited comes, and the next when the page schedules it again', async () => {
  const before = open()
  const { id, due } = await before.schedule('tick', { every: HOUR, body: 'tick' })
  await before.close()
  world.clock.advance(HOUR / 2)
  const after = open()
  const { times } = handling(after)
  expect(await after.schedule('tick', { every: HOUR, body: 'tick' })).toEqual({ id, due })
  await pass(2 * HOUR)
  expect(times).toEqual([HOUR / 2, HOUR + HOUR / 2])
})

test('cron tells the time by a clock of one’s choice', async () => {
  const reports = open()
  const { due } = await reports.schedule('nightly', { cron: '30 3 * * *', timezone: 'Asia/Kathmandu', body: 'report' })
  expect(new Date(due).toISOString()).toMatch(/T21:45:00\.000Z$/)
  expect(due - world.clock.now()).toBeLessThanOrEqual(DAY)
  const { times } = handling(reports)
  const first = due - world.clock.now()
  await pass(3 * DAY)
  expect(times).toEqual([first, first + DAY, first + 2 * DAY])
})

test('a page whose clock is behind that of who drains asks for no time twice, and misses none', async () => {
  const leading = open()
  const { times } = handling(leading)
  await turns()
  // As when both look at the clock around the very moment.
  const behind = world.openTab()
  const { clock } = world
  behind.pageClock = { now: () => clock.now() - 20, after: (delay, callback) => clock.after(delay, callback) }
  await behind.open<string>({ consumers: true }).schedule('each', { cron: '*/10 * * * * *', body: 'tick' })
  await pass(35 * SECOND)
  expect(times).toEqual([0, 10 * SECOND, 20 * SECOND, 30 * SECOND])
})

test.each([-DAY, -30 * DAY, DAY])('cron goes on at its times after the clock was set by %d milliseconds', async (by) => {
  const ticks = open()
  const { bodies } = handling(ticks)
  await ticks.schedule('minutely', { cron: '* * * * *', body: 'tick' })
  await pass(90 * SECOND)
  const before = bodies.length
  world.clock.jump(by)
  await pass(600 * SECOND)
  expect(bodies.length - before).toBeGreaterThanOrEqual(9)
})

test('cron goes on at its times where the clock was a month ahead for a while', async () => {
  const ticks = open()
  const { bodies } = handling(ticks)
  await ticks.schedule('minutely', { cron: '* * * * *', body: 'tick' })
  for (const by of [30 * DAY, -30 * DAY]) {
    world.clock.jump(by)
    await pass(300 * SECOND)
  }
  expect(bodies.length).toBeGreaterThanOrEqual(9)
})

test('of two calls for one name the last one counts, though the first has to load what reads cron', async () => {
  const ticks = open()
  const every = ticks.schedule('tick', { cron: '* * * * *', body: 'first' })
  await Promise.all([every, ticks.schedule('tick', { every: 10 * SECOND, body: 'second' })])
  const { bodies } = handling(ticks)
  await pass(25 * SECOND)
  expect(bodies).toEqual(['second', 'second'])
})

test('a schedule that is ended while it is on its way has ended', async () => {
  const ticks = open()
  const scheduling = ticks.schedule('tick', { cron: '* * * * * *', body: 'tick' })
  expect(await ticks.unschedule('tick')).toBe(true)
  await scheduling
  const { bodies } = handling(ticks)
  await pass(5 * SECOND)
  expect(bodies).toEqual([])
})

test('another body takes the place of what waits, at its time; another time is another schedule', async () => {
  const ticks = open()
  const first = await ticks.schedule('tick', { every: HOUR, body: 'old' })
  world.clock.advance(HOUR / 2)
  const updated = heard(ticks, 'updated')
  expect(await ticks.schedule('tick', { every: HOUR, body: 'new' })).toEqual(first)
  expect(await updated).toMatchObject({ id: first.id })
  expect(await collect(ticks.messages())).toMatchObject([{ id: first.id, body: 'new' }])
  const second = await ticks.schedule('tick', { every: 2 * HOUR, body: 'new' })
  expect(second).toEqual({ id: first.id, due: world.clock.now() + 2 * HOUR })
  expect(await ticks.depth()).toMatchObject({ delayed: 1 })
  const { times } = handling(ticks)
  await pass(5 * HOUR)
  expect(times).toEqual([2 * HOUR, 4 * HOUR])
})

test('a tab of an earlier release, which has it with another body, goes on with the new one, and undoes nothing as it looks again', async () => {
  const later = open()
  await turns()
  const earlier = open()
  await earlier.schedule('tick', { every: 10 * SECOND, body: 'old' })
  await later.schedule('tick', { every: 10 * SECOND, body: 'new' })
  const { bodies } = handling(earlier)
  await pass(25 * SECOND)
  await later.close()
  await turns()
  expect(await collect(earlier.messages())).toMatchObject([{ body: 'new' }])
  await pass(20 * SECOND)
  expect(bodies).toEqual(['new', 'new', 'new', 'new'])
})

test('a tab of an earlier release, which has it at another time, lets it go', async () => {
  const [earlier, later] = [open(), open()]
  await earlier.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await later.schedule('tick', { every: 60 * SECOND, body: 'tick' })
  const { times } = handling(earlier)
  await pass(125 * SECOND)
  expect(times).toEqual([60 * SECOND, 120 * SECOND])
})

test('schedules of different names are apart, and one of them can be ended, in every tab', async () => {
  const [one, other] = [open(), open()]
  for (const tab of [one, other]) {
    await tab.schedule('a', { every: 10 * SECOND, body: 'a' })
    await tab.schedule('b', { every: 20 * SECOND, body: 'b' })
  }
  const { bodies } = handling(one)
  await pass(11 * SECOND)
  expect(bodies).toEqual(['a'])
  const cancelled = heard(one, 'cancelled')
  expect(await other.unschedule('a')).toBe(true)
  await cancelled
  expect(await one.unschedule('a')).toBe(false)
  await pass(30 * SECOND)
  expect(bodies).toEqual(['a', 'b', 'b'])
})

test.each([{ every: 10 * SECOND }, { cron: '*/10 * * * * *' }])('an occurrence that is cancelled is left out: %j', async (timing) => {
  const ticks = open()
  const { times } = handling(ticks)
  const { id, due } = await ticks.schedule('tick', { ...timing, body: 'tick' })
  const first = due - world.clock.now()
  expect(await ticks.cancel(id)).toBe('cancelled')
  await pass(35 * SECOND)
  expect(times).toEqual([first + 10 * SECOND, first + 20 * SECOND])
})

test('its time to live begins when it is due', async () => {
  const ticks = open({ ttl: 5 * SECOND })
  const { times } = handling(ticks)
  await ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await pass(15 * SECOND)
  expect(times).toEqual([10 * SECOND])
  expect(await ticks.depth()).toMatchObject({ dead: 0 })
})

test('what is asked again, since nobody heard that it was written, is stored once', async () => {
  const ticks = open()
  await ticks.depth()
  let faults = 1
  const mend = breakStorage(({ mode, stores }) =>
    mode === 'readwrite' && stores.includes('dedup') && faults-- > 0 ? 'unheard' : undefined,
  )
  await world.passUntil(ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' }))
  mend()
  expect(faults).toBeLessThan(1)
  expect(await ticks.depth()).toMatchObject({ delayed: 1 })
})

test('when the site’s data is cleared, and the schedule with it, it begins anew', async () => {
  const ticks = open()
  await ticks.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  const { times } = handling(ticks)
  await turns()
  const cleared = heard(ticks, 'storage-cleared')
  await new Promise((resolve) => indexedDB.deleteDatabase(`holdfast/${world.name}`).addEventListener('success', resolve))
  await ticks.depth()
  await cleared
  await pass(25 * SECOND)
  expect(times).toEqual([10 * SECOND, 20 * SECOND])
})

test('what a tab that drained has settled, and did not live to tell, the next one finds', async () => {
  const mute = (name: string): Channel => {
    const channel = world.channels.open(name)
    return {
      postMessage() {},
      addEventListener: (type, listener) => channel.addEventListener(type, listener),
      close: () => channel.close(),
    }
  }
  const leading = world.openTab({ openChannel: (name) => (name === `holdfast/${world.name}` ? mute(name) : world.channels.open(name)) })
  const before = leading.open<string>({ consumers: true })
  const { times } = handling(before)
  await turns()
  const after = open()
  await after.schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await pass(11 * SECOND)
  expect(times).toHaveLength(1)
  await before.close()
  const next = handling(after)
  await pass(18 * SECOND)
  expect(next.times).toEqual([9 * SECOND])
})

test('what nobody has told of is looked for', async () => {
  const leading = open()
  const { times } = handling(leading)
  await turns()
  const deaf = world.openTab({ openChannel: () => ({ postMessage() {}, addEventListener() {}, close() {} }) })
  await deaf.open<string>({ consumers: true }).schedule('tick', { every: 10 * SECOND, body: 'tick' })
  await pass(200 * SECOND)
  // Who drains has not heard either what was stored, and looks once a minute.
  expect(times).toEqual([60 * SECOND, 120 * SECOND, 180 * SECOND])
})

test.each([
  ['no name', '', { every: SECOND, body: '' }, 'Expected `name` to be a string of 1 to 256 characters, got "" (string)'],
  ['no time', 'x', { body: '' }, 'Expected `every` or `cron`, got neither'],
  ['two times', 'x', { every: SECOND, cron: '* * * * *', body: '' }, 'Expected `every` or `cron`, got both'],
  ['too often', 'x', { every: 10, body: '' }, 'Expected `every` to be a whole number from 1000 to 2147483647, got 10 (number)'],
  ['a zone without a clock', 'x', { every: SECOND, timezone: 'UTC', body: '' }, 'Expected `timezone` only with `cron`'],
  [
    'no time zone',
    'x',
    { cron: '* * * * *', timezone: 'Paris', body: '' },
    'Expected `timezone` to be an IANA time zone, as \'Europe/Paris\', got "Paris" (string)',
  ],
  ['no cron', 'x', { cron: 'at tea', body: '' }, expect.stringContaining('Expected `cron` to be a cron expression, got "at tea": ')],
  ['what is over', 'x', { cron: '0 0 0 1 1 * 2020', body: '' }, 'Expected `cron` to tell a time to come, got "0 0 0 1 1 * 2020"'],
  ['another option', 'x', { every: SECOND, delay: 1, body: '' }, expect.stringContaining('Unknown option `delay`')],
])('%s is refused with a sentence, and nothing is stored', async (_, name, options, message) => {
  const ticks = open()
  await expect(ticks.schedule(name, options as ScheduleOptions<string>)).rejects.toMatchObject({ code: 'invalid-option', message })
  expect(await ticks.depth()).toMatchObject({ delayed: 0 })
})
