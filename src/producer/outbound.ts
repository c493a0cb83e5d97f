import { messageId, mintProducer } from '../message/id.ts'
import type { Batch, OutgoingMessage } from '../protocol/host.ts'

/** How much one call to the host carries: so many messages, or so many characters, whichever comes first. */
const MOST_MESSAGES = 1_000
const MOST_CHARACTERS = 1_000_000

/** Mints ids, and sends all messages of one tick to the host in one call. */
export class Outbound {
  readonly #producer = mintProducer()
  readonly #send: (batch: Batch) => Promise<void>
  #number = 0
  #open: OpenBatch | undefined
  #sending = new Set<Promise<void>>()

  constructor(send: (batch: Batch) => Promise<void>) {
    this.#send = send
  }

  /** Resolves when everything that was added is stored, or was refused. */
  async flushed(): Promise<void> {
    await Promise.allSettled(this.#sending)
  }

  /** Takes a message; `stored` resolves when its transaction has completed. */
  add(content: Omit<OutgoingMessage, 'id'>): { readonly id: string; readonly stored: Promise<void> } {
    const batch = this.#open ?? this.#begin()
    const id = messageId(this.#producer, batch.number, batch.messages.length)
    batch.messages.push({ id, ...content })
    batch.characters += content.body.length
    if (batch.messages.length >= MOST_MESSAGES || batch.characters >= MOST_CHARACTERS) this.#open = undefined
    return { id, stored: batch.stored }
  }

  #begin(): OpenBatch {
    const number = this.#number++
    const messages: OutgoingMessage[] = []
    const stored = Promise.resolve().then(() => {
      if (this.#open === batch) this.#open = undefined
      return this.#send({ producer: this.#producer, number, messages })
    })
    const batch: OpenBatch = { number, messages, stored, characters: 0 }
    this.#open = batch
    this.#sending.add(stored)
    const sent = (): void => void this.#sending.delete(stored)
    stored.then(sent, sent)
    return batch
  }
}

interface OpenBatch {
  readonly number: number
  readonly messages: OutgoingMessage[]
  readonly stored: Promise<void>
  characters: number
}
