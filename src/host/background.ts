import type { QueueDefinition } from '../message/definition.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import { isQueueError, QueueError } from '../message/error.ts'
import { invalid } from '../message/checks.ts'
import type { TakenRequest } from '../message/request.ts'
import type { HostApi, PageApi } from '../protocol/host.ts'
import { checkEnqueue, outgoingRequest } from '../protocol/outgoing.ts'
import { syncTag } from '../protocol/names.ts'
import { isDrainCall } from '../protocol/service-worker.ts'
import { setupOf } from '../protocol/setup.ts'
import { BackgroundQueue } from './background-queue.ts'
import { functionsSource } from './functions-source.ts'
import { createHost } from './host.ts'
import type { Platform } from './platform.ts'
import { Reserve } from './reserve.ts'

/** As much of a service worker's global scope as is used: the platform's types know no Background Sync. */
export interface BackgroundScope {
  readonly navigator: { readonly onLine: boolean }
  readonly registration: { readonly sync?: { register(tag: string): Promise<void> } }
  addEventListener(type: 'sync', listener: (event: Extendable & { readonly tag: string }) => void): void
  addEventListener(type: 'message', listener: (event: Extendable & { readonly data: unknown }) => void): void
  addEventListener(type: 'activate', listener: () => void): void
  addEventListener(type: 'fetch', listener: (event: Extendable & FetchLike) => void): void
}

export interface Extendable {
  waitUntil(work: Promise<unknown>): void
}

export interface FetchLike {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

/** The queues of a service worker. */
export class Background {
  readonly scope: BackgroundScope
  readonly #platform: Platform | undefined
  readonly #queues = new Map<string, BackgroundQueue>()
  readonly #definitions = new Map<string, QueueDefinition>()
  readonly #host: HostApi
  readonly #reserve: Reserve | undefined
  #isServing = false

  constructor(scope: BackgroundScope, platform: Platform | undefined) {
    this.scope = scope
    this.#platform = platform
    this.#reserve = platform && new Reserve(platform)
    this.#host = createHost({ platform, page: { ...NO_PAGE, events: () => {} }, served: this.#definitions })
  }

  /** Drains these when Background Sync or a page calls, and whenever this service worker is started: as long as it lives then. */
  serve(definitions: readonly QueueDefinition[]): void {
    const names = definitions.map((definition) => this.#define(definition).name)
    for (const name of names) void this.#drainQuietly(name)
    if (this.#isServing) return
    this.#isServing = true
    const { scope } = this
    scope.addEventListener('sync', (event) => {
      const name = [...this.#definitions.keys()].find((queue) => syncTag(queue) === event.tag)
      if (name !== undefined) event.waitUntil(this.#answerCall(name))
    })
    scope.addEventListener('message', (event) => {
      const { data } = event
      // Its page may have been left before it could ask for a call by itself.
      if (isDrainCall(data) && this.#definitions.has(data.queue)) event.waitUntil(this.follow(data.queue))
    })
    // Not waited for: until it is active, it answers no page.
    scope.addEventListener('activate', () => this.#definitions.forEach(({ name }) => void this.#drainQuietly(name)))
  }

  /** Resolves when what was just stored has been drained, or cannot be now. Where there is Background Sync, that is told of it first. */
  async follow(name: string): Promise<void> {
    void this.#askForCall(name)
    await this.#drainQuietly(name)
  }

  /** Stores a request; resolves with the id of its message. */
  async put(definition: QueueDefinition, { request, body }: TakenRequest, options: EnqueueOptions): Promise<string> {
    checkEnqueue(options)
    const setup = setupOf(definition.options, {})
    return this.queue(definition).put(body, outgoingRequest(request, options, setup))
  }

  /** As the platform does it. */
  get fetch(): typeof fetch {
    return this.#platform?.fetch ?? fetch
  }

  /** @throws QueueError `unsupported`. */
  queue(of: string | QueueDefinition): BackgroundQueue {
    const definition = typeof of === 'string' ? this.#definitions.get(of)! : this.#define(of)
    const { name, options } = definition
    const [platform, reserve] = [this.#platform, this.#reserve]
    if (!platform || !reserve) throw new QueueError('unsupported', 'Expected IndexedDB and Web Locks in a service worker')
    const known = this.#queues.get(name)
    if (known) return known
    const isOnline = (): boolean => this.scope.navigator.onLine
    const ended = (): void => void this.#queues.delete(name)
    const functions = functionsSource({ queue: name, page: NO_PAGE, definition })
    const its = { definition, setup: setupOf(options, {}), functions }
    const queue = new BackgroundQueue({ ...its, platform, reserve, host: this.#host, isOnline, ended })
    this.#queues.set(name, queue)
    return queue
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.close()))
  }

  /** @throws QueueError `invalid-option`. */
  #define(definition: QueueDefinition): QueueDefinition {
    const { name, options } = definition
    if (options.consumers)
      throw invalid(`Expected a queue with an \`endpoint\` in a service worker: "${name}" has consumers, which pages hand its messages to`)
    if (!this.#definitions.has(definition.name)) this.#definitions.set(definition.name, definition)
    return definition
  }

  /**
   * Background Sync has called. What this rejects with makes it call again: after five minutes, after fifteen more, and not after that. Whoever asks anew while it calls is called as soon
   * as there is a connection: so one that comes and goes uses up no calls.
   */
  async #answerCall(name: string): Promise<void> {
    try {
      await this.queue(name).drain()
    } catch (error) {
      if (!this.scope.navigator.onLine) await this.#askForCall(name)
      throw error
    }
  }

  /** It is not allowed, or there is no Background Sync: pages do all the work. */
  async #askForCall(name: string): Promise<void> {
    await this.scope.registration.sync?.register(syncTag(name)).catch(() => {})
  }

  /** Nobody is to be called again: whoever asked has no use for it. */
  async #drainQuietly(name: string): Promise<void> {
    try {
      await this.queue(name).drain()
    } catch (error) {
      // Whoever wrote the definition is to know.
      if (isQueueError(error) && error.code === 'invalid-option') console.warn(error)
    }
  }
}

/** Never asked: what a definition has no function for is not drained here. */
const nobody = async (): Promise<never> => {
  throw new QueueError('unsupported', 'A service worker has no page to ask')
}
const NO_PAGE: PageApi = { headers: nobody, classify: nobody, upcast: nobody, encryption: nobody }
