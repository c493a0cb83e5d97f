import { closedError, destroyedError } from '../message/error.ts'
import type { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { wallClock } from '../handler/clock.ts'
import type { Realm } from '../handler/realm.ts'
import type { ConsumeOptions, Consumer, Handler, PoolOptions } from '../message/handling.ts'
import { checkScheduleName } from '../message/schedule.ts'
import type { Scheduled, ScheduleOptions } from '../message/schedule.ts'
import type { RequestParts } from '../message/request-parts.ts'
import type { PageFunctions } from '../protocol/functions.ts'
import type { MessageFilter, Setup } from '../protocol/host.ts'
import { queueKey } from '../protocol/names.ts'
import type { Answers } from './answers.ts'
import { AskedQueue } from './asked-queue.ts'
import { Batch } from './batch-receipt.ts'
import type { BatchReceipt } from './batch-receipt.ts'
import { Calls } from './calls.ts'
import { Consuming } from './consuming.ts'
import type { EnqueueAllOptions } from './enqueue-all.ts'
import { Enqueuing } from './enqueuing.ts'
import { Idle, lastOfAll, lastOfGroup } from './idle.ts'
import type { HostLink } from './host-link.ts'
import type { LinkedQueue } from './linked-queue.ts'
import { forgetLeft } from './left-behind.ts'
import { Listeners } from './listeners.ts'
import { Outbound } from './outbound.ts'
import { Opening } from './opening.ts'
import type { Rules } from '../protocol/outgoing.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import type { OfGroup, Queue } from './queue.ts'
import type { Relaying } from './relaying.ts'
import { Receipts } from './receipt.ts'
import type { Receipt } from './receipt.ts'
import { Schedules } from './schedules.ts'
import { Standings } from './standings.ts'
import { whileOpen } from './while-open.ts'
import { checkId, groupOf, listOf } from './verb-checks.ts'

export interface HandleOptions<T, A> extends Rules<T> {
  readonly answers: Answers<A>
  readonly setup: Setup
  readonly name: string
  readonly identity: string | undefined
  readonly link: HostLink
  readonly functions: PageFunctions
  readonly mayBeInMemory: boolean
  /** What its consumers take from their surroundings; the calling realm's, where it is left out. */
  readonly realm?: (() => Realm) | undefined
}

/** The page's end of a queue: checks what it is given, and asks the host for the rest. */
export class QueueHandle<T, A> extends AskedQueue<T, A> implements Queue<T, A>, LinkedQueue {
  readonly name: string
  readonly key: string
  setup: Setup
  readonly functions: PageFunctions
  readonly mayBeInMemory: boolean
  readonly relaying: Relaying<T>
  readonly #link: HostLink
  readonly outbound: Outbound
  readonly #receipts: Receipts<A>
  readonly #enqueuing: Enqueuing<T, A>
  readonly #idle = new Idle()
  readonly #listeners: Listeners<A>
  readonly #hearing = (listener: (event: QueueEvent<A>) => void): (() => void) => this.#listeners.add(listener)
  readonly #opening: Opening
  readonly #consuming: Consuming<T>
  readonly #schedules: Schedules<T>
  protected readonly host: Calls
  protected readonly answers: Answers<A>
  #closing: Promise<void> | undefined

  constructor({ name, identity, link, functions, mayBeInMemory, realm, answers, ...rules }: HandleOptions<T, A>) {
    super(rules.codec)
    this.name = name
    this.key = queueKey(name, identity)
    this.setup = rules.setup
    this.functions = whileOpen(functions, () => this.host.assertOpen())
    this.mayBeInMemory = mayBeInMemory
    this.#link = link
    this.relaying = { key: this.key, rules, store: async (batch) => void (await this.host.call((api) => api.enqueue(this.key, batch))) }
    this.outbound = new Outbound(this, (batch) => this.host.ask((api) => api.enqueue(this.key, batch)))
    this.answers = answers
    this.#listeners = new Listeners(answers)
    const standings = new Standings((ids) => this.host.call((api) => api.standings(this.key, ids)))
    this.#receipts = new Receipts((id) => standings.of(id), answers)
    const { key, outbound } = this
    this.#enqueuing = new Enqueuing({
      name,
      key,
      rules,
      outbound,
      receipts: this.#receipts,
      setup: () => this.setup,
      host: () => this.host,
    })
    this.#consuming = new Consuming({
      queue: this,
      codec: rules.codec,
      assertOpen: () => this.host.assertOpen(),
      tell: (event) => this.hear(event),
      realm,
    })
    this.#schedules = new Schedules({
      rules,
      clock: realm?.().clock ?? wallClock,
      store: (occurrence) => this.host.call((api) => api.schedule(this.key, occurrence)),
    })
    this.#opening = new Opening(link, this)
    this.host = new Calls(this.#opening)
  }

  async enqueue(body: T, options?: EnqueueOptions): Promise<Receipt<A>> {
    this.host.assertOpen()
    return this.#enqueuing.one(body, options)
  }

  async enqueueAll(bodies: Iterable<T>, options: EnqueueAllOptions<T> = {}): Promise<BatchReceipt<A>> {
    this.host.assertOpen()
    return new Batch(await this.#enqueuing.all(bodies, options), this.#hearing)
  }

  async enqueueRequest(request: Request | RequestParts, options: EnqueueOptions = {}): Promise<Receipt<A>> {
    this.host.assertOpen()
    const { signal } = Object(request) as Partial<Request>
    signal?.throwIfAborted()
    const receipt = await this.#enqueuing.request(request, options)
    signal?.addEventListener('abort', () => void this.cancel(receipt.id, { abort: true }).catch(() => {}), { once: true })
    return receipt
  }

  receipt(id: string): Receipt<A> {
    this.host.assertOpen()
    checkId(id)
    return this.#receipts.of(id)
  }

  batchReceipt(ids: Iterable<string>): BatchReceipt<A> {
    const list = listOf(ids) ?? []
    return new Batch(
      list.map((id) => this.receipt(id)),
      this.#hearing,
      () => this.#receipts.known(list),
    )
  }

  async idle(of?: OfGroup): Promise<void> {
    const group = groupOf(of, this.setup.order)
    const waiting = (filter: MessageFilter) => this.host.paged((api, from) => api.messages(this.key, from, filter))
    return this.#idle.until(() =>
      group === undefined ? lastOfAll(() => this.depth()) : lastOfGroup(waiting({ group }), () => this.depth({ group })),
    )
  }

  async schedule(name: string, options: ScheduleOptions<T>): Promise<Scheduled> {
    this.host.assertOpen()
    return this.#schedules.add(name, options)
  }

  async unschedule(name: string): Promise<boolean> {
    checkScheduleName(name)
    await this.#schedules.end(name)
    return this.host.call((api) => api.unschedule(this.key, name))
  }

  consume(handler: Handler<T>, options: ConsumeOptions = {}): Consumer {
    return this.#consuming.consume(handler, options)
  }

  consumeInWorkers(start: () => Worker, options: PoolOptions = {}): Consumer {
    return this.#consuming.consumeInWorkers(start, options)
  }

  subscribe(listener: (event: QueueEvent<A>) => void): () => void {
    this.host.assertOpen()
    return this.#listeners.add(listener)
  }

  close(): Promise<void> {
    return this.#end(closedError(this.name))
  }

  async destroy(): Promise<void> {
    this.host.assertOpen()
    await this.host
      .ask((api) => api.destroy(this.key))
      .catch((error: unknown) => {
        // Another was first, or the host before this one, which died of it.
        if (this.host.ended?.code !== 'destroyed') throw error
      })
    await this.#end(destroyedError(this.name))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Something happened in the queue. */
  hear(event: QueueEvent): void {
    // That befell the queue that was there before.
    if (event.type === 'destroyed' && !this.#opening.isOpen) return
    this.#receipts.hear(event)
    this.#idle.hear(event)
    this.#consuming.hear(event)
    this.#schedules.hear(event)
    this.#listeners.tell(event)
    if (event.type === 'destroyed') void this.#end(destroyedError(this.name))
  }

  lose(error: QueueError): void {
    this.#receipts.fail(error)
    this.#idle.close(error)
  }

  lookAgain(): void {
    this.#receipts.lookAgain()
    this.#idle.lookAgain()
    this.#schedules.lookAgain()
  }

  #end(why: QueueError): Promise<void> {
    const ended = this.host.end(why)
    if (ended.code === 'destroyed') {
      this.#tell(ended)
      forgetLeft(this)
    }
    this.#closing ??= this.#close(ended)
    return this.#closing
  }

  /** Nothing will be heard any more. */
  #tell(why: QueueError): void {
    this.#receipts.close(why)
    this.#idle.close(why)
  }

  async #close(why: QueueError): Promise<void> {
    this.#schedules.close()
    await this.#consuming.close()
    await this.#opening.ended()
    await this.outbound.flushed()
    await this.#link.close(this)
    this.#listeners.clear()
    this.#opening.close()
    this.#tell(why)
  }
}
