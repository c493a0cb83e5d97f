import { isQueueError } from '../../src/message/error.ts'
import type { FakeClock } from './fake-clock.ts'
import { throwFault } from './model.ts'

/** Whatever takes more turns of the event loop never ends. */
const PATIENCE = 3_000

/** So many turns of the event loop in which nothing happens are rest. */
export const QUIET = 6

export async function passTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for an answer, but not for ever. */
export async function inTime<T>(what: string, work: Promise<T>, pass?: () => void): Promise<T> {
  const answer = { isThere: false }
  const heard = (): void => void (answer.isThere = true)
  work.then(heard, heard)
  for (let turn = 0; !answer.isThere; turn++) {
    if (turn === PATIENCE) throwFault(`${what} is not answered`)
    if (turn % 50 === 49) pass?.()
    await passTurns(1)
  }
  return work
}

/** What was answered; nothing where the host that was asked has died meanwhile. */
export async function unlessHostLost<T>(work: Promise<T>): Promise<{ readonly answer: T } | undefined> {
  try {
    return { answer: await work }
  } catch (error) {
    if (isQueueError(error) && error.code === 'host-lost') return undefined
    throw error
  }
}

export interface Resting {
  readonly clock: FakeClock
  /** How much has happened until now, and whether something is under way. */
  readonly seen: () => number
  readonly isBusy: () => boolean
  /** What waits for no longer is not at rest, in milliseconds; then time passes. */
  readonly moment: number
  readonly advance: (by: number) => void
}

/** Waits until nothing happens any more without time. */
export async function settled({ clock, seen, isBusy, moment, advance }: Resting): Promise<void> {
  for (let quiet = 0, before = -1, left = PATIENCE; quiet < QUIET; quiet++) {
    if (left-- === 0) throwFault(`it does not come to rest: ${isBusy()} ${seen()} ${clock.next} ${clock.elapsed()}`)
    await passTurns(1)
    const now = seen()
    if (isBusy() || now !== before) quiet = 0
    else if (quiet === QUIET - 1 && clock.next !== undefined && clock.next <= moment) {
      advance(clock.next)
      quiet = 0
    }
    before = now
  }
}
