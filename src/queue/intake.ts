import type { Decision } from '../message/decision.ts'
import type { Message, PlacedMessage } from '../message/message.ts'
import type { Capacity } from '../message/limits.ts'
import type { OnDuplicate } from '../message/options.ts'
import { isSpooled } from '../message/spooled.ts'
import { claim, dropBody } from './bodies.ts'
import { duplicateOf, takeKey } from './dedup.ts'
import type { Duplicate } from './dedup.ts'
import { countsOf, EMPTY_HEAD, queueTime } from './meta.ts'
import type { Head, Tail } from './meta.ts'
import type { Change, DelayedRecord, WriteTransaction } from './schema.ts'

/** The largest body that lies in the record of its message, in bytes. */
export const LARGEST_WITHIN = 48_000

/** A message that is to be stored, with what is said of that alone. */
export interface IncomingMessage extends Omit<Message, 'expiresAt'> {
  readonly delay?: number
  readonly onDuplicate?: OnDuplicate
}

export interface IntakeOptions {
  readonly tail: Tail
  /** Needed where messages have a time or a dedup key, and where there is a capacity. */
  readonly head: Head | undefined
  readonly capacity?: Capacity | undefined
  /** The device's time. */
  readonly now: number
}

/** Takes messages in, one after the other: each is stored, or kept back, or the same as another, or one too many. */
export class Intake {
  readonly #tx: WriteTransaction
  readonly #head: Head
  readonly #capacity: Capacity | undefined
  readonly #now: number
  /** What joins the tail now, and the dedup keys in there. */
  readonly #fresh: Message[] = []
  readonly #keys = new Map<string, { readonly at: number; readonly before: string | undefined }>()
  #tail: Tail

  constructor(tx: WriteTransaction, { tail, head = EMPTY_HEAD, capacity, now }: IntakeOptions) {
    this.#tx = tx
    this.#tail = tail
    this.#head = head
    this.#capacity = capacity
    this.#now = queueTime(head, now)
  }

  /** What joins the tail now. */
  get fresh(): readonly Message[] {
    return this.#fresh
  }

  /** In queue time. */
  get now(): number {
    return this.#now
  }

  get tail(): Tail {
    return this.#tail
  }

  /** @param isExempt whether there is room for them however much there is. */
  async take(messages: readonly IncomingMessage[], isExempt = false): Promise<readonly Decision[]> {
    const decisions: Decision[] = []
    for (const [offset, message] of messages.entries()) {
      const decided = await this.#decide(message, isExempt)
      if (decided) decisions.push([offset, decided])
    }
    return decisions
  }

  async #decide({ delay, onDuplicate = 'ignore', ...given }: IncomingMessage, isExempt: boolean): Promise<Decision[1] | undefined> {
    const message: Message = given.ttl === undefined ? given : { ...given, expiresAt: this.#now + given.ttl }
    const there = message.dedupKey === undefined ? undefined : await this.#duplicateOf(message, onDuplicate)
    if (there && onDuplicate === 'ignore') return this.#refuse(message, { sameAs: there.id })
    if (!there?.isOpen && !isExempt && this.#isFull(message.bytes)) return this.#refuse(message, 'full')
    const shelved = await this.#shelve(message)
    if (!shelved) return 'lost'
    if (there?.isOpen) return this.#merge(shelved, delay, onDuplicate, there)
    await takeKey(this.#tx, shelved, there?.id)
    if (delay) await this.#delay(shelved, delay)
    else this.#add(shelved, there?.id)
    return undefined
  }

  /** A large body lies beside its message; one that was spooled is the message's now, if it is there. */
  async #shelve(message: Message): Promise<Message | undefined> {
    const { id, body, bytes, sealed } = message
    if (typeof body === 'string') return message
    if (isSpooled(body)) return (await claim(this.#tx, body, sealed !== undefined)) ? message : undefined
    if (body.byteLength <= LARGEST_WITHIN) return message
    await this.#tx.objectStore('bodies').put(body, [id, 0])
    return { ...message, body: { spool: id, chunks: 1, size: bytes } }
  }

  /** What was spooled for it goes. */
  async #refuse(message: Message, decided: Decision[1]): Promise<Decision[1]> {
    if (isSpooled(message.body) && (await claim(this.#tx, message.body, message.sealed !== undefined))) await dropBody(this.#tx, message)
    return decided
  }

  /** What is not written yet is found by nobody else. */
  async #duplicateOf(message: Message, onDuplicate: OnDuplicate): Promise<Duplicate | undefined> {
    const fresh = this.#keys.get(keyOf(message))
    if (fresh) return { id: this.#fresh[fresh.at]!.id, isOpen: true, before: fresh.before }
    return duplicateOf(this.#tx, { tail: this.#tail, head: this.#head }, message, onDuplicate, this.#now)
  }

  async #merge(message: Message, delay: number | undefined, how: OnDuplicate, { id, place, before }: Duplicate): Promise<Decision[1]> {
    const isNewId = how === 'replace'
    const merged = isNewId ? message : { ...message, id }
    if (isNewId) await takeKey(this.#tx, message, before)
    if (!place) await this.#exchange(merged)
    else if (place.kind === 'delayed') await this.#delayAnew(merged, delay, place.message)
    else await this.#change(merged, place.message, place.change)
    return isNewId ? { replaced: id } : { sameAs: id, isUpdated: true }
  }

  /** Of this transaction, nothing is written yet. */
  async #exchange(message: Message): Promise<void> {
    const { at } = this.#keys.get(keyOf(message))!
    await this.#takePlace(message, this.#fresh[at]!)
    this.#fresh[at] = message
  }

  /** In a record: what is there stays, and what it is now lies beside it. */
  async #change(message: Message, before: PlacedMessage, change: Change | undefined): Promise<void> {
    const { sequence } = before
    const made: Change = { sequence, id: message.id, original: change?.original ?? before.id, kind: 'replaced', message }
    await this.#tx.objectStore('changes').put(made, sequence)
    await this.#takePlace(message, before)
    if (!change) this.#tail = { ...this.#tail, changes: this.#tail.changes + 1 }
  }

  /** One that is kept back: its time begins anew, where the later one has a time of its own. */
  async #delayAnew(message: Message, delay: number | undefined, before: DelayedRecord): Promise<void> {
    const { due, number } = before
    const then = delay === undefined ? due : this.#now + delay
    await this.#tx.objectStore('delayed').delete([due, number])
    await this.#tx.objectStore('delayed').put({ ...message, due: then, number }, [then, number])
    await this.#takePlace(message, before)
  }

  async #delay(message: Message, delay: number): Promise<void> {
    const [due, number] = [this.#now + delay, this.#tail.delays]
    await this.#tx.objectStore('delayed').put({ ...message, due, number }, [due, number])
    const { bytes, delayed } = this.#tail
    this.#tail = { ...this.#tail, bytes: bytes + message.bytes, delayed: delayed + 1, delays: number + 1 }
  }

  #add(message: Message, before: string | undefined): void {
    if (message.dedupKey !== undefined) this.#keys.set(keyOf(message), { at: this.#fresh.length, before })
    this.#fresh.push(message)
    this.#tail = { ...this.#tail, bytes: this.#tail.bytes + message.bytes }
  }

  /** A message stands where another stood. */
  async #takePlace(message: Message, before: Message): Promise<void> {
    await dropBody(this.#tx, before)
    this.#tail = { ...this.#tail, bytes: this.#tail.bytes + message.bytes - before.bytes }
  }

  #isFull(bytes: number): boolean {
    if (!this.#capacity) return false
    const { messages = Infinity, bytes: most = Infinity } = this.#capacity
    const waiting = countsOf(this.#tail, this.#head).waiting + this.#tail.delayed + this.#fresh.length
    return waiting >= messages || this.#tail.bytes - this.#head.bytes + bytes > most
  }
}

function keyOf({ group = '', dedupKey = '' }: Message): string {
  return JSON.stringify([group, dedupKey])
}
