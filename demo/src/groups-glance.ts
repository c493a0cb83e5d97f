import type { DeadLetter, Depth, Queue, WaitingMessage } from 'holdfast'

/** How many groups are shown, and how many messages of each. */
const GROUPS = 8
export const OF_GROUP = 3

/** What waits in one group. */
export interface GroupGlance<T> {
  readonly group: string
  /** The first few. */
  readonly messages: readonly WaitingMessage<T>[]
  /** How many there are, as far as the look has gone. */
  readonly total: number
  readonly isPaused: boolean
  readonly isHalted: boolean
  /** The dead letter that halts it, if that is among those that are shown. */
  readonly haltedBy: DeadLetter<T> | undefined
}

export interface Seen<T> {
  readonly depth: Depth
  readonly waiting: readonly WaitingMessage<T>[]
  readonly dead: readonly DeadLetter<T>[]
  /** Groups that were paused at some time: a queue tells how many are stopped, but not which. */
  readonly pausedOnce: Iterable<string>
}

/** Groups that are halted or paused, and then the first of the others. */
export async function glanceAtGroups<T>(queue: Queue<T>, seen: Seen<T>): Promise<readonly GroupGlance<T>[]> {
  const stopped = await stoppedGroups(queue, seen)
  const names = new Set(stopped.map(({ group }) => group))
  const others = goingGroups(seen.waiting).filter(({ group }) => !names.has(group))
  return [...stopped, ...others.slice(0, Math.max(0, GROUPS - stopped.length))]
}

async function stoppedGroups<T>(queue: Queue<T>, { depth, dead, pausedOnce }: Seen<T>): Promise<readonly GroupGlance<T>[]> {
  if (depth.stopped === 0) return []
  const letters = new Map(dead.filter(({ halts }) => halts).map((letter) => [letter.group ?? '', letter]))
  const names = new Set([...letters.keys(), ...pausedOnce])
  const groups = await Promise.all([...names].map((group) => glanceAtGroup(queue, group, letters.get(group))))
  return groups.filter(({ isPaused, isHalted, total }) => isPaused || (isHalted && total > 0))
}

async function glanceAtGroup<T>(queue: Queue<T>, group: string, letter: DeadLetter<T> | undefined): Promise<GroupGlance<T>> {
  const [{ ready, leased, paused, halted }, messages] = await Promise.all([
    queue.depth({ group }),
    first(queue.messages({ group, state: 'ready' }), OF_GROUP),
  ])
  return { group, messages, total: ready + leased, isPaused: paused, isHalted: halted, haltedBy: halted ? letter : undefined }
}

function goingGroups<T>(waiting: readonly WaitingMessage<T>[]): GroupGlance<T>[] {
  const groups = new Map<string, WaitingMessage<T>[]>()
  for (const message of waiting) {
    const group = message.group ?? ''
    groups.set(group, [...(groups.get(group) ?? []), message])
  }
  return Array.from(groups, ([group, messages]) => ({
    group,
    messages: messages.slice(0, OF_GROUP),
    total: messages.length,
    isPaused: false,
    isHalted: false,
    haltedBy: undefined,
  }))
}

/** The beginning of what may be long: a queue reads no further than it is asked to. */
export async function first<T>(source: AsyncIterable<T>, atMost: number): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) {
    found.push(one)
    if (found.length === atMost) break
  }
  return found
}
