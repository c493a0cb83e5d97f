import { bytesOf } from '../message/bytes.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Connection, Durability } from '../queue/connection.ts'
import type { Occurrence, StoredOccurrence } from '../protocol/host.ts'
import { purge } from '../queue/purge.ts'
import { redrive } from '../queue/redrive.ts'
import { schedule, unschedule } from '../queue/schedule.ts'
import type { DeadRecord } from '../queue/schema.ts'
import { pause, resume } from '../queue/stops.ts'
import { newsOfTaken } from './news.ts'

export interface DecidingOptions {
  readonly connection: Connection
  /** Whether all messages are one group, as the options are now. */
  readonly isOneGroup: () => boolean
  /** How new messages are written, as the options are now. */
  readonly durability: () => Durability
  /** The device's time. */
  readonly now: () => number
  readonly announce: (events: readonly QueueEvent[]) => void
}

/** What users decide of a queue, in any tab: each is a transaction, or several, and what is told of it. */
export class Deciding {
  readonly #options: DecidingOptions

  constructor(options: DecidingOptions) {
    this.#options = options
  }

  redrive(ids: readonly string[] | undefined): Promise<number> {
    const { connection, now } = this.#options
    return this.#tellEach('redriven', redrive(connection, ids, now()))
  }

  purge(ids: readonly string[] | undefined): Promise<number> {
    const { connection, now } = this.#options
    return this.#tellEach('purged', purge(connection, ids, now()))
  }

  async pause(group: string | undefined): Promise<void> {
    const { connection, announce } = this.#options
    await pause(connection, group)
    announce([{ type: 'paused', ...(group !== undefined && { group }) }])
  }

  async resume(group: string | undefined): Promise<void> {
    const { connection, isOneGroup, now, announce } = this.#options
    await resume(connection, { group, isOneGroup: isOneGroup(), now: now() })
    announce([{ type: 'resumed', ...(group !== undefined && { group }) }])
  }

  /** The next occurrence of a schedule, where it is time for one. */
  async schedule({ message, ...occurrence }: Occurrence): Promise<StoredOccurrence | undefined> {
    const { connection, durability, now, announce } = this.#options
    const enqueuedAt = now()
    const planned = { ...occurrence, message: { ...message, bytes: bytesOf(message.body), enqueuedAt }, now: enqueuedAt }
    const scheduled = await schedule(connection, durability(), planned)
    if (!scheduled?.news) return scheduled
    const { id, due, news } = scheduled
    announce([news === 'stored' ? { type: 'enqueued', id, due } : { type: 'updated', id }])
    return { id, due }
  }

  async unschedule(name: string): Promise<boolean> {
    const { connection, announce } = this.#options
    const ended = await unschedule(connection, name)
    if (ended?.cancelled !== undefined) announce([{ type: 'cancelled', id: ended.cancelled, maybeDelivered: false }])
    return ended !== undefined
  }

  /** Tells of dead letters as they leave, transaction by transaction; how many they were. */
  async #tellEach(type: 'redriven' | 'purged', taken: AsyncIterable<readonly DeadRecord[]>): Promise<number> {
    let count = 0
    for await (const letters of taken) {
      count += letters.length
      this.#options.announce(newsOfTaken(type, letters))
    }
    return count
  }
}
