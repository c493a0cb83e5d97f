import type { Channel } from '../../src/protocol/channel.ts'
import type { Platform } from '../../src/host/platform.ts'
import type { Clock } from '../../src/queue/clock.ts'

/**
 * A context that can be frozen, as a browser does with a hidden tab, or a debugger with a process: its lock stays held, requests that it made stay under way, and all that
 * it would hear (timers, answers, words of others, that its lock was stolen) it hears when it is thawed. It goes on until it waits for one of those.
 */
export class Freezer {
  isFrozen = false
  #missed: (() => void)[] = []

  freeze(): void {
    this.isFrozen = true
  }

  /** All that was missed comes at once, in its order. */
  thaw(): void {
    this.isFrozen = false
    for (const happen of this.#missed.splice(0)) happen()
  }

  platform(world: Platform): Platform {
    return {
      ...world,
      fetch: (input, init) => this.#held(world.fetch(input, init)),
      clock: this.#clock(world.clock),
      locks: {
        request: (name: string, options: LockOptions, work: () => Promise<unknown>) =>
          this.#held(world.locks.request(name, options, () => this.#held(Promise.resolve()).then(work))),
        query: () => this.#held(world.locks.query()),
      } as LockManager,
      openChannel: (name) => this.#channel(world.openChannel(name)),
    }
  }

  /** Does it now, or when this is thawed. */
  soon(happen: () => void): void {
    if (this.isFrozen) this.#missed.push(happen)
    else happen()
  }

  #held<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.soon(() => resolve(value)),
        (error: unknown) => this.soon(() => reject(error)),
      )
    })
  }

  #clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (delay, callback) => {
        let isCancelled = false
        const cancel = clock.after(delay, () => this.soon(() => !isCancelled && callback()))
        return () => {
          isCancelled = true
          cancel()
        }
      },
    }
  }

  #channel(channel: Channel): Channel {
    return {
      postMessage: (message) => channel.postMessage(message),
      addEventListener: (type, listener) => channel.addEventListener(type, (event) => this.soon(() => listener(event))),
      close: () => channel.close(),
    }
  }
}
