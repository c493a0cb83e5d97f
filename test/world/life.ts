import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import type { Channel } from '../../src/protocol/channel.ts'
import type { Platform } from '../../src/host/platform.ts'
import type { HostApi } from '../../src/protocol/host.ts'
import type { Clock } from '../../src/queue/clock.ts'

/** On whose behalf the code of this moment runs. */
const living = new AsyncLocalStorage<Life>()

/** Who has opened each connection. */
const owners = new WeakMap<IDBDatabase, Life>()

/**
 * What a host has of its world until it is killed, as a process is: from then on nothing of it happens any more, whatever its code goes on to do. Its
 * lock is free, its timers never go off, nothing is heard of it, its requests come to nothing, and its transactions do not begin (`isOver` says so to
 * who breaks the storage).
 */
export class Life {
  isOver = false
  readonly #held: (lock: string) => void
  readonly #end: AbortController = new AbortController()
  readonly #ended: Promise<never> = new Promise(() => {})

  /** @param held called as its host gets a lock. */
  constructor(held: (lock: string) => void) {
    this.#held = held
    // Each lock and each timer hears of its end.
    setMaxListeners(0, this.#end.signal)
  }

  /** The life that a connection belongs to. */
  static of(database: IDBDatabase): Life | undefined {
    return owners.get(database)
  }

  /** The life of whoever calls. */
  static get current(): Life | undefined {
    return living.getStore()
  }

  end(): void {
    this.isOver = true
    this.#end.abort()
  }

  /** A host whose every word is said in this life. */
  host(host: HostApi): HostApi {
    const entries = Object.entries(host) as [string, (...args: unknown[]) => unknown][]
    return Object.fromEntries(
      entries.map(([verb, call]) => [verb, (...args: unknown[]) => living.run(this, () => this.#orNever(call(...args)))]),
    ) as unknown as HostApi
  }

  platform(world: Platform): Platform {
    return {
      ...world,
      fetch: (input, init) => living.run(this, () => this.#orNever(world.fetch(input, init))),
      clock: this.#clock(world.clock),
      storageClock: this.#clock(world.storageClock),
      locks: {
        request: (name: string, options: LockOptions, work: (lock: Lock | null) => Promise<unknown>) =>
          this.#lock(world.locks, name, options, work),
        query: () => this.#orNever(world.locks.query()),
      } as LockManager,
      openChannel: (name) => this.#channel(world.openChannel(name)),
    }
  }

  /** What comes to nothing once this is over. */
  #orNever<T>(work: T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      Promise.resolve(work).then(
        (value) => this.isOver || resolve(value),
        (error: unknown) => this.isOver || reject(error as Error),
      )
    })
  }

  #clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (delay, callback) => {
        if (this.isOver) return () => {}
        const cancel = clock.after(delay, () => {
          this.#end.signal.removeEventListener('abort', cancel)
          living.run(this, callback)
        })
        this.#end.signal.addEventListener('abort', cancel)
        return () => {
          this.#end.signal.removeEventListener('abort', cancel)
          cancel()
        }
      },
    }
  }

  #lock(
    locks: LockManager,
    name: string,
    { signal, ...options }: LockOptions,
    work: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown> {
    const signals = signal ? [signal, this.#end.signal] : [this.#end.signal]
    const ended = new Promise<void>((resolve) => this.#end.signal.addEventListener('abort', () => resolve()))
    return locks
      .request(name, { ...options, signal: AbortSignal.any(signals) }, (lock) => {
        if (!this.isOver) this.#held(name)
        return Promise.race([work(lock), ended])
      })
      .then(
        (value) => (this.isOver ? this.#ended : value),
        (error: unknown) => (this.isOver ? this.#ended : Promise.reject(error as Error)),
      )
  }

  #channel(channel: Channel): Channel {
    if (this.isOver) channel.close()
    else this.#end.signal.addEventListener('abort', () => channel.close())
    return {
      postMessage: (message) => this.isOver || channel.postMessage(message),
      addEventListener: (type, listener) =>
        channel.addEventListener(type, (event) => this.isOver || living.run(this, () => listener(event))),
      close: () => channel.close(),
    }
  }
}

/** Notes who opens which connection. Returns what mends it. */
export function ownConnections(): () => void {
  const original = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (this: IDBFactory, name, version) {
    const request = original.call(this, name, version)
    const owner = living.getStore()
    const own = (): void => void (owner && owners.set(request.result, owner))
    request.addEventListener('upgradeneeded', own)
    request.addEventListener('success', own)
    return request
  }
  return () => void (IDBFactory.prototype.open = original)
}
