import type { Decision } from '../../src/message/decision.ts'
import { messageId } from '../../src/message/id.ts'
import type { Message } from '../../src/message/message.ts'
import type { Connection } from '../../src/queue/connection.ts'
import { enqueue } from '../../src/queue/enqueue.ts'
import type { IncomingBatch } from '../../src/queue/enqueue.ts'
import { GroupCommit } from '../../src/queue/group-commit.ts'
import type { FakeClock } from './fake-clock.ts'
import type { Ledger } from './ledger.ts'
import { SteppedConnection } from './steps.ts'
import type { Steps } from './steps.ts'
import { connectTo, limits } from '../store/database.ts'

export interface EnqueuingTabOptions {
  readonly database: string
  readonly producer: string
  /** Of how many groups; 0 where there are none. */
  readonly groups: number
  readonly random: () => number
  readonly steps: Steps
  readonly clock: FakeClock
  readonly ledger: Ledger
  /** Hears of messages that are stored. */
  readonly stored: (ids: readonly string[]) => void
}

/** A page that enqueues, and its worker, which may be killed: what was not answered is then issued again to the next one. */
export class EnqueuingTab {
  readonly #options: EnqueuingTabOptions
  readonly #unanswered = new Set<IncomingBatch>()
  #number = 0
  #worker!: { readonly connection: Connection; readonly enqueues: GroupCommit<IncomingBatch, ReadonlyArray<readonly Decision[]>> }

  constructor(options: EnqueuingTabOptions) {
    this.#options = options
    this.#start()
  }

  /** Its worker's connection. */
  connectionFor(verb: string): Connection {
    return new SteppedConnection(this.#worker.connection, this.#options.steps, this.#worker, verb)
  }

  enqueue(): void {
    const { producer, random } = this.#options
    const number = this.#number++
    const messages = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, offset) => this.#message(messageId(producer, number, offset)))
    const batch = { producer, number, messages }
    this.#unanswered.add(batch)
    void this.#issue(batch)
  }

  /** The worker dies in between any two of its steps. */
  kill(): void {
    this.#options.steps.kill(this.#worker)
    this.#start()
    for (const batch of this.#unanswered) void this.#issue(batch)
  }

  #start(): void {
    const connection = connectTo(this.#options.database)
    this.#worker = {
      connection,
      enqueues: new GroupCommit((batches) => enqueue(this.connectionFor(`${this.#options.producer} enqueue`), limits('relaxed'), batches)),
    }
  }

  async #issue(batch: IncomingBatch): Promise<void> {
    await this.#worker.enqueues.add(batch)
    this.#unanswered.delete(batch)
    this.#options.stored(batch.messages.map(({ id }) => id))
  }

  /** Some are as large as a record, and some say that they are larger than that: of those, few fill the leader's view. */
  #message(id: string): Message {
    const { random, clock, ledger, groups } = this.#options
    const group = `g${Math.floor(random() * groups)}`
    ledger.mint(id, group)
    const body = random() < 0.005 ? 'x'.repeat(56_000) : '1'
    const bytes = random() < 0.5 ? 400_000 : body.length
    return { id, body, bytes, enqueuedAt: clock.now(), ...(groups > 0 && { group }) }
  }
}
