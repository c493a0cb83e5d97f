import type { Death, Held, PlacedMessage } from '../message/message.ts'
import type { Connection } from '../queue/connection.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import { readRecord } from '../queue/read.ts'
import type { Head, InboxRecord } from '../queue/schema.ts'
import { settle } from '../queue/settle.ts'
import type { Settlement } from '../queue/settle.ts'

/**
 * How many messages are reserved ahead. A leader that is superseded can send these and no others, and a crash repeats at most
 * these; more would save transactions, but only where a server answers faster than a disk.
 */
const RESERVED_AHEAD = 16

type Unwritten = Pick<Settlement, 'exhausted' | 'bytes' | 'dead'>

const NOTHING_UNWRITTEN: Unwritten = { exhausted: [], bytes: 0, dead: [] }

/**
 * The leader's view of the head of the queue: one record of it, whatever the backlog. It hands out messages in order, one at a
 * time, and only what a committed transaction has reserved. What was answered is settled, and what comes next reserved, in
 * the background: one transaction at a time, which takes along all that was answered since the last began.
 */
export class Window {
  readonly #connection: Connection
  readonly epoch: number
  readonly #commit: GroupCommit<void, void>
  #record: InboxRecord | undefined
  #recordKey: number
  #position: number
  #reserved: number
  #held: Held | undefined
  #isPaused = false
  #isReleased = false
  #mustCheck = false
  #unwritten = NOTHING_UNWRITTEN
  #settling: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(connection: Connection, head: Head) {
    this.#connection = connection
    this.epoch = head.epoch
    this.#recordKey = head.record
    this.#position = head.position
    this.#reserved = head.reserved
    this.#held = head.held
    this.#commit = new GroupCommit(() => this.#write())
  }

  /** What came of the next message so far. */
  get held(): Held | undefined {
    return this.#held
  }

  /** Whether the last transaction found the queue paused. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** The message at the head, reserved; `undefined` when there is none, or the queue is paused. */
  async next(): Promise<PlacedMessage | undefined> {
    this.#throwFailure()
    this.#record ??= await readRecord(this.#connection, this.#recordKey)
    if (!this.#record) return undefined
    this.#isReleased = false
    if (this.#position >= this.#reserved || this.#mustCheck) {
      this.#mustCheck = false
      await this.#commit.add()
    }
    if (this.#position >= this.#reserved) return undefined
    const message = this.#record.messages[this.#position - this.#record.first]
    if (!message) throw new Error(`record ${this.#record.first} does not hold message ${this.#position}`)
    return { ...message, sequence: this.#position }
  }

  /** Lets nothing out that was reserved before the database has been asked again. */
  recheck(): void {
    this.#mustCheck = true
  }

  /** The server has it. Resolves when that is on disk; the next message need not wait for it. */
  async accept(message: PlacedMessage): Promise<void> {
    this.#advance(message)
    this.#settling = this.#commit.add()
    try {
      await this.#settling
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  /** It goes to the dead letters. */
  async bury(message: PlacedMessage, death: Death): Promise<void> {
    this.#unwritten = { ...this.#unwritten, dead: [...this.#unwritten.dead, { message, death }] }
    this.#advance(message)
    await this.#commit.add()
  }

  /** The message at the head keeps its place and waits for another attempt; what was reserved is given back. */
  async hold(held: Held): Promise<void> {
    this.#held = held
    this.#isReleased = true
    await this.#commit.add()
  }

  /** Settles all that was answered, and gives back what was reserved. */
  async release(): Promise<void> {
    this.#throwFailure()
    this.#isReleased = true
    await (this.#reserved > this.#position ? this.#commit.add() : this.#settling)
  }

  #advance({ sequence, bytes }: PlacedMessage): void {
    this.#position = sequence + 1
    this.#held = undefined
    this.#unwritten = { ...this.#unwritten, bytes: this.#unwritten.bytes + bytes }
    const record = this.#record
    if (record && this.#position === record.first + record.messages.length) {
      this.#unwritten = { ...this.#unwritten, exhausted: [...this.#unwritten.exhausted, record.first] }
      this.#recordKey = this.#position
      this.#record = undefined
    }
  }

  async #write(): Promise<void> {
    const unwritten = this.#unwritten
    this.#unwritten = NOTHING_UNWRITTEN
    const { reserved, paused } = await settle(this.#connection, {
      ...unwritten,
      epoch: this.epoch,
      position: this.#position,
      record: this.#recordKey,
      held: this.#held,
      reserve: this.#wanted(),
    })
    this.#reserved = reserved
    this.#isPaused = paused
  }

  /** How far to reserve: some messages of the record at hand. */
  #wanted(): number {
    if (this.#isReleased || !this.#record) return this.#position
    return Math.min(this.#position + RESERVED_AHEAD, this.#record.first + this.#record.messages.length)
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
