import { bytesOf } from '../message/bytes.ts'
import type { Decision } from '../message/decision.ts'
import { QueueError } from '../message/error.ts'
import type { Vault } from '../consumer/vault.ts'
import type { Asks, Batch, Setup } from '../protocol/host.ts'
import type { Connection } from '../queue/connection.ts'
import { enqueue } from '../queue/enqueue.ts'
import type { IncomingBatch } from '../queue/enqueue.ts'
import { GroupCommit } from '../queue/group-commit.ts'
import type { Reserve } from './reserve.ts'

/** How many batches may share a transaction. */
const MOST_BATCHES = 64

export interface EnqueuingOptions {
  readonly connection: Connection
  readonly reserve: Reserve
  /** Absent where nothing is encrypted. */
  readonly vault?: Vault
  /** The options of the queue, as they are now. */
  readonly setup: () => Pick<Setup, 'durability' | 'capacity'> & Partial<Pick<Setup, 'asks'>>
  /** The device's time. */
  readonly now: () => number
  /** Without a page nothing is said of the functions that only a page has. */
  readonly isWithoutPage?: true
}

/** Stores what the page enqueues: batches that arrive while one is being written share the next transaction. */
export class Enqueuing {
  readonly #options: EnqueuingOptions
  readonly #batches: GroupCommit<IncomingBatch, ReadonlyMap<IncomingBatch, readonly Decision[]>>

  constructor(options: EnqueuingOptions) {
    this.#options = options
    this.#batches = new GroupCommit((batches) => this.#store(batches), MOST_BATCHES)
  }

  /** @returns what was decided otherwise than to store. */
  async enqueue(batch: Batch & Pick<IncomingBatch, 'follows'>): Promise<readonly Decision[]> {
    const enqueuedAt = this.#options.now()
    const messages = batch.messages.map((message) => ({ ...message, bytes: bytesOf(message.body), enqueuedAt }))
    const incoming = { ...batch, messages }
    return (await this.#batches.add(incoming)).get(incoming) ?? []
  }

  /** Asks for the reserve in here, and encrypts, where batches stand in line: one that overtook another of its page would pass for stored before. */
  async #store(batches: readonly IncomingBatch[]): Promise<ReadonlyMap<IncomingBatch, readonly Decision[]>> {
    const { connection, reserve, vault, setup, now, isWithoutPage } = this.#options
    const { durability, capacity, asks = {} } = setup()
    const needs = isWithoutPage ? undefined : Object.entries<Asks>(asks).flatMap(([name, asked]) => (isNeeded(name, asked) ? [name] : []))
    if (!(await reserve.isKept())) {
      throw new QueueError(
        'storage-full',
        'The browser gives this origin no more space than what is kept back for settling; nothing was stored',
      )
    }
    const sealing = batches.map(async (batch) => (vault ? { ...batch, messages: await vault.sealAll(batch.messages) } : batch))
    const decided = await enqueue(connection, { durability, capacity, now: now(), needs }, await Promise.all(sealing))
    return new Map(batches.map((batch, index) => [batch, decided[index] ?? []]))
  }
}

/** Keys are needed also where the definition gives them: a service worker of an earlier release of the app may have none. */
function isNeeded(name: string, asked: Asks): boolean {
  return asked === 'always' || (name === 'encryption' && asked !== 'never')
}
