import type { Batch, Setup } from '../protocol/host.ts'
import { leftBehind } from '../protocol/names.ts'
import { aged } from './aged.ts'
import { charactersOf, fromText, toText } from './batch-text.ts'
import type { TextBatch } from './batch-text.ts'

/**
 * What a page that leaves has not heard to be stored. `localStorage` is written at once, from whichever task, and is the only storage of which that is true: a
 * transaction of IndexedDB needs its page to be there until it ends. Whichever page of the origin has the queue open next, or now, has it stored, under the producer's own mark: a batch that
 * was stored all the same is not stored twice.
 */

/** As much as one page leaves there, in characters: the whole of an origin's is about five million. */
const MOST_CHARACTERS = 1_000_000

/** A queue of which something may be left behind. */
export interface LeavingQueue {
  readonly key: string
  /** Its options, with the generation of the queue, where that is known. */
  readonly setup: Pick<Setup, 'generation' | 'asks'>
}

interface Left {
  /** Which generation of the queue it was for; absent where the page did not know yet. */
  readonly generation?: string
  /** By the device's clock, in milliseconds since the epoch. */
  readonly at: number
  readonly batch: Batch
}

/** As it lies there. */
interface LeftText extends Omit<Left, 'batch'> {
  readonly batch: TextBatch
}

/** What one page has written down of its batches for one queue. */
export class LeftBehind {
  readonly #queue: LeavingQueue
  readonly #prefix: string
  /** Keys that are there, and what each holds, in characters. */
  readonly #written = new Map<number, number>()

  constructor(queue: LeavingQueue, producer: string) {
    this.#queue = queue
    this.#prefix = `${leftBehind(queue.key)}${producer}/`
  }

  /** @returns whether it is there. Nothing that comes after a batch that is not may be: that would pass for stored. */
  write(batch: Batch): boolean {
    if (this.#written.has(batch.number)) return true
    // There it would lie in clear: nothing can be encrypted at once.
    if (this.#queue.setup.asks.encryption !== 'never') return false
    const before = [...this.#written.values()].reduce((sum, size) => sum + size, 0)
    // Before it is made text of: a file, or a body of megabytes, would hold up the page as it leaves.
    if (before + charactersOf(batch) > MOST_CHARACTERS) return false
    try {
      const { generation } = this.#queue.setup
      const left: LeftText = { at: Date.now(), ...(generation !== undefined && { generation }), batch: toText(batch) }
      const text = JSON.stringify(left)
      if (before + text.length > MOST_CHARACTERS) return false
      localStorage.setItem(this.#prefix + batch.number, text)
      this.#written.set(batch.number, text.length)
      return true
    } catch {
      // It is full, or not for us.
      return false
    }
  }

  /** A batch was decided. */
  remove({ number }: Batch): void {
    if (this.#written.delete(number)) remove(this.#prefix + number)
  }
}

/** Calls back when another page leaves something behind. */
export function watchLeft(queue: string, call: () => void): () => void {
  if (typeof addEventListener !== 'function') return () => {}
  const stop = new AbortController()
  const isOurs = ({ key, newValue }: StorageEvent): boolean => newValue !== null && key?.startsWith(leftBehind(queue)) === true
  addEventListener('storage', (event) => isOurs(event as StorageEvent) && call(), { signal: stop.signal })
  return () => stop.abort()
}

export interface TakeOver {
  readonly store: (batch: Batch) => Promise<unknown>
  /** Finds out which generation of the queue this is. */
  readonly look: () => Promise<unknown>
  /** Whether a producer is of this page: its batches it has stored itself, and hears of those that are refused. */
  readonly isHere: (producer: string) => boolean
}

/** Has stored what pages have left behind, in its order. What cannot be stored now stays where it is; what was left before the queue was destroyed goes. */
export async function takeOver(queue: LeavingQueue, { store, look, isHere }: TakeOver): Promise<void> {
  for (const [key, { at, batch, generation }] of allLeft(queue.key)) {
    if (isHere(batch.producer)) continue
    try {
      if (generation !== undefined && queue.setup.generation === undefined) await look()
      if (!isOfGone(generation, queue.setup.generation)) await store(asOfNow(batch, Date.now() - at))
    } catch {
      return
    }
    remove(key)
  }
}

/** What was left of a queue that was destroyed goes with it; what is for the one that may have been opened since stays. */
export function forgetLeft({ key, setup }: LeavingQueue): void {
  for (const [at, { generation = setup.generation }] of allLeft(key)) if (generation === setup.generation) remove(at)
}

/** Whether the queue was destroyed since; one whose database is another has lost its storage. */
function isOfGone(was: string | undefined, now: string | undefined): boolean {
  const instance = (generation: string): string => generation.slice(0, generation.lastIndexOf(':'))
  return was !== undefined && now !== undefined && was !== now && instance(was) === instance(now)
}

function allLeft(queue: string): [string, Left][] {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(leftBehind(queue)))
    return inOrder(
      keys.flatMap((key): [string, Left][] => {
        const left = read(key)
        return left ? [[key, left]] : []
      }),
    )
  } catch {
    // There is none, or it is not for us.
    return []
  }
}

/** Page after page, as each began to write; of one page by number, whatever the clock did meanwhile. */
function inOrder(all: [string, Left][]): [string, Left][] {
  const began = new Map<string, number>()
  for (const [, { at, batch }] of all) began.set(batch.producer, Math.min(at, began.get(batch.producer) ?? Infinity))
  const page = ([, { batch }]: [string, Left]): number => began.get(batch.producer)!
  return all.sort((one, other) => page(one) - page(other) || one[1].batch.number - other[1].batch.number)
}

function read(key: string): Left | undefined {
  try {
    const left = JSON.parse(localStorage.getItem(key) ?? '') as LeftText
    if (isLeft(left)) return { ...left, batch: fromText(left.batch) }
  } catch {
    // Nobody can read it, now or later.
  }
  remove(key)
  return undefined
}

function isLeft({ at, batch, generation = '' }: LeftText): boolean {
  const isKnown = Number.isFinite(at) && typeof generation === 'string' && typeof batch.producer === 'string'
  return isKnown && Number.isSafeInteger(batch.number) && batch.messages.every(({ id }) => typeof id === 'string')
}

function remove(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Then it is read again, and stored once.
  }
}

/** Nobody could be told that there is no room for it. */
function asOfNow(batch: Batch, age: number): Batch {
  return { ...batch, messages: batch.messages.map((message) => aged(message, age)), isRelayed: true }
}
