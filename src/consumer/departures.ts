import type { QueueEvent } from '../message/event.ts'
import type { Death, DeadReason, PastAttempt } from '../message/message.ts'
import type { Setup } from '../protocol/host.ts'
import type { Aborts } from './aborts.ts'
import { keptAnswerOf } from './answer.ts'
import type { Books } from './books.ts'
import type { QueueTime } from './queue-time.ts'
import type { Answered } from './transport.ts'
import type { Delivery } from './turns.ts'

export interface DeparturesOptions {
  readonly books: Books
  readonly aborts: Aborts
  readonly setup: () => Setup
  readonly announce: (event: QueueEvent) => void
  readonly time: QueueTime
}

/** Why a message dies, and what is known of it beside what it was held with. */
export interface Cause {
  readonly reason: DeadReason
  readonly attempts?: number
  readonly status?: number
  readonly excerpt?: string
  readonly trail?: readonly PastAttempt[]
  readonly maybeDelivered?: boolean
}

/** Nobody could do anything about these in their place. */
const HALTS_NOT: ReadonlySet<DeadReason> = new Set(['not-upcast', 'invalid', 'body-lost', 'undecryptable'])

/** The ways out of the queue. What is told is on disk; whoever wanted it aborted until then has come too late. */
export class Departures {
  readonly #options: DeparturesOptions
  #accepting: Promise<void> | undefined

  constructor(options: DeparturesOptions) {
    this.#options = options
  }

  /** Resolves once all that was accepted has been told. */
  async told(): Promise<void> {
    await this.#accepting
  }

  /** Not awaited: the next message goes out while this one is being settled. The books know if that fails. */
  accept(delivery: Delivery, attempt: Answered, news: QueueEvent | undefined): void {
    const { books, aborts, setup, announce } = this.#options
    const { id } = delivery.message
    const answer = keptAnswerOf(attempt, setup().answer)
    this.#accepting = books.accept(delivery, answer).then(
      () => {
        aborts.forget(id)
        announce({ type: 'accepted', id, answer, ...groupOf(delivery) })
        if (news) announce(news)
      },
      () => {},
    )
  }

  async bury(delivery: Delivery, cause: Cause): Promise<void> {
    const { books, aborts, setup, announce, time } = this.#options
    const { message, held } = delivery
    const { onDead } = setup()
    // What nobody can read any more, or is not of today and was not made so, holds up nobody.
    const isHalting = onDead === 'halt' && !HALTS_NOT.has(cause.reason)
    const { reason, attempts = held?.attempts ?? 0, status = held?.status ?? 0, excerpt = '', trail = held?.trail ?? [] } = cause
    const maybeDelivered = cause.maybeDelivered ?? mayBeDelivered(delivery)
    const known: Death = { reason, deadAt: time.now(), attempts, status, excerpt, trail }
    const death: Death = { ...known, ...(maybeDelivered && { maybeDelivered: true as const }), ...(isHalting && { halts: true as const }) }
    // An attempt that a 401 has answered counts nowhere and leaves no trail: should the letter be redriven, its body stays as it is all the same.
    const wasSent = (held?.uncounted ?? 0) > 0
    await books.bury(wasSent ? { ...delivery, message: { ...message, wasSent } } : delivery, death, isHalting)
    aborts.forget(message.id)
    announce({ type: 'dead-lettered', id: message.id, ...groupOf(delivery), ...death })
    if (isHalting) announce({ type: 'halted', id: message.id, ...groupOf(delivery) })
  }

  /** It was cancelled. */
  async drop(delivery: Delivery, maybeDelivered: boolean): Promise<void> {
    const { books, aborts, announce } = this.#options
    const { id } = delivery.message
    await books.drop(delivery, maybeDelivered)
    aborts.forget(id)
    announce({ type: 'cancelled', id, maybeDelivered, ...groupOf(delivery) })
  }
}

/** Whether the server may have a message that it has not answered. */
export function mayBeDelivered({ held, isFrozen }: Delivery): boolean {
  return isFrozen === true || (held?.unanswered ?? 0) > 0
}

function groupOf({ message: { group } }: Delivery): { readonly group?: string } {
  return group === undefined ? {} : { group }
}
