import type { KeepDeadLetters } from '../message/limits.ts'
import type { Connection } from './connection.ts'
import { deadLetters } from './dead-letters.ts'
import type { DeadLetters } from './dead-letters.ts'
import { countsOf, readHead, readTail } from './meta.ts'
import { purge } from './purge.ts'

/** A dead letter that was deleted, and why. */
export interface Forgotten {
  readonly id: string
  readonly reason: 'age' | 'number'
}

type Letter = DeadLetters['items'][number]

/**
 * Deletes dead letters that are too old, or too many: of the first hundred or so, since a look at all would take the longer, the more there are. Those that halt their group or are
 * unreadable are kept.
 *
 * @param now in queue time; nothing where that is in doubt, and no letter is too old.
 * @returns those that were deleted: where there are any, there may be more.
 */
export async function forgetDead(
  connection: Connection,
  { age = Infinity, number = Infinity }: KeepDeadLetters,
  now: number = -Infinity,
): Promise<readonly Forgotten[]> {
  const { letters, unreadable } = await first(connection)
  letters.sort((one, other) => one.deadAt - other.deadAt)
  // Afterwards: what is purged or redriven in between would else be one too many, and others deleted in its place. An unreadable one takes the place of none.
  const dead = (await countDead(connection)) - unreadable
  const why = new Map<number, Forgotten['reason']>()
  letters.forEach(({ sequence, deadAt }, place) => {
    if (deadAt <= now - age) why.set(sequence, 'age')
    else if (place < dead - number) why.set(sequence, 'number')
  })
  const ids = letters.flatMap(({ sequence, id }) => (why.has(sequence) ? [id] : []))
  const forgotten: Forgotten[] = []
  if (ids.length === 0) return forgotten
  // One that was redriven meanwhile, and has died again, is another. No group goes on: none of them halts any.
  for await (const some of purge(connection, ids, now, ({ sequence }) => why.has(sequence))) {
    forgotten.push(...some.map(({ id, sequence }) => ({ id, reason: why.get(sequence)! })))
  }
  return forgotten
}

/** How many there are, but for those that halt their group. */
function countDead(connection: Connection): Promise<number> {
  return connection.read(['meta'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    return countsOf(tail, head).dead - tail.halted
  })
}

/** The first letters that may be deleted, and how many were met that nobody can read. */
async function first(connection: Connection): Promise<{ letters: Letter[]; unreadable: number }> {
  let unreadable = 0
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: DeadLetters = await deadLetters(connection, from)
    const readable = items.filter(({ reason }) => reason !== 'unreadable')
    unreadable += items.length - readable.length
    const letters = readable.filter(({ halts }) => halts !== true)
    if (letters.length > 0) return { letters, unreadable }
    from = next
  }
  return { letters: [], unreadable }
}
