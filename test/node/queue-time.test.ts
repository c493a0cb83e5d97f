import { beforeEach, describe, expect, test } from 'vitest'
import { QueueTime } from '../../src/consumer/queue-time.ts'
import { FakeClock } from '../world/fake-clock.ts'

const HOUR = 3_600_000
const YEAR = 365 * 24 * HOUR

let clock: FakeClock
beforeEach(() => void (clock = new FakeClock()))

/** A time that has heard of a server's, an hour ahead. */
function known(): QueueTime {
  const time = new QueueTime(clock, undefined)
  time.serverSaid(clock.now() + HOUR)
  return time
}

test('is the device’s', () => {
  const time = new QueueTime(clock, undefined)
  expect(time.now()).toBe(clock.now())
  clock.advance(HOUR)
  expect(time.now()).toBe(clock.now())
})

describe('a clock that is set back', () => {
  test('is not followed: time goes on evenly', () => {
    const time = new QueueTime(clock, undefined)
    const start = time.now()
    clock.advance(1_000)
    clock.jump(-YEAR)
    clock.advance(1_000)
    expect(time.now()).toBe(start + 2_000)
    clock.advance(HOUR)
    expect(time.now()).toBe(start + 2_000 + HOUR)
  })

  test('is not followed over a restart either', () => {
    const { kept } = new QueueTime(clock, undefined)
    clock.jump(-YEAR)
    const time = new QueueTime(clock, kept)
    expect(time.now()).toBe(kept.seen)
    clock.advance(1_000)
    expect(time.now()).toBe(kept.seen + 1_000)
  })

  test('by less than a second stands still for that long, and is followed then', () => {
    const time = new QueueTime(clock, undefined)
    const start = time.now()
    clock.jump(-500)
    expect(time.now()).toBe(start)
    clock.advance(600)
    expect(time.now()).toBe(start + 100)
    expect(time.kept.offset).toBe(0)
  })
})

describe('a clock that leaps ahead', () => {
  test('by less than a minute is followed', () => {
    const time = known()
    clock.jump(59_000)
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(clock.now())
  })

  test('is followed without a doubt where no server’s time is known', () => {
    const time = new QueueTime(clock, undefined)
    clock.jump(YEAR)
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(clock.now())
  })

  test('is in doubt until a server has said that it was right: the device has slept', () => {
    const time = known()
    clock.jump(8 * HOUR)
    expect(time.isDoubtful).toBe(true)
    time.serverSaid(clock.now() + HOUR + 60_000)
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(clock.now())
    expect(time.kept.offset).toBe(0)
  })

  test('is in doubt until a server has said that it was wrong: then time is as it was', () => {
    const time = known()
    const start = time.now()
    clock.jump(YEAR)
    expect(time.isDoubtful).toBe(true)
    clock.advance(10_000)
    time.serverSaid(start + 10_000 + HOUR)
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(start + 10_000)
    clock.advance(HOUR)
    expect(time.now()).toBe(start + 10_000 + HOUR)
    expect(time.isDoubtful).toBe(false)
  })

  test('is in doubt over a restart as well', () => {
    const { kept } = known()
    clock.jump(YEAR)
    const time = new QueueTime(clock, kept)
    expect(time.isDoubtful).toBe(true)
    const again = new QueueTime(clock, time.kept)
    expect(again.isDoubtful).toBe(true)
    again.serverSaid(kept.seen + HOUR)
    expect(again.now()).toBe(kept.seen)
  })

  test('and back is in doubt no longer', () => {
    const time = known()
    const start = time.now()
    clock.jump(YEAR)
    expect(time.isDoubtful).toBe(true)
    clock.jump(-YEAR)
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(start)
  })

  test('is believed when that is all there is', () => {
    const time = known()
    clock.jump(YEAR)
    time.trust()
    expect(time.isDoubtful).toBe(false)
    expect(time.now()).toBe(clock.now())
  })

  test('is not corrected to before what was sure, whatever a server says', () => {
    const time = known()
    const start = time.now()
    clock.jump(YEAR)
    time.serverSaid(start - YEAR)
    expect(time.now()).toBe(start)
  })
})

test('a restart within a minute is no doubt', () => {
  const { kept } = known()
  clock.advance(59_000)
  expect(new QueueTime(clock, kept).isDoubtful).toBe(false)
})
