import { reportUncaught } from '../message/error.ts'
import { ofConsumerLock } from '../protocol/consuming.ts'
import { isPoolNews } from '../protocol/pool.ts'
import type { PoolCommand } from '../protocol/pool.ts'
import type { Realm } from './realm.ts'

/** How long one must have consumed for its death to be no failure of its own, in milliseconds. */
const SOUND = 1_000

/** How long one may take until it consumes, in milliseconds: its file may never come, and nobody tells. */
const PATIENCE = 30_000

/** How long to wait before another is started in the place of one that has failed, in milliseconds: the first time, and at most. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 60_000

export interface PoolWorkerOptions {
  readonly start: () => Worker
  /** The key of the queue that its workers are to consume. */
  readonly key: string
  readonly realm: Realm
  /** Told why a worker is of no use. */
  readonly failed: (message: string) => void
}

/**
 * One place in a pool.
 *
 *     starting --(it consumes)--> consuming --(its lock is free, or it is replaced)--> starting, at once
 *     starting --(that throws, it fails to load, says nothing for half a minute, or dies as soon as it consumes)--> waiting, for a time that doubles --> starting
 *     any --(finish)--> ended
 *
 * One that consumes another queue is left alone, and told of: it may have messages of that in hand.
 */
export class PoolWorker {
  readonly #options: PoolWorkerOptions
  #worker: Worker | undefined
  #lock: string | undefined
  #watch = new AbortController()
  #failures = 0
  #began = 0
  #cancel = (): void => {}
  #finished = (): void => {}
  #isEnding = false

  constructor(options: PoolWorkerOptions) {
    this.#options = options
    this.#begin()
  }

  is(consumer: string): boolean {
    return this.#lock?.includes(`/${consumer}/`) === true
  }

  /** Another takes its place. */
  replace(): void {
    if (this.#isEnding) return
    this.#end()
    this.#begin()
  }

  /** Lets it finish what it has in hand, within a time in milliseconds, and ends it. */
  async finish(timeout: number): Promise<void> {
    this.#isEnding = true
    this.#cancel()
    if (this.#worker && this.#lock !== undefined) {
      const finished = new Promise<void>((resolve) => (this.#finished = resolve))
      this.#worker.postMessage({ holdfast: 'finish', timeout } satisfies PoolCommand)
      // It has hung where it does not say so even then.
      const cancel = this.#after(timeout + FIRST_WAIT, () => this.#finished())
      await finished
      cancel()
    }
    this.#end()
  }

  #begin(): void {
    const worker = this.#started()
    if (!worker) return
    this.#worker = worker
    this.#cancel = this.#after(PATIENCE, () => this.#fail(`It did not call \`consume\` within ${PATIENCE} ms`))
    worker.addEventListener('message', ({ data }) => {
      if (!isPoolNews(data) || worker !== this.#worker) return
      if (data.holdfast === 'consumed') this.#finished()
      else this.#join(worker, data.lock)
    })
    worker.addEventListener('error', ({ message }) => {
      // One that consumes may go on after an error; its lock tells.
      if (worker === this.#worker && this.#lock === undefined) this.#fail(message || 'It did not load')
    })
  }

  /** Nothing where that throws, which is reported as any uncaught error is. */
  #started(): Worker | undefined {
    try {
      return this.#options.start()
    } catch (error) {
      reportUncaught(error)
      this.#fail(String(error))
      return undefined
    }
  }

  /** It consumes, perhaps several queues: the lock that counts is the one of this queue. */
  #join(worker: Worker, lock: string): void {
    const { key, realm, failed } = this.#options
    const isOurs = ofConsumerLock(key, lock) !== undefined
    if (this.#lock !== undefined && !isOurs) return
    this.#cancel()
    this.#watch.abort()
    this.#watch = new AbortController()
    this.#began = realm.clock.now()
    this.#lock = lock
    if (!isOurs) this.#cancel = this.#after(SOUND, () => failed('It consumes another queue, and not this one'))
    void this.#whenGone(worker, lock)
  }

  async #whenGone(worker: Worker, lock: string): Promise<void> {
    const { clock, locks } = this.#options.realm
    try {
      await locks.request(lock, { signal: this.#watch.signal, mode: 'shared' }, () => {})
    } catch {
      return
    }
    if (worker !== this.#worker) return
    this.#finished()
    if (Math.abs(clock.now() - this.#began) < SOUND) return this.#fail('It ended as soon as it consumed')
    this.#failures = 0
    this.replace()
  }

  #fail(message: string): void {
    this.#end()
    if (this.#isEnding) return
    this.#cancel = this.#after(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++), () => this.#begin())
    this.#options.failed(message)
  }

  #after(delay: number, callback: () => void): () => void {
    return this.#options.realm.clock.after(delay, callback)
  }

  #end(): void {
    this.#cancel()
    this.#watch.abort()
    this.#watch = new AbortController()
    this.#worker?.terminate()
    this.#worker = undefined
    this.#lock = undefined
  }
}
