import type { WallClock } from '../handler/clock.ts'
import { isQueueError } from '../message/error.ts'
import { relayLock } from '../protocol/names.ts'
import { aged } from './aged.ts'
import { dropPortion, takePortion, withDatabase } from './outbox-store.ts'
import type { Portion } from './outbox-store.ts'
import type { Relaying } from './relaying.ts'

/** How long another tab is waited for that moves messages, in milliseconds: one that is frozen in the midst of it must not hold up all others. Two do no harm. */
const PATIENCE = 5_000

/** How long to wait after failures in a row, in milliseconds: at first, and at most. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 300_000

/** What a relay takes from its surroundings. */
export interface RelayPlatform extends WallClock {
  readonly locks: LockManager | undefined
}

export interface RelayOptions {
  readonly platform: RelayPlatform
  /** The name of the app's database. */
  readonly database: string
  readonly queue: Pick<Relaying<never>, 'key' | 'store'>
  /** The queue is closed: there is no more to be done. */
  readonly ended: () => void
}

/**
 * Moves messages from the app's database into the queue.
 *
 *     resting --(woken)--> taking       the next batch is noted in the outbox, in the transaction that reads it
 *     taking --(nothing there)--> resting
 *     taking --> storing                the queue stores it; its producer's mark says so
 *     storing --(stored, now or before)--> dropping     the entries go, and the number of the batch is raised
 *     storing, dropping --(failed)--> waiting --(its time, woken)--> taking
 *     dropping --> taking
 *
 * Whoever ends between two of these leaves a batch that is the same for whoever comes next, under the same number: the queue stores it once.
 */
export class Relay {
  readonly #options: RelayOptions
  #running: Promise<void> | undefined
  #isAskedAgain = false
  #failures = 0
  #unwait = (): void => {}
  #isStopped = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** There may be something to be moved. */
  wake(): void {
    this.run().catch(() => {})
  }

  /** Resolves when all that was committed before is in the queue. */
  run(): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    this.#isAskedAgain = this.#running !== undefined
    this.#running ??= this.#run()
    return this.#running
  }

  /** What is on its way gets there, or is on its way again when the queue is opened next. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unwait()
    await this.#running?.catch(() => {})
  }

  async #run(): Promise<void> {
    this.#unwait()
    try {
      do {
        this.#isAskedAgain = false
        await this.#alone(() => this.#moveAll())
      } while (this.#isAskedAgain)
      this.#failures = 0
    } catch (error) {
      if (isQueueError(error) && ['closed', 'destroyed', 'unsupported'].includes(error.code)) this.#options.ended()
      else this.#wakeLater()
      throw error
    } finally {
      // In the same moment as the last look at who has asked again.
      this.#running = undefined
    }
  }

  #wakeLater(): void {
    if (this.#isStopped) return
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures++, LONGEST_PAUSE)
    this.#unwait = this.#options.platform.after(pause, () => this.wake())
  }

  /** Tabs take turns. That saves work, and no more: two at once, or one that wakes up after an hour, store nothing twice. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const { platform, queue, database } = this.#options
    if (!platform.locks) return work()
    const waiting = new AbortController()
    const cancel = platform.after(PATIENCE, () => waiting.abort())
    let working: Promise<void> | undefined
    try {
      await platform.locks.request(relayLock(queue.key, database), { signal: waiting.signal }, () => {
        cancel()
        working = work()
        return working
      })
    } catch (error) {
      if (!waiting.signal.aborted) throw error
      await (working ?? work())
    } finally {
      cancel()
    }
  }

  async #moveAll(): Promise<void> {
    const { database, queue } = this.#options
    while (!this.#isStopped) {
      const portion = await withDatabase(database, (app) => takePortion(app, queue.key))
      if (!portion) return
      await this.#store(portion)
      await withDatabase(database, (app) => dropPortion(app, queue.key, portion))
    }
  }

  async #store({ producer, number, entries }: Portion): Promise<void> {
    const now = this.#options.platform.now()
    await this.#options.queue.store({
      producer,
      number,
      messages: entries.map(({ message, at }) => aged(message, now - at)),
      isRelayed: true,
    })
  }
}
