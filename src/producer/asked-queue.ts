import type { Cancellation, Depth, GroupDepth, KeptReceipt } from '../message/message.ts'
import type { DeadLetter, WaitingMessage } from '../message/reading.ts'
import type { Codec } from '../message/codec.ts'
import type { MessageFilter, Setup } from '../protocol/host.ts'
import type { Answers } from './answers.ts'
import type { Ask } from './asking.ts'
import type { Calls } from './calls.ts'
import type { OfGroup } from './queue.ts'
import { readBody, readLetter, readMessage } from './readings.ts'
import { checkAbort, checkFilter, checkId, checkSince, groupOf, listOf } from './verb-checks.ts'

/** What the users of a queue ask its host as it is: how it stands with messages, and what is to become of them. */
export abstract class AskedQueue<T, A> {
  abstract readonly key: string
  abstract readonly setup: Setup
  protected abstract readonly host: Calls
  readonly #codec: Codec<T> | undefined

  constructor(codec: Codec<T> | undefined) {
    this.#codec = codec
  }
  protected abstract readonly answers: Answers<A>

  async *receipts(filter: { readonly since?: number } = {}): AsyncGenerator<KeptReceipt<A>> {
    checkSince(filter)
    const { since = -Infinity } = filter
    for await (const kept of this.host.paged((api, from) => api.receipts(this.key, from))) {
      if (kept.settledAt > since) yield kept.answer ? { ...kept, ...this.answers.read(kept.answer) } : kept
    }
  }

  async cancel(id: string, options: { readonly abort?: boolean } = {}): Promise<Cancellation> {
    checkId(id)
    checkAbort(options)
    return this.host.call((api) => api.cancel(this.key, id, options.abort ?? false))
  }

  depth(): Promise<Depth>
  depth(of: OfGroup): Promise<GroupDepth>
  async depth(of?: OfGroup): Promise<Depth | GroupDepth> {
    const group = groupOf(of, this.setup.order)
    return this.host.call<Depth | GroupDepth>((api) => (group === undefined ? api.depth(this.key) : api.groupDepth(this.key, group)))
  }

  async *messages(filter: MessageFilter = {}): AsyncGenerator<WaitingMessage<T>> {
    checkFilter(filter, this.setup.order)
    for await (const wire of this.host.paged((api, from) => api.messages(this.key, from, filter))) {
      const message = await readMessage(wire, this.#codec)
      // What is damaged is no message any more; the server will say so, or the drain.
      if (message) yield message
    }
  }

  async body(id: string): Promise<T | Blob | undefined> {
    checkId(id)
    const wire = await this.host.call((api) => api.body(this.key, id))
    return wire && (await readBody(wire, this.#codec))
  }

  async *deadLetters(): AsyncGenerator<DeadLetter<T>> {
    for await (const letter of this.host.paged((api, from) => api.deadLetters(this.key, from))) yield await readLetter(letter, this.#codec)
  }

  async redrive(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.host.call((api) => api.redrive(this.key, list))
  }

  async purge(ids?: Iterable<string>): Promise<number> {
    const list = listOf(ids)
    return this.host.call((api) => api.purge(this.key, list))
  }

  pause(of?: OfGroup): Promise<void> {
    return this.#ofGroup(of, (api, group) => api.pause(this.key, group))
  }

  resume(of?: OfGroup): Promise<void> {
    return this.#ofGroup(of, (api, group) => api.resume(this.key, group))
  }

  retryNow(of?: OfGroup): Promise<void> {
    return this.#ofGroup(of, (api, group) => api.retryNow(this.key, group))
  }

  drain(of?: OfGroup): Promise<void> {
    return this.retryNow(of)
  }

  async #ofGroup<R>(of: OfGroup | undefined, ask: Ask<R, [group: string | undefined]>): Promise<R> {
    const group = groupOf(of, this.setup.order)
    return this.host.call((api) => ask(api, group))
  }
}
