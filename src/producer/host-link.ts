import { isQueueError, QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { HostApi, Setup } from '../protocol/host.ts'
import { resultOf, unwrap } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { watchPage } from './page-signals.ts'
import type { PageEnd, StartedHost, StartHost } from './start-host.ts'
import { findWayBack } from './way-back.ts'
import type { WayBack, WorkerMaker } from './way-back.ts'

/** A queue of the page, as its link to the host knows it. */
export interface LinkedQueue {
  /** Its name, and whose messages it holds. */
  readonly key: string
  readonly setup: Setup
  readonly functions: PageFunctions
  hear(event: QueueEvent): void
  /** The host has died: nothing will be heard any more. */
  lose(error: QueueError): void
}

/**
 * The page's link to one host, shared by all queues that run there. The host is started for the first queue and stopped after
 * the last; should it die, everything that waits for it rejects with `host-lost`.
 */
export class HostLink {
  readonly #start: StartHost
  readonly #ended: () => void
  readonly #queues: LinkedQueue[] = []
  readonly #closing = new Set<LinkedQueue>()
  #host: Promise<StartedHost> | undefined
  #lost: QueueError | undefined
  /** Who waits for an answer. Not Promise.race: it would leave a trace of each call on a promise that lives as long as the page. */
  readonly #waiting = new Set<Waiting>()
  #unwatch = (): void => {}
  #isMoving = false
  #mustLookAgain = false
  /** Where the host was made, if that was not in this page's own realm. */
  #wayBack: WayBack | undefined

  /** @param ended called when the host has been stopped or has died: the next queue needs a new link. */
  constructor(start: StartHost, ended: () => void) {
    this.#start = start
    this.#ended = ended
  }

  /** Takes a queue in, and opens it at the host. */
  async open(queue: LinkedQueue): Promise<void> {
    this.#queues.push(queue)
    this.#host ??= this.#begin()
    const { kind, reason } = await this.#host
    queue.hear({ type: 'host-started', host: kind, ...(reason !== undefined && { reason }) })
    await this.call((api) => api.open(queue.key, queue.setup))
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
    // A host that never started, or has died, has closed it as well.
    await this.call((api) => (other ? api.open(other.key, other.setup) : api.close(queue.key))).catch(() => {})
    this.#queues.splice(this.#queues.indexOf(queue), 1)
    this.#closing.delete(queue)
    if (isLast) await this.#stop()
  }

  /** Asks the host. Calls arrive in the order in which they are made here. */
  async call<T>(ask: (api: HostApi) => Promise<Result<T>>): Promise<T> {
    if (!this.#host) throw new QueueError('closed', 'The queue is closed')
    const { api } = await this.#host
    let waiting: Waiting | undefined
    try {
      return unwrap(
        await new Promise<Result<T>>((resolve, reject) => {
          if (this.#lost) return reject(this.#lost)
          waiting = { reject, ask: (host) => void ask(host).then(resolve, reject) }
          this.#waiting.add(waiting)
          waiting.ask(api)
        }),
      )
    } finally {
      if (waiting) this.#waiting.delete(waiting)
    }
  }

  async #begin(maker?: WorkerMaker): Promise<StartedHost> {
    try {
      const host = await this.#start(this.#page(), maker)
      void host.lost.then(() => this.#lose())
      this.#unwatch = watchPage((signal) => void host.api.signal(signal))
      return host
    } catch (error) {
      // The next queue may have better luck: the file may load by then.
      this.#ended()
      throw isQueueError(error) ? error : new QueueError('host-failed', `The host did not start: ${String(error)}`, { cause: error })
    }
  }

  /** The host has died: Comlink would leave every call under way pending for ever. */
  #lose(): void {
    this.#lost = new QueueError('host-lost', 'The worker died; what was being asked may or may not have happened. Open the queue again')
    this.#unwatch()
    this.#ended()
    this.#wayBack?.close()
    this.#reject(this.#lost)
    for (const queue of this.#queues) {
      queue.lose(this.#lost)
      queue.hear({ type: 'host-lost' })
    }
  }

  /** The host has lost its storage. Where another realm of the page has not, it moves there, and is asked again what it has not answered. */
  async #lookForWayBack(): Promise<void> {
    this.#mustLookAgain = this.#isMoving
    if (this.#isMoving) return
    this.#isMoving = true
    try {
      const before = await this.#host
      if (before?.kind !== 'worker') return
      const wayBack = await findWayBack()
      if (this.#lost || this.#queues.length === 0) wayBack?.close()
      else if (wayBack) await this.#move(before, wayBack)
    } catch {
      this.#lose()
    } finally {
      this.#isMoving = false
    }
    // Told by the new host, while others were still being asked.
    if (this.#mustLookAgain) await this.#lookForWayBack()
  }

  async #move(before: StartedHost, wayBack: WayBack): Promise<void> {
    before.stop()
    this.#unwatch()
    this.#wayBack?.close()
    this.#wayBack = wayBack
    this.#host = this.#begin(wayBack.maker)
    const { api, kind } = await this.#host
    const opened = this.#queues.map(({ key, setup }) => api.open(key, setup))
    // In their order, and before anything new: an older batch that comes after a newer one is taken for stored.
    for (const waiting of this.#waiting) waiting.ask(api)
    await Promise.all(opened)
    for (const queue of this.#queues) {
      queue.hear({ type: 'host-started', host: kind })
      queue.hear({ type: 'storage-restored' })
    }
  }

  async #stop(): Promise<void> {
    this.#unwatch()
    const host = await this.#host?.catch(() => undefined)
    host?.stop()
    this.#wayBack?.close()
    this.#reject(new QueueError('closed', 'The queue was closed before it answered'))
  }

  #reject(error: QueueError): void {
    for (const { reject } of this.#waiting) reject(error)
  }

  #page(): PageEnd {
    return {
      events: (key, events) => {
        for (const queue of this.#named(key)) for (const event of events) queue.hear(event)
        if (events.some(({ type }) => type === 'storage-lost')) void this.#lookForWayBack()
      },
      headers: (key, unauthorized) => resultOf(async () => this.#functionsOf(key).headers(unauthorized)),
      classify: (key, answer) => resultOf(async () => this.#functionsOf(key).classify(answer)),
      upcast: (key, body, version) => resultOf(async () => this.#functionsOf(key).upcast(body, version)),
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

/** A question that the host has not answered. */
interface Waiting {
  readonly ask: (host: HostApi) => void
  readonly reject: (error: QueueError) => void
}
