import type { QueueEvent } from '../message/event.ts'
import type { Answer } from '../message/message.ts'
import { QueueError } from '../message/error.ts'

/** What `enqueue` gives: the message is stored, and what the server says of it can be waited for. */
export interface Receipt {
  /** The message's id, which the server sees as its idempotency key. */
  readonly id: string
  /**
   * The server's answer, when it has accepted the message, from whichever tab it was sent. Rejects with a QueueError:
   * `dead-lettered` (its `cause` is the `Death`), `storage-cleared`, `closed` or `host-lost`. Made when first read, so that a rejection nobody asked for is
   * no unhandled one. A page that was reloaded does not hear of messages enqueued before.
   */
  readonly delivered: Promise<Answer>
}

type Settle = { readonly answer: Answer } | { readonly error: QueueError }

class PendingReceipt implements Receipt {
  readonly id: string
  isStored = false
  readonly #asked: (receipt: PendingReceipt) => void
  #settled: Settle | undefined
  #delivered: Promise<Answer> | undefined
  #resolve: ((settled: Settle) => void) | undefined

  constructor(id: string, asked: (receipt: PendingReceipt) => void) {
    this.id = id
    this.#asked = asked
  }

  get delivered(): Promise<Answer> {
    this.#delivered ??= this.#promise()
    return this.#delivered
  }

  settle(settled: Settle): void {
    this.#settled ??= settled
    this.#resolve?.(this.#settled)
  }

  async #promise(): Promise<Answer> {
    if (!this.#settled) this.#asked(this)
    const settled = this.#settled ?? (await new Promise<Settle>((resolve) => (this.#resolve = resolve)))
    if ('error' in settled) throw settled.error
    return settled.answer
  }
}

/**
 * The receipts that a page may still hold. One whose answer nobody has asked for is held weakly: a page that enqueues a million
 * messages and drops their receipts does not keep a million of them.
 */
export class Receipts {
  readonly #held = new Map<string, WeakRef<PendingReceipt>>()
  readonly #asked = new Map<string, PendingReceipt>()
  readonly #dropped = new FinalizationRegistry<string>((id) => this.#held.delete(id))
  #closed: QueueError | undefined

  issue(id: string): Receipt {
    const receipt = new PendingReceipt(id, (asked) => this.#await(asked))
    this.#held.set(id, new WeakRef(receipt))
    this.#dropped.register(receipt, id)
    return receipt
  }

  /** The message is on disk. */
  confirm(id: string): void {
    const receipt = this.#held.get(id)?.deref()
    if (receipt) receipt.isStored = true
  }

  /** The message was not stored after all. */
  withdraw(id: string): void {
    this.#held.delete(id)
  }

  hear(event: QueueEvent): void {
    if (event.type === 'accepted') this.#settle(event.id, { answer: event.answer })
    else if (event.type === 'dead-lettered') {
      const { type, id, ...death } = event
      const text = `Message ${id} is a dead letter: ${death.reason}, last status ${death.status}`
      this.#settle(id, { error: new QueueError(type, text, { cause: death }) })
    } else if (event.type === 'storage-cleared') this.#loseStored()
  }

  /** Nothing will be heard any more. */
  close(error: QueueError): void {
    this.#closed ??= error
    for (const receipt of this.#asked.values()) receipt.settle({ error })
    this.#asked.clear()
  }

  #await(receipt: PendingReceipt): void {
    if (this.#closed) receipt.settle({ error: this.#closed })
    else this.#asked.set(receipt.id, receipt)
  }

  /** What is still on its way to the disk will be stored in the new database. */
  #loseStored(): void {
    for (const [id, held] of this.#held) {
      const text = `The site's data was cleared, and message ${id} with it; perhaps it was delivered before, perhaps not`
      if (held.deref()?.isStored) this.#settle(id, { error: new QueueError('storage-cleared', text) })
    }
  }

  #settle(id: string, settled: Settle): void {
    this.#held.get(id)?.deref()?.settle(settled)
    this.#held.delete(id)
    this.#asked.delete(id)
  }
}
