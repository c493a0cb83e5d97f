import { decodeBody, encodeBody } from '../message/body.ts'
import { checkGroup } from '../message/option-checks.ts'
import { QueueError, shown } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Cancellation, DeadLetter, Depth, KeptReceipt, WaitingMessage } from '../message/message.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { HostApi, Page, Place, Setup } from '../protocol/host.ts'
import type { Result } from '../protocol/result.ts'
import type { HostLink, LinkedQueue } from './host-link.ts'
import { Outbound } from './outbound.ts'
import type { EnqueueOptions, Queue } from './queue.ts'
import { Receipts } from './receipt.ts'
import type { Receipt } from './receipt.ts'

export interface HandleOptions<T> {
  readonly name: string
  readonly setup: Setup
  readonly link: HostLink
  readonly functions: PageFunctions
  /** The group of a body, in a queue that has groups. */
  readonly group: ((body: T) => string) | undefined
}

/** The page's end of a queue: checks what it is given, and asks the host for the rest. */
export class QueueHandle<T> implements Queue<T>, LinkedQueue {
  readonly name: string
  readonly setup: Setup
  readonly functions: PageFunctions
  readonly #link: HostLink
  readonly #groupOf: ((body: T) => string) | undefined
  readonly #outbound: Outbound
  readonly #receipts = new Receipts()
  readonly #listeners = new Set<(event: QueueEvent) => void>()
  readonly #opened: Promise<void>
  #emptied: Signal | undefined
  #closing: Promise<void> | undefined

  constructor({ name, setup, link, functions, group }: HandleOptions<T>) {
    this.name = name
    this.setup = setup
    this.functions = functions
    this.#groupOf = group
    this.#link = link
    this.#outbound = new Outbound(async (batch) => void (await this.#ask((api) => api.enqueue(name, batch))))
    this.#opened = link.open(this)
    // Whoever asks for something next is told.
    this.#opened.catch(() => {})
  }

  async enqueue(body: T, options: EnqueueOptions = {}): Promise<Receipt> {
    this.#assertOpen()
    const group = this.#group(body, options)
    const { group: _group, ...rest } = options
    const more = { ...rest, ...(this.setup.version > 1 && { version: this.setup.version }) }
    const { id, stored } = this.#outbound.add({ body: encodeBody(body), ...(group !== undefined && { group }), ...more })
    const receipt = this.#receipts.issue(id)
    try {
      await stored
      this.#receipts.confirm(id)
    } catch (error) {
      this.#receipts.withdraw(id)
      throw error
    }
    return receipt
  }

  receipt(): Receipt {
    throw new Error('stub')
  }

  receipts(): AsyncIterable<KeptReceipt> {
    throw new Error('stub')
  }

  cancel(id: string, { abort = false }: { readonly abort?: boolean } = {}): Promise<Cancellation> {
    return this.#call((api) => api.cancel(this.name, id, abort))
  }

  depth(): Promise<never> {
    return this.#depth() as Promise<never>
  }

  #depth(): Promise<Depth> {
    return this.#call((api) => api.depth(this.name))
  }

  async *messages(): AsyncGenerator<WaitingMessage<T>> {
    for await (const { id, body, state, enqueuedAt, group } of this.#paged((api, from) => api.messages(this.name, from, {}))) {
      const decoded = decodeBody(body)
      // What is damaged is no message any more; the server will say so, or the drain.
      if (decoded) yield { id, body: decoded.value as T, state, enqueuedAt, ...(group !== undefined && { group }) }
    }
  }

  async *deadLetters(): AsyncGenerator<DeadLetter<T>> {
    for await (const letter of this.#paged((api, from) => api.deadLetters(this.name, from))) {
      const { id, body, enqueuedAt, group, reason, deadAt, attempts, status, excerpt, trail, maybeDelivered, halts } = letter
      const known = {
        id,
        enqueuedAt,
        deadAt,
        attempts,
        status,
        excerpt,
        ...(group !== undefined && { group }),
        ...(trail && { trail }),
        ...(maybeDelivered && { maybeDelivered }),
        ...(halts && { halts }),
      }
      const decoded = decodeBody(body)
      if (reason === 'unreadable' || !decoded) yield { ...known, reason: 'unreadable', body: undefined }
      else yield { ...known, reason, body: decoded.value as T }
    }
  }

  async redrive(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.#call((api) => api.redrive(this.name, list))
  }

  async purge(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.#call((api) => api.purge(this.name, list))
  }

  pause(): Promise<void> {
    return this.#call((api) => api.pause(this.name, undefined))
  }

  resume(): Promise<void> {
    return this.#call((api) => api.resume(this.name, undefined))
  }

  retryNow(): Promise<void> {
    return this.#call((api) => api.retryNow(this.name, undefined))
  }

  drain(): Promise<void> {
    return this.retryNow()
  }

  async idle(): Promise<void> {
    for (;;) {
      // Listening before looking: the last message may leave between the two.
      this.#emptied ??= makeSignal()
      const { promise } = this.#emptied
      const { ready, delayed, leased } = await this.#depth()
      if (ready + delayed + leased === 0) return
      await promise
    }
  }

  subscribe(listener: (event: QueueEvent) => void): () => void {
    if (typeof listener !== 'function')
      throw new QueueError('invalid-option', `Expected \`listener\` to be a function, got ${shown(listener)}`)
    this.#assertOpen()
    // A function of its own: one that subscribes twice is called twice, and each subscription ends by itself.
    const subscription = (event: QueueEvent): void => listener(event)
    this.#listeners.add(subscription)
    return () => void this.#listeners.delete(subscription)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Something happened in the queue. */
  hear(event: QueueEvent): void {
    this.#receipts.hear(event)
    if (event.type === 'emptied') {
      this.#emptied?.resolve()
      this.#emptied = undefined
    }
    for (const listener of this.#listeners) callSafely(listener, event)
  }

  /** Nothing will be heard any more: who waits for something is told. */
  lose(error: QueueError): void {
    this.#receipts.close(error)
    this.#emptied?.reject(error)
  }

  #group(body: T, options: EnqueueOptions): string | undefined {
    checkEnqueue(options)
    const group = options.group ?? this.#groupOf?.(body)
    if (group === undefined) return undefined
    checkGroup(group)
    if (this.setup.order === 'group') return group
    throw new QueueError('invalid-option', `Expected no \`group\` in a queue with \`order: '${this.setup.order}'\`, got ${shown(group)}`)
  }

  async #close(): Promise<void> {
    await this.#opened.catch(() => {})
    await this.#outbound.flushed()
    await this.#link.close(this)
    this.#listeners.clear()
    this.lose(closedError(this.name))
  }

  async #call<R>(ask: (api: HostApi) => Promise<Result<R>>): Promise<R> {
    this.#assertOpen()
    return this.#ask(ask)
  }

  async #ask<R>(ask: (api: HostApi) => Promise<Result<R>>): Promise<R> {
    await this.#opened
    return this.#link.call(ask)
  }

  async *#paged<Item>(ask: (api: HostApi, from: Place | undefined) => Promise<Result<Page<Item>>>): AsyncGenerator<Item> {
    let from: Place | undefined
    do {
      const start = from
      const page: Page<Item> = await this.#call((api) => ask(api, start))
      yield* page.items
      from = page.next
    } while (from !== undefined)
  }

  #assertOpen(): void {
    if (this.#closing) throw closedError(this.name)
  }
}

interface Signal {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: QueueError) => void
}

function makeSignal(): Signal {
  let resolve!: () => void
  let reject!: (error: QueueError) => void
  const promise = new Promise<void>((...settle) => ([resolve, reject] = settle))
  // Nobody may be waiting any more when the queue is closed.
  promise.catch(() => {})
  return { promise, resolve, reject }
}

function closedError(name: string): QueueError {
  return new QueueError('closed', `The queue "${name}" is closed`)
}

function checkEnqueue(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new QueueError('invalid-option', `Expected \`options\` to be an object, got ${shown(options)}`)
  const unknown = Object.keys(options).find((name) => name === 'grupo')
  if (unknown !== undefined) throw new QueueError('invalid-option', `Unknown option \`${unknown}\`; known is group`)
}

/** Ids as they were given: an iterable of strings, and not one string by mistake. */
function listOf(ids: Iterable<string> | undefined): string[] | undefined {
  if (ids === undefined) return undefined
  const list = typeof ids === 'object' && ids !== null && Symbol.iterator in ids ? [...ids] : undefined
  if (list?.every((id) => typeof id === 'string')) return list
  throw new QueueError('invalid-option', `Expected \`ids\` to be an iterable of ids, got ${shown(ids)}`)
}

/** A listener that throws is reported as any uncaught error is, and keeps nobody else from hearing. */
function callSafely(listener: (event: QueueEvent) => void, event: QueueEvent): void {
  try {
    listener(event)
  } catch (error) {
    // As for an event listener of the platform's own; Node has no reportError.
    ;(globalThis.reportError ?? console.error)(error)
  }
}
