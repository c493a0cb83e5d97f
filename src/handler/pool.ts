import type { Consumer } from '../message/handling.ts'
import { LEASE } from '../message/handling-checks.ts'
import { callingRealm } from './realm.ts'
import { PoolWorker } from './pooled-worker.ts'
import type { PoolWorkerOptions } from './pooled-worker.ts'

/** The most workers that a pool has where nobody says. */
const MOST = 8

/** Some workers that consume; each that dies, or hangs, is replaced. */
export class Pool implements Consumer {
  readonly #workers: readonly PoolWorker[]
  #closing: Promise<void> | undefined

  constructor(options: Omit<PoolWorkerOptions, 'realm'>, size: number = usualSize()) {
    const realm = callingRealm()
    this.#workers = Array.from({ length: size }, () => new PoolWorker({ ...options, realm }))
  }

  /** A lease of one of them ran out: it hangs, or works for nobody. */
  replace(consumer: string): void {
    for (const worker of this.#workers) if (worker.is(consumer)) worker.replace()
  }

  close({ timeout = LEASE }: { readonly timeout?: number } = {}): Promise<void> {
    this.#closing ??= Promise.all(this.#workers.map((worker) => worker.finish(timeout))).then(() => {})
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** One processor is the page's. */
function usualSize(): number {
  return Math.max(1, Math.min(MOST, (navigator.hardwareConcurrency || 2) - 1))
}
