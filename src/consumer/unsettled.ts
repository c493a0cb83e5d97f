import type { Answer, Death, KeptReceipt, PlacedMessage } from '../message/message.ts'
import type { KeepReceipts } from '../message/limits.ts'
import { isSpooled } from '../message/spooled.ts'
import type { Head } from '../queue/meta.ts'
import type { Change } from '../queue/schema.ts'
import type { Buried, Settlement } from '../queue/settlement.ts'
import type { Delivery } from './turns.ts'

type Unwritten = Pick<Settlement, 'dead' | 'passed' | 'answered' | 'changes' | 'freed' | 'emptied' | 'receipts' | 'keep'>

/** The options that say what is remembered of messages that have left the queue. */
export interface Remembering {
  readonly keepReceipts?: KeepReceipts | undefined
  readonly dedupWindow: number
}

/** What is to be written of messages that have left the queue, and of those that have changed; and how much they were. */
export class Unsettled {
  readonly #remembering: () => Remembering
  readonly #time: { now(): number }
  #bytes: number
  #deadIn: number
  #dead: Buried[] = []
  #passed: number[] = []
  #answered: number[] = []
  #changes: Change[] = []
  #freed: { message: PlacedMessage; until: number | undefined }[] = []
  #emptied: PlacedMessage[] = []
  #receipts: KeptReceipt[] = []

  constructor({ bytes, deadIn }: Head, time: { now(): number }, remembering: () => Remembering) {
    this.#bytes = bytes
    this.#deadIn = deadIn
    this.#time = time
    this.#remembering = remembering
  }

  get totals(): Pick<Head, 'bytes' | 'deadIn'> {
    return { bytes: this.#bytes, deadIn: this.#deadIn }
  }

  accepted(message: PlacedMessage, answer: Answer): void {
    const { dedupWindow } = this.#remembering()
    this.#leave(message, dedupWindow > 0 ? this.#time.now() + dedupWindow : undefined)
    this.#empty(message)
    this.#keep({ id: message.id, settledAt: this.#time.now(), answer })
  }

  buried(message: PlacedMessage, death: Death): void {
    this.#dead.push({ message, death })
    this.#deadIn += 1
    this.#leave(message)
  }

  /** It is a dead letter, and keeps its place: its group is halted. */
  halted(message: PlacedMessage, death: Death, group: string): void {
    this.#dead.push({ message, death, stopped: group })
    this.#deadIn += 1
  }

  /** It waits, and what it is held with says what came of it. */
  held({ message, isFrozen }: Pick<Delivery, 'message' | 'isFrozen'>): void {
    if (!isFrozen) this.#answered.push(message.sequence)
  }

  /** Who has cancelled it has freed its dedup key, and, but for one that was reserved at the time, counted its bytes. */
  cancelled(message: PlacedMessage, kind: Change['kind'], maybeDelivered: boolean): void {
    this.#passed.push(message.sequence)
    if (kind === 'aborted') {
      this.#bytes += message.bytes
      this.#empty(message)
    }
    if (kind !== 'passed') this.#keep({ id: message.id, settledAt: this.#time.now(), ...(maybeDelivered && { maybeDelivered: true }) })
  }

  /** It has another body from now on. */
  rewritten(before: PlacedMessage, change: Change & { readonly message: PlacedMessage }): void {
    this.#bytes += before.bytes - change.message.bytes
    this.#empty(before)
    this.#changes.push(change)
  }

  /** What is to be written now. */
  take(): Unwritten {
    const unwritten = {
      dead: this.#dead,
      passed: this.#passed,
      answered: this.#answered,
      changes: this.#changes,
      freed: this.#freed,
      emptied: this.#emptied,
      receipts: this.#receipts,
      keep: this.#remembering().keepReceipts,
    }
    this.#dead = []
    this.#passed = []
    this.#answered = []
    this.#changes = []
    this.#freed = []
    this.#emptied = []
    this.#receipts = []
    return unwritten
  }

  #leave(message: PlacedMessage, until?: number): void {
    this.#bytes += message.bytes
    this.#passed.push(message.sequence)
    if (message.dedupKey !== undefined) this.#freed.push({ message, until })
  }

  #empty(message: PlacedMessage): void {
    if (isSpooled(message.body)) this.#emptied.push(message)
  }

  #keep(receipt: KeptReceipt): void {
    if (this.#remembering().keepReceipts) this.#receipts.push(receipt)
  }
}
