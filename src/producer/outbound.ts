import { isQueueError } from '../message/error.ts'
import { bytesOf } from '../message/bytes.ts'
import { messageId, mintProducer } from '../message/id.ts'
import type { Decision } from '../message/decision.ts'
import type { Batch, OutgoingMessage } from '../protocol/host.ts'
import { LeftBehind } from './left-behind.ts'
import type { LeavingQueue } from './left-behind.ts'
import { Lines } from './lines.ts'
import { watchEnd } from './page-signals.ts'

/** How much one call to the host carries: so many messages, or so many characters, whichever comes first. */
const MOST_MESSAGES = 1_000
const MOST_CHARACTERS = 1_000_000

/**
 * How long what has failed with its host stays written down, in milliseconds. A page that ends takes its worker along, or does not start one any more, and whatever that was
 * asked fails; such a page does not come so far.
 */
const UNLESS_ENDED = 1_000

type Content = Omit<OutgoingMessage, 'id'>

/** A message with its id; `decided` resolves when its transaction has completed, with what was decided otherwise than to store it. */
export interface Added {
  readonly id: string
  readonly decided: Promise<Decision[1] | undefined>
}

/** Mints ids, and sends all messages of one tick to the host in one call. */
export class Outbound {
  /** Under whose name its batches are stored. */
  readonly producer: string = mintProducer()
  readonly #send: (batch: Batch) => Promise<readonly Decision[]>
  readonly #left: LeftBehind
  readonly #lines = new Lines()
  #number = 0
  #open: OpenBatch | undefined
  /** What is not decided, in its order. */
  readonly #undecided = new Set<OpenBatch>()
  #isLeaving = false
  #unwatch: (() => void) | undefined

  constructor(queue: LeavingQueue, send: (batch: Batch) => Promise<readonly Decision[]>) {
    this.#send = send
    this.#left = new LeftBehind(queue, this.producer)
  }

  /** Resolves when everything that was taken is stored, or was refused. */
  async flushed(): Promise<void> {
    await this.#lines.cleared()
    await Promise.allSettled(Array.from(this.#undecided, ({ decisions }) => decisions))
  }

  /** Takes a message, which may still have to be read, in its turn. @param line where there is an order. */
  take(content: Content | Promise<Content>, line: string | undefined): Added | Promise<Added> {
    return this.#lines.enter(line, content, (ready) => this.#add(ready))
  }

  /** Writes down what is not decided. `isLeaving`: from now on, whatever comes as well, at once. */
  keep(isLeaving: boolean): void {
    if (isLeaving) this.#lines.leave()
    this.#isLeaving ||= isLeaving
    // What was written down stays as it is.
    this.#open = undefined
    for (const batch of this.#undecided) if (!this.#left.write(this.#wire(batch))) return
  }

  /** The page is there after all. */
  stay(): void {
    this.#isLeaving = false
    this.#lines.stay()
  }

  #add(content: Content): Added {
    const batch = this.#open ?? this.#begin()
    const offset = batch.messages.length
    const id = messageId(this.producer, batch.number, offset)
    batch.messages.push({ id, ...content })
    batch.characters += typeof content.body === 'string' ? content.body.length : bytesOf(content.body)
    if (batch.messages.length >= MOST_MESSAGES || batch.characters >= MOST_CHARACTERS) this.#open = undefined
    if (this.#isLeaving) this.keep(true)
    return { id, decided: batch.decisions.then((decisions) => decisions.get(offset)) }
  }

  #endWatch(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  #wire({ number, messages }: OpenBatch): Batch {
    return { producer: this.producer, number, messages }
  }

  #begin(): OpenBatch {
    const number = this.#number++
    const messages: OutgoingMessage[] = []
    const decisions = Promise.resolve().then(async () => {
      if (this.#open === batch) this.#open = undefined
      if (isLoading()) this.keep(false)
      return new Map(await this.#send(this.#wire(batch)))
    })
    const batch: OpenBatch = { number, messages, decisions, characters: 0 }
    this.#open = batch
    this.#undecided.add(batch)
    this.#unwatch ??= watchEnd(() => this.keep(false))
    const decided = (): void => {
      this.#undecided.delete(batch)
      if (this.#undecided.size === 0) this.#endWatch()
      this.#left.remove(this.#wire(batch))
    }
    decisions.then(decided, (error: unknown) => (isOfHost(error) ? void setTimeout(decided, UNLESS_ENDED) : decided()))
    return batch
  }
}

function isOfHost(error: unknown): boolean {
  return isQueueError(error) && error.code.startsWith('host-')
}

/** WebKit tells no page that it leaves before it has loaded. */
function isLoading(): boolean {
  return typeof document !== 'undefined' && document.readyState !== 'complete'
}

interface OpenBatch {
  readonly number: number
  readonly messages: OutgoingMessage[]
  readonly decisions: Promise<ReadonlyMap<number, Decision[1]>>
  characters: number
}
