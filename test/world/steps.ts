import { Connection } from '../../src/queue/connection.ts'
import type { Durability } from '../../src/queue/connection.ts'
import type { ReadTransaction, StoreName, WriteTransaction } from '../../src/queue/schema.ts'
import { optionsFor } from '../store/database.ts'

/** Something that is about to happen to somebody. */
interface Step {
  readonly owner: object
  readonly name: string
  /** What is in one line happens in its order; without one, it may happen whenever. */
  readonly line: string | undefined
  readonly take: () => Promise<void>
}

/**
 * Lets things happen one at a time, in the order that a test chooses: each transaction, each answer. What belongs to a worker that is killed never
 * happens.
 */
export class Steps {
  #waiting: Step[] = []

  /** What may happen next. */
  get next(): Step[] {
    return this.#waiting.filter(
      ({ owner, line }, place) => !line || this.#waiting.findIndex((other) => other.owner === owner && other.line === line) === place,
    )
  }

  /** Waits for its turn, and then does it. Whoever was killed meanwhile waits for ever. */
  wait<T>(owner: object, name: string, act: () => T | Promise<T>, line?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const take = async (): Promise<void> => {
        try {
          resolve(await act())
        } catch (error) {
          reject(error)
        }
      }
      this.#waiting.push({ owner, name, line, take })
    })
  }

  /** Lets one thing happen; resolves when all that follows from it waits in its turn. */
  async take(step: Step): Promise<void> {
    this.#waiting.splice(this.#waiting.indexOf(step), 1)
    await step.take()
    await settled()
  }

  /** Whatever was to happen to somebody does not. */
  kill(owner: object): void {
    this.#waiting = this.#waiting.filter((step) => step.owner !== owner)
  }
}

/** All that could follow without a transaction or an answer has followed. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * A connection on which each transaction is a step, and hearing of its end another: others may come between commit and answer. As in browsers, the
 * transactions of one worker begin in their order, and it hears of them in their order: all of ours that a worker has under way at once share a store.
 */
export class SteppedConnection extends Connection {
  readonly #inner: Connection
  readonly #step: <T>(name: string, act: () => Promise<T>) => Promise<T>

  /** @param verb what it is opened for. */
  constructor(inner: Connection, steps: Steps, owner: object, verb: string) {
    super(optionsFor(''))
    this.#inner = inner
    this.#step = async (name, act) => {
      const end = await steps.wait(owner, `${verb} ${name}`, () => endOf(act), 'begins')
      return steps.wait(owner, `${verb} hears`, end, 'hears')
    }
  }

  override read<T>(stores: StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#step('reads', () => this.#inner.read(stores, work))
  }

  override write<T>(stores: StoreName[], durability: Durability, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#step('writes', () => this.#inner.write(stores, durability, work))
  }
}

/** Does something, and gives what tells how it ended. */
async function endOf<T>(act: () => Promise<T>): Promise<() => T> {
  try {
    const value = await act()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
