import 'fake-indexeddb/auto'
import { expect } from 'vitest'
import { consumeOn } from '../../src/handler/consume.ts'
import type { Channel } from '../../src/protocol/channel.ts'
import type { Realm } from '../../src/handler/realm.ts'
import type { ConsumeOptions, Consumer, Handler } from '../../src/message/handling.ts'
import { createHost } from '../../src/host/host.ts'
import { systemClock } from '../../src/host/platform.ts'
import type { Platform } from '../../src/host/platform.ts'
import { QueueError } from '../../src/message/error.ts'
import type { QueueDefinition } from '../../src/message/definition.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import type { StartHost, PageEnd } from '../../src/producer/start-host.ts'
import { HostLink } from '../../src/producer/host-link.ts'
import { openQueueOn } from '../../src/producer/open-queue.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { HostApi, PageSignal } from '../../src/protocol/host.ts'
import { FakeChannels } from './fake-channels.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeLocks } from './fake-locks.ts'
import { FakeServer } from './fake-server.ts'
import { Freezer } from './freezer.ts'
import { Life } from './life.ts'
import { isWorking } from './real-work.ts'

let worlds = 0

/** How many turns of the event loop all that follows from something may take, where no time passes. */
const TURNS = 50

/** One origin with its tabs, its server and its time. IndexedDB is shared by all worlds of a file, so that each has queue names of its own. */
export class World {
  readonly clock: FakeClock = new FakeClock()
  readonly locks: FakeLocks = new FakeLocks()
  readonly channels: FakeChannels = new FakeChannels()
  readonly server: FakeServer = new FakeServer()
  /** The name that queues have unless a test gives another. */
  readonly name: string = `queue-${++worlds}`
  readonly #tabs: Tab[] = []

  /** Full jitter at its longest, so that waits can be foretold. */
  random: () => number = () => 1 - Number.EPSILON

  get platform(): Platform {
    return {
      fetch: this.server.fetch,
      clock: this.clock,
      storageClock: systemClock,
      random: () => this.random(),
      locks: this.locks.manager,
      openChannel: this.channels.open,
    }
  }

  /**
   * @param platform what is different for this tab.
   * @param served what a worker of the tab's own serves.
   * @param pageFor what its host takes for the page.
   * @param life the life of its host, where that may be killed.
   */
  openTab(platform: Partial<Platform> = {}, served?: QueueDefinition[], pageFor?: (page: PageEnd) => PageEnd, life?: Life): Tab {
    const tab = new Tab(this, { ...this.platform, ...platform }, served, pageFor, life)
    this.#tabs.push(tab)
    return tab
  }

  /** Opens a queue in a tab of its own. */
  open<T = unknown, A = unknown>(options: Partial<OpenOptions<T, A>> = {}): Queue<T, A> {
    return this.openTab().open<T, A>(options)
  }

  /** A consumer in a worker of its own, that can die; hang: then it says nothing any more, and keeps its lock; or be frozen, until it is thawed. */
  consumeIn<T>(handler: Handler<T>, options: ConsumeOptions = {}): Consumer & { die(): void; hang(): void; freezer: Freezer } {
    const life = new Life(() => {})
    const freezer = new Freezer()
    const { clock, locks, openChannel } = life.platform(freezer.platform(this.platform))
    let isHung = false
    const open = (name: string): Channel => {
      const channel = openChannel(name)
      return {
        postMessage: (message) => isHung || channel.postMessage(message),
        addEventListener: (type, listener) => channel.addEventListener(type, (event) => isHung || listener(event)),
        close: () => channel.close(),
      }
    }
    const consumer = consumeOn<T>({ clock, locks, openChannel: open, whenLeft: () => () => {} }, { key: this.name }, handler, options)
    return {
      close: (given) => consumer.close(given),
      [Symbol.asyncDispose]: () => consumer.close(),
      die: () => life.end(),
      hang: () => void (isHung = true),
      freezer,
    }
  }

  /** Lets time pass from timer to timer, until something has come. */
  async passUntil<T>(come: Promise<T>): Promise<T> {
    const over = new AbortController()
    const { signal } = over
    const end = (): void => over.abort()
    come.then(end, end)
    for (;;) {
      // In which transactions complete, each of several turns.
      await rest(TURNS, () => signal.aborted)
      if (signal.aborted) return come
      this.clock.advance(this.clock.next ?? 0)
    }
  }

  /** Closes whatever is open; nothing may then be held any more. */
  async end(): Promise<void> {
    const closed = Promise.all(this.#tabs.map((tab) => tab.close()))
    this.server.hangUp()
    await closed
    expect({ locks: this.locks.size, channels: this.channels.size, timers: this.clock.armed }).toEqual({ locks: 0, channels: 0, timers: 0 })
  }
}

/** A tab: a link to a host of its own, as a page has to its worker. */
export class Tab {
  readonly #world: World
  readonly #start: StartHost
  /** Until its last queue is closed; the next has another. */
  #link: HostLink | undefined
  readonly #queues: Queue<never>[] = []
  #host: HostApi | undefined
  /** Hosts that the page believes dead, and cannot close. */
  readonly #dead: HostApi[] = []
  #lose = (): void => {}
  readonly #leaving = new Set<{ readonly left: () => void; readonly back: () => void }>()

  #life: Life | undefined

  constructor(world: World, platform: Platform, served?: QueueDefinition[], pageFor = (page: PageEnd): PageEnd => page, life?: Life) {
    this.#world = world
    this.#life = life
    const definitions = served && { served: new Map(served.map((definition) => [definition.name, definition])) }
    this.#start = async (page) => {
      // As a worker, or a file that is loaded: not at once.
      await new Promise((resolve) => setImmediate(resolve))
      // What is killed stays so.
      if (this.#life?.isOver) throw new QueueError('host-lost', 'It was killed')
      const host = createHost({ platform: this.#life?.platform(platform) ?? platform, page: pageFor(page), ...definitions })
      this.#host = this.#life?.host(host) ?? host
      const lost = new Promise<void>((resolve) => (this.#lose = resolve))
      return { api: this.#host, kind: served ? 'worker' : 'in-place', lost, stop: () => {} }
    }
  }

  open<T = unknown, A = unknown>(options: Partial<OpenOptions<T, A>> = {}, definition?: QueueDefinition<T, A>): Queue<T, A> {
    const given = definition || options.consumers ? options : { endpoint: 'https://shop.example/orders', ...options }
    this.#link ??= new HostLink(this.#start, () => (this.#link = undefined), this.#world.clock)
    const link = this.#link
    const queue = openQueueOn<T, A>(
      () => link,
      definition ?? this.#world.name,
      given,
      () => this.realm,
    )
    this.#queues.push(queue as unknown as Queue<never>)
    return queue
  }

  /** The clock of its page, where that shows another time. */
  pageClock: Realm['clock'] | undefined

  /** What its page takes from its surroundings. */
  get realm(): Realm {
    const { clock, locks, channels } = this.#world
    return {
      clock: this.pageClock ?? clock,
      locks: locks.manager,
      openChannel: channels.open,
      whenLeft: (left, back) => {
        const leaving = { left, back }
        this.#leaving.add(leaving)
        return () => this.#leaving.delete(leaving)
      },
    }
  }

  /** The page goes into the back/forward cache, or is gone. */
  leave(): void {
    for (const { left } of this.#leaving) left()
  }

  /** The page comes back from there. */
  comeBack(): void {
    for (const { back } of this.#leaving) back()
  }

  /** The tab's host, once a queue is open. */
  get host(): HostApi {
    if (!this.#host) throw new Error('no queue was used in this tab')
    return this.#host
  }

  /** Kills the tab's host as its page sees it; the host itself runs on until the tab is closed. */
  die(): void {
    if (this.#host) this.#dead.push(this.#host)
    this.#lose()
  }

  /** Kills the tab's host, and the page hears of it. */
  kill(): void {
    this.#life?.end()
    this.die()
  }

  /** Kills it, and lets the page start another. */
  crash(): void {
    this.#life?.end()
    this.#life = new Life(() => {})
    this.#lose()
  }

  /** What the page would tell its worker. */
  async signal(signal: PageSignal): Promise<void> {
    await this.host.signal(signal)
  }

  async close(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.close()))
    if (!this.#life?.isOver) await Promise.all(this.#dead.map((host) => host.close(this.#world.name)))
  }
}

/** Lets all happen that takes no time, as far as that is ever over. */
export async function turns(): Promise<void> {
  await rest(4 * TURNS)
}

/** So many turns in a row without anything under way that takes real time. */
async function rest(count: number, isOver = (): boolean => false): Promise<void> {
  for (let turn = 0; turn < count && !isOver(); turn = isWorking() ? 0 : turn + 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves with the next event of a type. */
export function heard<Type extends QueueEvent['type']>(
  queue: Queue<never> | Queue,
  type: Type,
): Promise<Extract<QueueEvent, { type: Type }>> {
  return new Promise((resolve) => {
    const stop = (queue as Queue).subscribe((event) => {
      if (event.type !== type) return
      stop()
      resolve(event as Extract<QueueEvent, { type: Type }>)
    })
  })
}

/** Resolves when so many events of a type have been heard. */
export function heardTimes(queue: Queue<never> | Queue, type: QueueEvent['type'], count: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = (queue as Queue).subscribe((event) => {
      if (event.type !== type || --count > 0) return
      stop()
      resolve()
    })
  })
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
