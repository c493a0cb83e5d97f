import type { DeadLetter, Depth, Queue, WaitingMessage } from 'holdfast'
import { first, glanceAtGroups } from './groups-glance.ts'
import type { GroupGlance } from './groups-glance.ts'
import { keepLooking } from './keep-looking.ts'
import { PausedOnce } from './paused-once.ts'

/** How many rows of each list are shown, and read: a queue can be longer than a page should be. */
export const ROWS = 12

/** How far the look goes into what waits, to put together what is of one group. */
const HEAD = 64

/** What a queue looked like at one moment. */
export interface Glance<T> {
  readonly depth: Depth
  /** Those of the leased that are being sent; the others are next in line, and wait with their groups. */
  readonly underWay: readonly WaitingMessage<T>[]
  readonly groups: readonly GroupGlance<T>[]
  readonly delayed: readonly WaitingMessage<T>[]
  readonly dead: readonly DeadLetter<T>[]
}

export interface Watcher<T> {
  /** Which messages are being sent, as far as that was heard. */
  readonly sending: ReadonlyMap<string, number>
  readonly show: (glance: Glance<T>) => void
  readonly failed: (error: unknown) => void
}

/** Shows a queue as it is, and again whenever something has happened in it. */
export function watchQueue<T>(queue: Queue<T>, { sending, show, failed }: Watcher<T>): void {
  const pausedOnce = new PausedOnce(queue)
  keepLooking(queue, async () => show(await glanceAt(queue, pausedOnce, sending)), failed)
}

async function glanceAt<T>(queue: Queue<T>, pausedOnce: PausedOnce, sending: ReadonlyMap<string, number>): Promise<Glance<T>> {
  // Before the look: one that is paused during it may not be in it yet.
  const paused = pausedOnce.groups
  const depth = await queue.depth()
  const [head, delayed, dead] = await Promise.all([
    first(queue.messages(), HEAD),
    depth.delayed > 0 ? first(queue.messages({ state: 'delayed' }), ROWS) : [],
    first(queue.deadLetters(), ROWS),
  ])
  const underWay = head.filter(({ id, state }) => state === 'leased' && sending.has(id))
  const waiting = head.filter((message) => message.state !== 'delayed' && !underWay.includes(message))
  const groups = await glanceAtGroups(queue, { depth, waiting, dead, pausedOnce: paused })
  const stillPaused = new Set(groups.filter(({ isPaused }) => isPaused).map(({ group }) => group))
  pausedOnce.forget(new Set([...paused].filter((group) => !stillPaused.has(group))))
  return { depth, underWay, groups, delayed, dead }
}
