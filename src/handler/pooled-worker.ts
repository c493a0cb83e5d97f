import { reportUncaught } from '../message/error.ts'
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

/**
 * One place in a pool.
 *
 *     starting --(it consumes)--> consuming --(its lock is free, or it is replaced)--> starting, at once
 *     starting --(that throws, it fails to load, says nothing for half a minute, or dies as soon as it consumes)--> waiting, for a time that doubles --> starting
 *     any --(finish)--> ended
 */
export class PoolWorker {
  readonly #start: () => Worker
  readonly #realm: Realm
  #worker: Worker | undefined
  #lock: string | undefined
  #watch = new AbortController()
  #failures = 0
  #began = 0
  #cancel = (): void => {}
  #finished = (): void => {}
  #isEnding = false

  constructor(start: () => Worker, realm: Realm) {
    this.#start = start
    this.#realm = realm
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
      const cancel = this.#realm.clock.after(timeout + FIRST_WAIT, () => this.#finished())
      await finished
      cancel()
    }
    this.#end()
  }

  #begin(): void {
    const worker = this.#started()
    if (!worker) return this.#fail()
    this.#worker = worker
    this.#cancel = this.#realm.clock.after(PATIENCE, () => this.#fail())
    worker.addEventListener('message', ({ data }) => {
      if (!isPoolNews(data) || worker !== this.#worker) return
      if (data.holdfast === 'consumed') return this.#finished()
      this.#cancel()
      this.#began = this.#realm.clock.now()
      this.#lock = data.lock
      void this.#whenGone(worker, data.lock)
    })
    worker.addEventListener('error', () => {
      // One that consumes may go on after an error; its lock tells.
      if (worker === this.#worker && this.#lock === undefined) this.#fail()
    })
  }

  /** Nothing where that throws, which is reported as any uncaught error is. */
  #started(): Worker | undefined {
    try {
      return this.#start()
    } catch (error) {
      reportUncaught(error)
      return undefined
    }
  }

  async #whenGone(worker: Worker, lock: string): Promise<void> {
    try {
      await this.#realm.locks.request(lock, { signal: this.#watch.signal, mode: 'shared' }, () => {})
    } catch {
      return
    }
    if (worker !== this.#worker) return
    this.#finished()
    if (Math.abs(this.#realm.clock.now() - this.#began) < SOUND) return this.#fail()
    this.#failures = 0
    this.replace()
  }

  #fail(): void {
    this.#end()
    if (this.#isEnding) return
    this.#cancel = this.#realm.clock.after(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++), () => this.#begin())
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
