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
    const setup = this.#options.setup()
    const make = async (): Promise<Outgoing> => {
      const { request: taken, body } = await takeRequest(request)
      const withBody = outgoingRequest(taken, options, setup)
      return withBody(await this.#contents.put(body))
    }
    return this.#add(make(), options.group)
  }

  /** A stream, which may take for ever, has its place when it has ended, and holds up nobody until then. */
  async #take(message: Outgoing | OutgoingContent): Promise<Receipt<A>> {
    if (!('bytes' in message)) return this.#add(message, message.group)
    const { bytes, group } = message
    if ('getReader' in bytes) return this.#add(message.with(await this.#contents.putStream(bytes)), group)
    const small = this.#contents.asIs(bytes)
    return this.#add(small ? message.with(small) : this.#contents.put(bytes).then(message.with), group)
  }

  /** Where nobody is waited for, within the call: a burst of calls leaves no burst of microtasks behind. */
  #add(message: Outgoing | Promise<Outgoing>, group = ''): Promise<Receipt<A>> {
    const { name, rules, outbound, receipts } = this.#options
    const line = rules.setup.order === 'none' ? undefined : group
    const added = outbound.take(message, line)
    return added instanceof Promise ? added.then((late) => receipts.issued(name, late)) : receipts.issued(name, added)
  }
}
