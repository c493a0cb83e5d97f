import type { EnqueueOptions } from '../message/enqueue-options.ts'
import { takeRequest } from '../message/request.ts'
import type { RequestParts } from '../message/request-parts.ts'
import type { Setup } from '../protocol/host.ts'
import { checkEnqueue, outgoingOrContent, outgoingRequest } from '../protocol/outgoing.ts'
import type { Outgoing, OutgoingContent, Rules } from '../protocol/outgoing.ts'
import type { Calls } from './calls.ts'
import { Contents } from './contents.ts'
import { allStored, outgoingAll } from './enqueue-all.ts'
import type { EnqueueAllOptions } from './enqueue-all.ts'
import type { Outbound } from './outbound.ts'
import type { Receipt, Receipts } from './receipt.ts'

export interface EnqueuingOptions<T, A> {
  readonly name: string
  readonly key: string
  /** The options of the queue, as they are now. */
  readonly setup: () => Setup
  readonly rules: Rules<T>
  readonly host: () => Calls
  readonly outbound: Outbound
  readonly receipts: Receipts<A>
}

/** Makes messages of what is enqueued, and has them stored. */
export class Enqueuing<T, A> {
  readonly #options: EnqueuingOptions<T, A>
  readonly #contents: Contents

  constructor(options: EnqueuingOptions<T, A>) {
    const { key, setup, host } = options
    this.#options = options
    this.#contents = new Contents({
      largest: () => setup().largestBody,
      spool: (portion) => host().ask((api) => api.spool(key, portion)),
      unspool: (spool) => host().ask((api) => api.unspool(key, spool)),
    })
  }

  async one(body: T, options: EnqueueOptions | undefined): Promise<Receipt<A>> {
    return this.#take(outgoingOrContent(body, options, this.#options.rules))
  }

  async all(bodies: Iterable<T>, options: EnqueueAllOptions<T>): Promise<Receipt<A>[]> {
    return allStored(outgoingAll(bodies, options, this.#options.rules).map((message) => this.#take(message)))
  }

  async request(request: Request | RequestParts, options: EnqueueOptions): Promise<Receipt<A>> {
    checkEnqueue(options)
    const taking = takeRequest(request)
    const bytes = taking.then(({ body }) => body)
    const make = async (stored: Outgoing['body']): Promise<Outgoing> =>
      outgoingRequest((await taking).request, stored, options, this.#options.setup())
    return this.#add(await this.#contents.take(bytes, make))
  }

  /** Resolves when all bodies that are read have been handed on. */
  handedOn(): Promise<void> {
    return this.#contents.handedOn()
  }

  async #take(message: Outgoing | OutgoingContent): Promise<Receipt<A>> {
    if (!('bytes' in message)) return this.#add(message)
    const small = this.#contents.asIs(message.bytes)
    return this.#add(small ? message.with(small) : await this.#contents.take(message.bytes, message.with))
  }

  #add(message: Outgoing): Promise<Receipt<A>> {
    const { name, outbound, receipts } = this.#options
    return receipts.issued(name, outbound.add(message))
  }
}
