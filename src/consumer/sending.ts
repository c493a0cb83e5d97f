import type { QueueEvent } from '../message/event.ts'
import type { WholeBody } from '../message/spooled.ts'
import type { HeaderEntries, Setup, WireBody } from '../protocol/host.ts'
import type { Clock } from '../queue/clock.ts'
import type { Aborts } from './aborts.ts'
import type { Outcome } from './answer-table.ts'
import { dateOf } from './answer.ts'
import { BatchSize } from './batch-size.ts'
import type { Books } from './books.ts'
import { sizeInBatch } from './company.ts'
import type { Room } from './company.ts'
import { mayBeDelivered } from './departures.ts'
import type { FunctionsSource } from './functions.ts'
import { judge } from './judge.ts'
import { isOfToday } from './preparation.ts'
import type { Prepared, Preparation } from './preparation.ts'
import type { QueueTime } from './queue-time.ts'
import type { Suspicion } from './suspicion.ts'
import type { Outset, Told } from './told.ts'
import { nextAttempt } from './trail.ts'
import type { Attempt, Outgoing, Transport } from './transport.ts'
import type { Delivery } from './turns.ts'

export interface SendingOptions {
  readonly transport: Transport
  readonly books: Books
  readonly aborts: Aborts
  readonly preparation: Preparation
  readonly suspicion: Suspicion
  readonly functions: FunctionsSource
  readonly announce: (event: QueueEvent) => void
  readonly clock: Clock
  readonly time: QueueTime
  readonly signal: AbortSignal
}

/** What came of an attempt, and what that means; nothing where the drain has ended it. */
export interface Tried extends Told {
  readonly outcome: Outcome | undefined
  /** It is said of so many messages in one request, and of none of them alone. Absent where it is of this one. */
  readonly isOf?: number
}

/** A server that gives results, and none of a message that came alone. */
const NOTHING_SAID: Outcome = { kind: 'retry', reason: 'failed', counts: true, holds: false }

/** Sends a message, alone or with what goes along, and judges what comes back. */
export class Sending {
  readonly size: BatchSize = new BatchSize()
  /** What need not go along once more, should the first have to: something was said of it. */
  readonly #told = new WeakSet<Delivery>()
  readonly #options: SendingOptions

  constructor(options: SendingOptions) {
    this.#options = options
  }

  /** @param cut ends the attempt of this message, where it goes alone. */
  async send(prepared: Prepared, headers: HeaderEntries, outset: Outset, cut: AbortSignal): Promise<Tried> {
    const { transport, time, clock } = this.#options
    const { delivery, setup } = prepared
    const at = time.now()
    const began = clock.elapsed()
    const tell = (attempt: Attempt): Told => ({ attempt, outset, at, took: Math.round(clock.elapsed() - began) })
    if (setup.batch && transport.sendBatch && sizeInBatch(delivery.message) <= setup.batch.bytes) {
      return this.#sendBatch(prepared, headers, cut, tell)
    }
    const attempt = await transport.send(this.#outgoing(prepared, headers), cut)
    this.#hear(attempt)
    return this.judge(delivery, setup, tell(attempt))
  }

  /** What an attempt means for its message. */
  async judge({ message }: Delivery, setup: Setup, told: Told): Promise<Tried> {
    const { functions, time, announce, signal } = this.#options
    const { attempt } = told
    const isEnded = signal.aborted && !attempt.answered
    const { classify } = functions(setup)
    const redirects = message.redirects ?? setup.redirects
    return { ...told, outcome: isEnded ? undefined : await judge(attempt, { classify, redirects, now: time.now(), announce, signal }) }
  }

  async #sendBatch(prepared: Prepared, headers: HeaderEntries, cut: AbortSignal, tell: (attempt: Attempt) => Told): Promise<Tried> {
    const { transport, books, signal, announce } = this.#options
    const { delivery, setup } = prepared
    const company = this.#companyOf(delivery, setup)
    const all = [delivery, ...company]
    const along = company.map((other) => this.#outgoing({ ...prepared, delivery: other, body: asItLies(other) }, headers))
    if (company.length > 0) books.together.send(all)
    for (const { message, held } of company) announce({ type: 'leased', id: message.id, attempt: nextAttempt(held) })
    // Nobody's abort ends what others are in.
    const { attempt, results } = await transport.sendBatch!(
      [this.#outgoing(prepared, headers), ...along],
      company.length > 0 ? signal : cut,
    )
    this.#hear(attempt)
    const whole = results ? undefined : await this.judge(delivery, setup, tell(attempt))
    const each = results ?? (whole!.outcome?.kind === 'accepted' ? new Map(all.map(({ message }) => [message.id, attempt])) : undefined)
    if (company.length > 0 && attempt.answered) {
      const known = each ? knownOf(all, each, tell) : new Map(all.map((other) => [other, undefined]))
      books.together.answered(known)
      for (const [other, told] of known) if (told) this.#told.add(other)
    }
    const own = each?.get(delivery.message.id)
    if (own) this.size.grow(all.length)
    if (own) return this.judge(delivery, setup, tell(own))
    const tried = whole ?? { ...tell(attempt), outcome: NOTHING_SAID }
    return company.length > 0 ? { ...tried, isOf: all.length } : tried
  }

  /** What went along may have expired since, or not be wanted any more; what has not been brought up to date has to be first. What is behind it in its group waits as well. */
  #companyOf(lead: Delivery, setup: Setup): Delivery[] {
    const { company = [] } = lead
    const { aborts, time, functions } = this.#options
    const isUpcast = functions(setup).upcast !== undefined
    const keptBack = new Set<string>()
    // It may have grown as it was brought up to date.
    let bytes = sizeInBatch(lead.message)
    return company.filter((delivery) => {
      const { message, group } = delivery
      if (this.#told.has(delivery)) return false
      const { expiresAt = Infinity } = message
      bytes += sizeInBatch(message)
      const isWanted = !aborts.isWanted(message) && expiresAt > time.now() && bytes <= setup.batch!.bytes
      const mayGo = isWanted && (!isUpcast || isOfToday(delivery, setup))
      if (!mayGo) keptBack.add(group)
      return !keptBack.has(group)
    })
  }

  #outgoing({ delivery, setup, body, doubts }: Prepared, headers: HeaderEntries): Outgoing {
    const { books, preparation, announce } = this.#options
    const { message, group, held } = delivery
    const progressed = (progress: number): void => announce({ type: 'progressed', id: message.id, progress })
    const mayStillGo = (): Promise<boolean> => books.confirm().then(() => !preparation.isCalledOff(doubts))
    const known = { epoch: books.epoch, attempt: nextAttempt(held), mayBeHeld: mayBeDelivered(delivery), partition: group }
    return { ...message, ...known, ...body, headers, setup, mayStillGo, progressed }
  }

  #hear(attempt: Attempt): void {
    if (!attempt.answered) return
    this.#options.suspicion.answered()
    const date = dateOf(attempt)
    if (date !== undefined) this.#options.time.serverSaid(date)
  }

  /** How much may go in one request now. */
  room({ batch }: Setup): Room | undefined {
    return batch && this.#options.transport.sendBatch ? this.size.room(batch) : undefined
  }
}

/** What goes along lies with its message, in clear. */
function asItLies({ message: { body, content } }: Delivery): WireBody {
  return { body: body as WholeBody, ...(content && { content }) }
}

/**
 * Of which messages it is known what came of them, and what each has when its turn comes: in a group, up to the first that was not accepted; what is behind that the server has left alone. What it has accepted there
 * it has, whether or not it should have: it is not sent again.
 */
function knownOf(
  all: readonly Delivery[],
  each: ReadonlyMap<string, Attempt>,
  tell: (attempt: Attempt) => Told,
): Map<Delivery, Told | undefined> {
  const known = new Map<Delivery, Told | undefined>()
  const stopped = new Set<string>()
  for (const delivery of all) {
    const attempt = each.get(delivery.message.id)
    const isAccepted = attempt?.answered === true && (attempt.outcome === undefined || attempt.outcome.kind === 'accepted')
    const isStopped = stopped.has(delivery.group)
    if (attempt && (isAccepted || !isStopped)) known.set(delivery, tell(attempt))
    else if (isStopped) known.set(delivery, undefined)
    if (!isAccepted) stopped.add(delivery.group)
  }
  return known
}
