import { refusalOf } from '../message/decision.ts'
import type { Decision } from '../message/decision.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Answer, Death, RefusedAnswer, Standing } from '../message/message.ts'
import { QueueError } from '../message/error.ts'
import { textOf } from '../message/schema.ts'
import type { Answers } from './answers.ts'

/** What `enqueue` gives: the message is stored, and what the server says of it can be waited for. */
export interface Receipt<A = unknown> {
  /** The message's id, which the server sees as its idempotency key. */
  readonly id: string
  /**
   * The server's answer, when it has accepted the message, from whichever tab it was sent. Rejects with a QueueError:
   * `dead-lettered` (its `cause` is the `Death`), `invalid-answer` (the server has accepted it; `cause` is a `RefusedAnswer`), `cancelled`, `answer-unknown`, `storage-cleared`, `closed` or `host-lost`. Made when first read, so that a
   * rejection nobody asked for is no unhandled one. What it says stays, also after a redrive; `queue.receipt(id)` gives a new one.
   */
  readonly delivered: Promise<Answer<A>>
  /** Where the message stands now: `delayed`, `ready`, `leased`, `accepted`, `dead`, `cancelled`, or `unknown` where nothing of it is kept. */
  status(): Promise<Standing['state']>
}

type Settle = { readonly answer: Answer } | { readonly error: QueueError }

class PendingReceipt<A> implements Receipt<A> {
  readonly id: string
  isStored: boolean
  /** What became of the message may have been told before anybody listened. */
  mustLook: boolean
  /** Resolves once that has been looked up. */
  looked: Promise<void> | undefined
  readonly #receipts: Receipts<A>
  #settled: Settle | undefined
  #delivered: Promise<Answer<A>> | undefined
  #resolve: ((settled: Settle) => void) | undefined

  constructor(id: string, receipts: Receipts<A>, isStored: boolean) {
    this.id = id
    this.isStored = this.mustLook = isStored
    this.#receipts = receipts
  }

  get delivered(): Promise<Answer<A>> {
    this.#delivered ??= this.#promise()
    return this.#delivered
  }

  async status(): Promise<Standing['state']> {
    return (await this.#receipts.standing(this.id)).state
  }

  settle(settled: Settle): void {
    this.#settled ??= settled
    this.#resolve?.(this.#settled)
  }

  async #promise(): Promise<Answer<A>> {
    if (!this.#settled) this.#receipts.await(this)
    const settled = this.#settled ?? (await new Promise<Settle>((resolve) => (this.#resolve = resolve)))
    if ('error' in settled) throw settled.error
    const { answer, issues } = this.#receipts.answers.read(settled.answer)
    if (!issues) return answer
    const text = `Message ${this.id} was accepted, with an answer that its schema does not take: ${textOf(issues)}`
    throw new QueueError('invalid-answer', text, { cause: { answer, issues } satisfies RefusedAnswer })
  }
}

/**
 * The receipts that a page may still hold, one for each message. One whose answer nobody has asked for is held weakly: a page that enqueues a million
 * messages and drops their receipts does not keep a million of them.
 */
export class Receipts<A> {
  /** Asks the host where a message stands. */
  readonly standing: (id: string) => Promise<Standing>
  readonly answers: Answers<A>
  readonly #held = new Map<string, WeakRef<PendingReceipt<A>>>()
  readonly #asked = new Map<string, PendingReceipt<A>>()
  readonly #dropped = new FinalizationRegistry<string>((id) => {
    // Another of this id may have been made since.
    if (!this.#find(id)) this.#held.delete(id)
  })
  #closed: QueueError | undefined

  constructor(standing: (id: string) => Promise<Standing>, answers: Answers<A>) {
    this.standing = standing
    this.answers = answers
  }

  /** The receipt of a message that is on its way to the disk. */
  issue(id: string): Receipt<A> {
    return this.#hold(new PendingReceipt(id, this, false))
  }

  /** The receipt of a message that was added, once that is stored; of another, where the queue took it for the same. */
  async issued(
    queue: string,
    { id, decided }: { readonly id: string; readonly decided: Promise<Decision[1] | undefined> },
  ): Promise<Receipt<A>> {
    const receipt = this.issue(id)
    try {
      const decision = await decided
      const refusal = refusalOf(queue, decision)
      if (refusal) throw refusal
      if (typeof decision === 'object' && 'sameAs' in decision) {
        this.withdraw(id)
        return this.of(decision.sameAs)
      }
      this.confirm(id)
      return receipt
    } catch (error) {
      this.withdraw(id)
      throw error
    }
  }

  /** The receipt of a message that was stored at some time, by anybody. */
  of(id: string): Receipt<A> {
    return this.#find(id) ?? this.#hold(new PendingReceipt(id, this, true))
  }

  /** Resolves once it is known of all of them, whose answers were asked for, whether they have left the queue. */
  async known(ids: Iterable<string>): Promise<void> {
    for (const id of ids) await this.#asked.get(id)?.looked
  }

  /** The message is on disk. */
  confirm(id: string): void {
    const receipt = this.#find(id)
    if (receipt) receipt.isStored = true
  }

  /** The message was not stored after all. */
  withdraw(id: string): void {
    this.#held.delete(id)
  }

  hear(event: QueueEvent): void {
    switch (event.type) {
      case 'accepted':
        return this.#settle(event.id, { answer: event.answer })
      case 'dead-lettered': {
        const { type: _type, id, group: _group, ...death } = event
        return this.#settle(id, died(id, death))
      }
      case 'cancelled':
        return this.#settle(event.id, cancelled(event.id, event.maybeDelivered))
      case 'replaced':
        return this.#settle(event.id, failed('cancelled', `Message ${event.id} was replaced by ${event.by}`))
      case 'storage-cleared':
        return this.#loseStored()
      case 'emptied':
        // Whoever led before may have ended before it could tell of what it had settled.
        return this.lookAgain()
    }
  }

  /** The page was away, and has heard nothing meanwhile. */
  lookAgain(): void {
    for (const held of this.#held.values()) {
      const receipt = held.deref()
      if (receipt) receipt.mustLook = true
    }
    for (const receipt of this.#asked.values()) void this.#look(receipt)
  }

  /** Nothing is heard for now: whoever waits for an answer is told, and may ask anew. */
  fail(error: QueueError): void {
    for (const id of this.#asked.keys()) this.#settle(id, { error })
  }

  /** Nothing will be heard any more. */
  close(error: QueueError): void {
    this.#closed ??= error
    this.fail(error)
  }

  /** Somebody has asked for the answer. */
  await(receipt: PendingReceipt<A>): void {
    if (this.#closed) return receipt.settle({ error: this.#closed })
    this.#asked.set(receipt.id, receipt)
    if (receipt.mustLook) receipt.looked = this.#look(receipt)
  }

  async #look(receipt: PendingReceipt<A>): Promise<void> {
    const { id } = receipt
    const settled = await this.standing(id).then(
      (standing) => settledBy(id, standing),
      (error: unknown) => ({ error: error as QueueError }),
    )
    // It may have been told meanwhile, and another receipt have been made.
    if (settled && this.#asked.get(id) === receipt) this.#settle(id, settled)
  }

  /** What is still on its way to the disk will be stored in the new database. */
  #loseStored(): void {
    for (const [id, held] of this.#held) {
      const text = `The site's data was cleared, and message ${id} with it; perhaps it was delivered before, perhaps not`
      if (held.deref()?.isStored) this.#settle(id, failed('storage-cleared', text))
    }
  }

  #find(id: string): PendingReceipt<A> | undefined {
    return this.#held.get(id)?.deref()
  }

  #hold(receipt: PendingReceipt<A>): Receipt<A> {
    this.#held.set(receipt.id, new WeakRef(receipt))
    this.#dropped.register(receipt, receipt.id)
    return receipt
  }

  #settle(id: string, settled: Settle): void {
    this.#find(id)?.settle(settled)
    this.#held.delete(id)
    this.#asked.delete(id)
  }
}

/** What a standing says of a receipt; nothing of a message that is still in the queue. */
function settledBy(id: string, standing: Standing): Settle | undefined {
  switch (standing.state) {
    case 'accepted':
      return { answer: standing.answer }
    case 'dead':
      return died(id, standing.death)
    case 'cancelled':
      return cancelled(id, standing.maybeDelivered)
    case 'unknown':
      return failed('answer-unknown', `Message ${id} is not in the queue, and what was answered is not kept`)
    default:
      return undefined
  }
}

function died(id: string, death: Death): Settle {
  return failed('dead-lettered', `Message ${id} is a dead letter: ${death.reason}, last status ${death.status}`, death)
}

function cancelled(id: string, maybeDelivered: boolean): Settle {
  return failed('cancelled', `Message ${id} was cancelled${maybeDelivered ? '; perhaps it was delivered before, perhaps not' : ''}`)
}

function failed(code: QueueError['code'], text: string, cause?: Death): Settle {
  return { error: new QueueError(code, text, cause && { cause }) }
}
