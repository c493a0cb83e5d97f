import { messageId, mintProducer } from '../message/id.ts'
import type { Decision } from '../message/decision.ts'
import type { Batch, OutgoingMessage } from '../protocol/host.ts'

/** How much one call to the host carries: so many messages, or so many characters, whichever comes first. */
const MOST_MESSAGES = 1_000
const MOST_CHARACTERS = 1_000_000

/** Mints ids, and sends all messages of one tick to the host in one call. */
export class Outbound {
  readonly #producer = mintProducer()
  readonly #send: (batch: Batch) => Promise<readonly Decision[]>
  #number = 0
  #open: OpenBatch | undefined
  #sending = new Set<Promise<unknown>>()

  constructor(send: (batch: Batch) => Promise<readonly Decision[]>) {
    this.#send = send
  }

  /** Resolves when everything that was added is stored, or was refused. */
  async flushed(): Promise<void> {
    await Promise.allSettled(this.#sending)
  }

  /** Takes a message; `decided` resolves when its transaction has completed, with what was decided otherwise than to store it. */
  add(content: Omit<OutgoingMessage, 'id'>): { readonly id: string; readonly decided: Promise<Decision[1] | undefined> } {
    const batch = this.#open ?? this.#begin()
    const offset = batch.messages.length
    const id = messageId(this.#producer, batch.number, offset)
    batch.messages.push({ id, ...content })
    batch.characters += content.body.length
    if (batch.messages.length >= MOST_MESSAGES || batch.characters >= MOST_CHARACTERS) this.#open = undefined
    return { id, decided: batch.decisions.then((decisions) => decisions.get(offset)) }
  }

  #begin(): OpenBatch {
    const number = this.#number++
    const messages: OutgoingMessage[] = []
    const decisions = Promise.resolve().then(async () => {
      if (this.#open === batch) this.#open = undefined
      return new Map(await this.#send({ producer: this.#producer, number, messages }))
    })
    const batch: OpenBatch = { number, messages, decisions, characters: 0 }
    this.#open = batch
    this.#sending.add(decisions)
    const sent = (): void => void this.#sending.delete(decisions)
    decisions.then(sent, sent)
    return batch
  }
}

interface OpenBatch {
  readonly number: number
  readonly messages: OutgoingMessage[]
  readonly decisions: Promise<ReadonlyMap<number, Decision[1]>>
  characters: number
}
