import { QueueError, STORAGE_BLOCKED } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { invalid } from '../message/checks.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { HostApi, Setup } from '../protocol/host.ts'
import { ofKey } from '../protocol/names.ts'
import { resultOf, unwrap } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { askOf } from './asking.ts'
import type { Ask, Waiting } from './asking.ts'
import { HostKeeper, pageTimer } from './host-keeper.ts'
import type { Before, Timer } from './host-keeper.ts'
import { know, tell } from './linked-queue.ts'
import type { LinkedQueue } from './linked-queue.ts'
import { watchLife, watchPage } from './page-signals.ts'
import { isReplaceable } from './start-host.ts'
import type { PageEnd, StartedHost, StartHost } from './start-host.ts'
import { findWayBack } from './way-back.ts'

/** How many hosts may die of what they are asked, as it seems, before they are not asked it any more. */
const MOST_ASKED = 5

/**
 * The page's link to one host, shared by all queues that run there. The host is started for the first queue and stopped after
 * the last. Should it die meanwhile, another is started, and asked again what was not answered, in its order.
 */
export class HostLink {
  readonly #ended: () => void
  readonly #keeper: HostKeeper
  readonly #queues: LinkedQueue[] = []
  /** Those that were open at a host. */
  readonly #opened = new Set<LinkedQueue>()
  readonly #closing = new Set<LinkedQueue>()
  /** Who waits for an answer, in the order in which it was asked for. Not Promise.race: it would leave a trace of each call on a promise that lives as long as the page. */
  readonly #waiting = new Set<Waiting>()
  #unwatch: (() => void) | undefined
  /** Asks the host that is being made ready, or was last. */
  #preparing: (ask: Ask<unknown>) => Promise<unknown> = async () => {}
  #isLooking = false
  #mustLookAgain = false

  /** @param ended called when the host has been stopped: the next queue needs a new link. */
  constructor(start: StartHost, ended: () => void, timer: Timer = pageTimer) {
    this.#ended = ended
    this.#keeper = new HostKeeper({
      start,
      timer,
      page: (isOver) => this.#page(isOver),
      prepare: (host, before, isOver) => this.#prepare(host, before, isOver),
      isUp: (host) => this.#askAll(host.api),
      died: () => this.#died(),
      failed: (error) => this.#lose(error),
    })
  }

  /** Refuses to open a queue, which is open here, with another end: its host would drain it to whichever was opened last. */
  assertSameEnd(key: string, { consumers }: Setup): void {
    if (this.#named(key).every((other) => other.setup.consumers === consumers || this.#closing.has(other))) return
    const end = consumers ? 'an `endpoint`' : '`consumers: true`'
    throw invalid(`The queue "${ofKey(key).name}" is open in this page with ${end}: close that first`)
  }

  /** Takes a queue in, and opens it at the host. One that could not be opened can be once more. */
  async open(queue: LinkedQueue): Promise<void> {
    if (!this.#queues.includes(queue)) this.#queues.push(queue)
    this.#unwatch ??= this.#watch()
    const host = await this.#keeper.up()
    if (host.storage === 'memory' && !queue.mayBeInMemory) throw new QueueError('unsupported', STORAGE_BLOCKED)
    queue.hear(started(host))
    const generation = await this.call((api) => api.open(queue.key, queue.setup))
    if (generation !== undefined) know(queue, generation)
    this.#opened.add(queue)
  }

  /**
   * Lets a queue go, once it is open: the host closes it, unless the page has it open once more. Until then it hears what becomes of messages
   * under way, and is asked for headers.
   */
  async close(queue: LinkedQueue): Promise<void> {
    this.#closing.add(queue)
    const isLast = this.#queues.every((other) => this.#closing.has(other))
    if (isLast) this.#ended()
    const other = this.#named(queue.key).findLast((named) => !this.#closing.has(named))
    const ask: Ask<unknown> = (api) => (other ? api.open(other.key, other.setup) : api.close(queue.key))
    // A host that never started, or has died, has closed it as well; one that is being made ready may have opened it by now.
    if (this.#keeper.host) await this.call(ask).catch(() => {})
    else if (!isLast) await this.#preparing(ask)
    this.#queues.splice(this.#queues.indexOf(queue), 1)
    this.#opened.delete(queue)
    this.#closing.delete(queue)
    if (isLast) await this.#stop()
  }

  /** Asks the host, or the next one. Calls arrive in the order in which they are made here. */
  async call<T>(ask: Ask<T>): Promise<T> {
    if (this.#queues.length === 0) throw new QueueError('closed', 'The queue is closed')
    let waiting: Waiting | undefined
    try {
      return unwrap(
        await new Promise<Result<T>>((resolve, reject) => {
          waiting = { reject, asked: 0, ask: (host) => void ask(host).then(resolve, reject) }
          this.#waiting.add(waiting)
          const { host } = this.#keeper
          if (host) askOf(host.api, waiting)
          // Asked with all others, once it is up.
          else this.#keeper.up().catch(reject)
        }),
      )
    } finally {
      if (waiting) this.#waiting.delete(waiting)
    }
  }

  /** Whether a producer is a queue of this page. */
  isHere(key: string, producer: string): boolean {
    return this.#named(key).some(({ outbound }) => outbound.producer === producer)
  }

  /** Opens at a host what was open at the one before, and is to stay so. */
  async #prepare(host: StartedHost, { isAgain, isAfterDeath }: Before, isOver: AbortSignal): Promise<void> {
    const { api } = host
    const unwatch = watchPage((signal) => void api.signal(signal))
    isOver.addEventListener('abort', unwatch)
    if (!isAgain) return
    const over = new Promise<void>((resolve) => isOver.addEventListener('abort', () => resolve()))
    this.#preparing = (ask) => Promise.race([ask(api), over])
    const opened = this.#queues.filter((queue) => this.#opened.has(queue) && !this.#closing.has(queue))
    await Promise.all(opened.map(({ key, setup }) => api.open(key, setup, isAfterDeath)))
    if (isOver.aborted) return
    for (const queue of opened) queue.hear(started(host))
  }

  /** In their order, and before anything new: an older batch that comes after a newer one is taken for stored. */
  #askAll(api: HostApi): void {
    for (const waiting of this.#waiting) askOf(api, waiting)
    for (const queue of this.#opened) queue.lookAgain()
  }

  /** Comlink would leave every call under way pending for ever. */
  #died(): void {
    for (const queue of this.#queues) queue.hear({ type: 'host-lost' })
    const error = new QueueError(
      'host-lost',
      `${MOST_ASKED} workers died while they were being asked this; it may or may not have happened`,
    )
    for (const { asked, reject } of this.#waiting) if (asked >= MOST_ASKED) reject(error)
    if (this.#queues.every((queue) => this.#closing.has(queue))) void this.#stop()
  }

  #lose(error: QueueError): void {
    this.#reject(error)
    for (const queue of this.#queues) queue.lose(error)
  }

  /** The host has lost its storage. Where another realm of the page has not, it moves there. */
  async #lookForWayBack(): Promise<void> {
    this.#mustLookAgain = this.#isLooking
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const before = this.#keeper.host
      if (!before || !isReplaceable(before)) return
      const wayBack = await findWayBack()
      if (this.#keeper.host !== before) wayBack?.close()
      else if (wayBack) {
        await this.#keeper.move(wayBack)
        for (const queue of this.#queues) queue.hear({ type: 'storage-restored' })
      }
    } catch (error) {
      this.#lose(error as QueueError)
    } finally {
      this.#isLooking = false
    }
    // Told by the new host, while others were still being asked.
    if (this.#mustLookAgain) await this.#lookForWayBack()
  }

  #watch(): () => void {
    return watchLife({
      hidden: () => this.#keep(false),
      left: (isKept) => {
        this.#keep(true)
        if (isKept) this.#keeper.leave()
      },
      returned: () => {
        for (const queue of this.#queues) queue.outbound.stay()
        // Where there is a new host, they look when it is up.
        if (!this.#keeper.comeBack()) for (const queue of this.#queues) queue.lookAgain()
      },
    })
  }

  #keep(isLeaving: boolean): void {
    for (const queue of this.#queues) queue.outbound.keep(isLeaving)
  }

  async #stop(): Promise<void> {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#reject(new QueueError('closed', 'The queue was closed before it answered'))
    await this.#keeper.stop()
  }

  #reject(error: QueueError): void {
    for (const { reject } of this.#waiting) reject(error)
  }

  #page(isOver: AbortSignal): PageEnd {
    return {
      events: (key, events) => {
        if (isOver.aborted) return
        for (const queue of this.#named(key)) for (const event of events) tell(queue, event)
        if (events.some(({ type }) => type === 'storage-lost')) void this.#lookForWayBack()
      },
      mayBeInMemory: () => this.#queues.some((queue) => queue.mayBeInMemory),
      headers: (key, unauthorized) => resultOf(async () => this.#functionsOf(key).headers(unauthorized)),
      classify: (key, answer) => resultOf(async () => this.#functionsOf(key).classify(answer)),
      upcast: (key, body, version) => resultOf(async () => this.#functionsOf(key).upcast(body, version)),
      encryption: (key) => resultOf(async () => this.#functionsOf(key).encryption()),
    }
  }

  /** Those of the queue that was opened last; of one that is closing, where there is no other. */
  #functionsOf(key: string): PageFunctions {
    const queue = this.#named(key).findLast((named) => !this.#closing.has(named)) ?? this.#named(key).at(-1)
    if (!queue) throw new QueueError('closed', `The queue "${key}" is closed`)
    return queue.functions
  }

  #named(key: string): LinkedQueue[] {
    return this.#queues.filter((queue) => queue.key === key)
  }
}

function started({ kind, storage, reason }: StartedHost): QueueEvent {
  return { type: 'host-started', host: kind, ...(storage && { storage }), ...(reason !== undefined && { reason }) }
}
