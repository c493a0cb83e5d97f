import { closedError, QueueError, shown } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Cancellation, DeadLetter, Depth, GroupDepth, KeptReceipt, Standing, WaitingMessage } from '../message/message.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { HostApi, MessageFilter, Page, Place, Setup } from '../protocol/host.ts'
import type { Result } from '../protocol/result.ts'
import { callSafely } from './call-safely.ts'
import { ANYTHING, Idle, EVERYTHING } from './idle.ts'
import type { HostLink, LinkedQueue } from './host-link.ts'
import { Outbound } from './outbound.ts'
import { Opening } from './opening.ts'
import { checkEnqueue, outgoing, outgoingRequest } from './outgoing.ts'
import type { Outgoing, Rules } from './outgoing.ts'
import type { EnqueueOptions, OfGroup, Queue } from './queue.ts'
import { readLetter, readMessage } from './readings.ts'
import { Receipts } from './receipt.ts'
import type { Receipt } from './receipt.ts'
import { Requests } from './requests.ts'
import { checkAbort, checkFilter, checkId, checkSince, groupOf, listOf } from './verb-checks.ts'

export interface HandleOptions<T> extends Rules<T> {
  readonly name: string
  readonly link: HostLink
  readonly functions: PageFunctions
}

/** The page's end of a queue: checks what it is given, and asks the host for the rest. */
export class QueueHandle<T> implements Queue<T>, LinkedQueue {
  readonly name: string
  readonly setup: Setup
  readonly functions: PageFunctions
  readonly #link: HostLink
  readonly #rules: Rules<T>
  readonly #outbound: Outbound
  readonly #receipts: Receipts
  readonly #requests = new Requests()
  readonly #idle = new Idle()
  readonly #listeners = new Set<(event: QueueEvent) => void>()
  readonly #opening: Opening
  #closing: Promise<void> | undefined

  constructor({ name, link, functions, ...rules }: HandleOptions<T>) {
    this.name = name
    this.setup = rules.setup
    this.functions = functions
    this.#rules = rules
    this.#link = link
    this.#outbound = new Outbound(name, (batch) => this.#opening.ask((api) => api.enqueue(name, batch)))
    this.#receipts = new Receipts((id) => this.#standing(id))
    this.#opening = new Opening(link, this)
  }

  async enqueue(body: T, options?: EnqueueOptions): Promise<Receipt> {
    this.#assertOpen()
    return this.#add(outgoing(body, options, this.#rules))
  }

  async enqueueRequest(request: Request, options: EnqueueOptions = {}): Promise<Receipt> {
    this.#assertOpen()
    checkEnqueue(options)
    return this.#add(outgoingRequest(await this.#requests.take(request), options, this.setup))
  }

  receipt(id: string): Receipt {
    this.#assertOpen()
    checkId(id)
    return this.#receipts.of(id)
  }

  async *receipts(filter: { readonly since?: number } = {}): AsyncGenerator<KeptReceipt> {
    checkSince(filter)
    const { since = -Infinity } = filter
    for await (const kept of this.#paged((api, from) => api.receipts(this.name, from))) if (kept.settledAt > since) yield kept
  }

  async cancel(id: string, options: { readonly abort?: boolean } = {}): Promise<Cancellation> {
    checkId(id)
    checkAbort(options)
    return this.#call((api) => api.cancel(this.name, id, options.abort ?? false))
  }

  depth(): Promise<Depth>
  depth(of: OfGroup): Promise<GroupDepth>
  async depth(of?: OfGroup): Promise<Depth | GroupDepth> {
    const group = groupOf(of, this.setup.order)
    return this.#call<Depth | GroupDepth>((api) => (group === undefined ? api.depth(this.name) : api.groupDepth(this.name, group)))
  }

  async *messages(filter: MessageFilter = {}): AsyncGenerator<WaitingMessage<T>> {
    checkFilter(filter, this.setup.order)
    for await (const wire of this.#paged((api, from) => api.messages(this.name, from, filter))) {
      const message = readMessage<T>(wire)
      // What is damaged is no message any more; the server will say so, or the drain.
      if (message) yield message
    }
  }

  async *deadLetters(): AsyncGenerator<DeadLetter<T>> {
    for await (const letter of this.#paged((api, from) => api.deadLetters(this.name, from))) yield readLetter<T>(letter)
  }

  async redrive(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.#call((api) => api.redrive(this.name, list))
  }

  async purge(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.#call((api) => api.purge(this.name, list))
  }

  pause(of?: OfGroup): Promise<void> {
    return this.#callOf(of, (api, group) => api.pause(this.name, group))
  }

  resume(of?: OfGroup): Promise<void> {
    return this.#callOf(of, (api, group) => api.resume(this.name, group))
  }

  retryNow(of?: OfGroup): Promise<void> {
    return this.#callOf(of, (api, group) => api.retryNow(this.name, group))
  }

  drain(of?: OfGroup): Promise<void> {
    return this.retryNow(of)
  }

  async idle(of?: OfGroup): Promise<void> {
    const group = groupOf(of, this.setup.order)
    return this.#idle.until(() => this.#last(group))
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
    this.#idle.hear(event)
    for (const listener of this.#listeners) callSafely(listener, event)
  }

  lose(error: QueueError): void {
    this.#receipts.fail(error)
    this.#idle.close(error)
  }

  async #add(message: Outgoing): Promise<Receipt> {
    const { id, decided } = this.#outbound.add(message)
    const receipt = this.#receipts.issue(id)
    try {
      const decision = await decided
      if (decision === 'full') throw new QueueError('queue-full', `The queue "${this.name}" holds as much as its \`capacity\` allows`)
      if (decision && 'sameAs' in decision) {
        this.#receipts.withdraw(id)
        return this.#receipts.of(decision.sameAs)
      }
      this.#receipts.confirm(id)
      return receipt
    } catch (error) {
      this.#receipts.withdraw(id)
      throw error
    }
  }

  lookAgain(): void {
    this.#receipts.lookAgain()
    this.#idle.lookAgain()
  }

  keep(isLeaving: boolean): void {
    this.#outbound.keep(isLeaving)
  }

  stay(): void {
    this.#outbound.stay()
  }

  /** What has to leave before all, or a group, is idle. */
  async #last(group: string | undefined): Promise<string | undefined> {
    let last: string | undefined
    if (group !== undefined) {
      for await (const { id } of this.#paged((api, from) => api.messages(this.name, from, { group }))) last = id
      if (last !== undefined) return last
    }
    // Between two looks at a list, a message can move to where it was looked for before.
    const { ready, delayed, leased } = await (group === undefined ? this.depth() : this.depth({ group }))
    if (ready + delayed + leased === 0) return undefined
    return group === undefined ? EVERYTHING : ANYTHING
  }

  #standing(id: string): Promise<Standing> {
    return this.#call((api) => api.standing(this.name, id))
  }

  async #close(): Promise<void> {
    await this.#opening.ended()
    await this.#requests.handedOn()
    await this.#outbound.flushed()
    await this.#link.close(this)
    this.#listeners.clear()
    this.#opening.close()
    const closed = closedError(this.name)
    this.#receipts.close(closed)
    this.#idle.close(closed)
  }

  async #callOf<R>(of: OfGroup | undefined, ask: (api: HostApi, group: string | undefined) => Promise<Result<R>>): Promise<R> {
    const group = groupOf(of, this.setup.order)
    return this.#call((api) => ask(api, group))
  }

  async #call<R>(ask: (api: HostApi) => Promise<Result<R>>): Promise<R> {
    this.#assertOpen()
    return this.#opening.ask(ask)
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
