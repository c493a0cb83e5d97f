import { bytesOf } from '../message/bytes.ts'
import type { QueueEvent } from '../message/event.ts'
import type { HeaderEntries, Setup, Upcast, WireBody } from '../protocol/host.ts'
import { askEndpoint } from './ask-endpoint.ts'
import type { AskEndpointOptions } from './ask-endpoint.ts'
import type { Bodies } from './bodies.ts'
import type { Books } from './books.ts'
import type { Breaker } from './breaker.ts'
import type { Departures } from './departures.ts'
import type { FunctionsSource } from './functions.ts'
import type { Respite } from './respite.ts'
import type { Delivery } from './turns.ts'
import { unlessAborted } from './unless-aborted.ts'
import { areKeysMissing, Undecryptable } from './vault.ts'
import type { Vault } from './vault.ts'

/** How much is kept of what `upcast` threw, or a schema has against a body, in characters. */
const EXCERPT = 1_000

export interface PreparationOptions extends AskEndpointOptions {
  readonly bodies: Bodies
  readonly vault: Vault
  readonly books: Books
  readonly breaker: Breaker
  readonly departures: Departures
  readonly functions: FunctionsSource
  /** How long `upcast` and `encryption` are left alone, when they cannot be reached. */
  readonly respite: Respite
  readonly announce: (event: QueueEvent) => void
  /** The queue is being closed: what is under way has a while to be answered, and nothing more begins. */
  readonly isStopping: () => boolean
}

/** A message that may be sent, as it stands now. */
export interface Prepared {
  readonly delivery: Delivery
  readonly setup: Setup
  readonly headers: HeaderEntries
  readonly body: WireBody
  /** How often a pause had come when its delivery began. */
  readonly doubts: number
}

/** What comes before an attempt: a message that has expired is not sent, one of an earlier release is brought up to date, and headers are asked for. */
export class Preparation {
  readonly #options: PreparationOptions

  constructor(options: PreparationOptions) {
    this.#options = options
  }

  /**
   * @param doubts how often a pause had come when its delivery began.
   * @returns nothing where the message cannot go now: it is buried, or given back.
   */
  async prepare(delivery: Delivery, doubts: number): Promise<Prepared | undefined> {
    const { headers, setup, books } = this.#options
    if (!(await this.mayGo(delivery, doubts))) return undefined
    const current = setup()
    const fresh = await this.#upToDate(delivery, current)
    if (!fresh) return undefined
    // Whoever closes the queue may have signed out, and the headers of now be those of another.
    const entries = this.isCalledOff(doubts) ? undefined : await headers.get(current)
    await books.confirm()
    if (entries && !this.isCalledOff(doubts)) {
      if (!(await this.mayGo(fresh, doubts))) return undefined
      const body = await this.#bodyOf(fresh, doubts)
      return body === undefined ? undefined : { delivery: fresh, setup: current, headers: entries, body, doubts }
    }
    this.giveBack(fresh)
    return undefined
  }

  /** It goes again with other headers: what comes between, a pause or worse, ends the burst. */
  giveBack(delivery: Delivery): void {
    this.#options.headers.forget()
    this.#options.books.giveBack(delivery)
  }

  /** While something was asked for, the queue may have been paused, or closed. */
  isCalledOff(doubts: number): boolean {
    const { signal, isStopping, books } = this.#options
    return signal.aborted || isStopping() || books.doubts !== doubts
  }

  /** Whether the clock can be relied on. Where nobody can be asked, nothing goes: an endpoint that does not answer is left alone for a while. */
  async confirmTime(): Promise<boolean> {
    const { breaker, books, announce } = this.#options
    const isAnswered = await askEndpoint(this.#options)
    if (isAnswered !== false) return isAnswered ?? false
    const news = breaker.unanswered()
    await books.writeHolds()
    announce(news)
    return false
  }

  /** Whether its time is not over. What has expired is buried; where the clock may be wrong, it is looked up first. */
  async mayGo(delivery: Delivery, doubts: number): Promise<boolean> {
    const { time, books, departures } = this.#options
    const { expiresAt = Infinity } = delivery.message
    if (expiresAt > time.now()) return true
    if (time.isDoubtful && !(await this.confirmTime())) {
      books.giveBack(delivery)
      return false
    }
    if (expiresAt > time.now()) return this.#mayStillGo(delivery, doubts)
    await departures.bury(delivery, { reason: 'expired' })
    return false
  }

  /** Read for this attempt alone. */
  async #bodyOf(delivery: Delivery, doubts: number): Promise<WireBody | undefined> {
    const body = await this.#load(delivery)
    return body && this.#mayStillGo(delivery, doubts) ? body : undefined
  }

  /** Its body, whole. A message that has none any more, or none that can be decrypted, is buried; without keys, nothing goes. */
  async #load(delivery: Delivery): Promise<WireBody | undefined> {
    const { bodies, departures, respite } = this.#options
    const { message } = delivery
    try {
      const body = await bodies.load(message)
      if (message.sealed) respite.end()
      if (!body) await departures.bury(delivery, { reason: 'body-lost' })
      return body
    } catch (error) {
      if (error instanceof Undecryptable) await departures.bury(delivery, { reason: 'undecryptable', excerpt: error.message })
      else if (areKeysMissing(error)) this.#wait(delivery)
      else throw error
      return undefined
    }
  }

  /** Nobody can be asked, or nobody answers: that is said of all messages. */
  #wait(delivery: Delivery): void {
    if (!this.#options.signal.aborted) this.#options.respite.begin()
    this.#options.books.giveBack(delivery)
  }

  #mayStillGo(delivery: Delivery, doubts: number): boolean {
    const isCalledOff = this.isCalledOff(doubts)
    if (isCalledOff) this.#options.books.giveBack(delivery)
    return !isCalledOff
  }

  /** With a body of today, or as it is where it was sent before: the bytes under a key never change. */
  async #upToDate(delivery: Delivery, setup: Setup): Promise<Delivery | undefined> {
    const { departures, functions, respite, signal } = this.#options
    const { upcast } = functions(setup)
    if (!upcast || isOfToday(delivery, setup)) return delivery
    const before = await this.#load(delivery)
    if (!before) return undefined
    let body: Upcast
    try {
      body = await unlessAborted(upcast(before.body as string, delivery.message.version ?? 1), signal)
    } catch {
      // That nobody can be asked is said of all; what is wrong with this one, of it alone.
      this.#wait(delivery)
      return undefined
    }
    respite.end()
    if (typeof body === 'string') return this.#rewrite(delivery, body, setup)
    await departures.bury(delivery, { reason: body.refused, excerpt: body.why.slice(0, EXCERPT) })
    return undefined
  }

  async #rewrite(delivery: Delivery, body: string, { version }: Setup): Promise<Delivery | undefined> {
    const { books, vault } = this.#options
    const { sealed: _, ...message } = delivery.message
    try {
      const [sealed] = await vault.sealAll([{ ...message, body, bytes: bytesOf(body), version }])
      return await books.rewrite(delivery, sealed!)
    } catch (error) {
      if (!areKeysMissing(error)) throw error
      this.#wait(delivery)
      return undefined
    }
  }
}

/** Whether a message goes as it is stored. A request does: its body is no data that somebody could bring up to date. */
export function isOfToday({ message, held, isFrozen }: Delivery, setup: Setup): boolean {
  const wasSent = message.wasSent === true || isFrozen === true || (held?.attempts ?? 0) + (held?.uncounted ?? 0) > 0
  const isData = message.sealed ? message.sealed.isText : typeof message.body === 'string'
  return !isData || (message.version ?? 1) >= setup.version || wasSent
}
