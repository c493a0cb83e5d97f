import type { Vault } from '../consumer/vault.ts'
import { readBytes, checkSize } from '../message/body.ts'
import { bodyGone } from '../message/decision.ts'
import { QueueError } from '../message/error.ts'
import { mintProducer } from '../message/id.ts'
import type { Message } from '../message/message.ts'
import { CHUNK, isSpooled } from '../message/spooled.ts'
import type { StoredBody } from '../message/spooled.ts'
import { spoolLock } from '../protocol/names.ts'
import type { Portion, Setup } from '../protocol/host.ts'
import { dropSpool, putChunk, spools } from '../queue/bodies.ts'
import type { Connection } from '../queue/connection.ts'
import type { Reserve } from './reserve.ts'

export interface SpoolingOptions {
  /** The queue's key. */
  readonly queue: string
  readonly connection: Connection
  readonly reserve: Reserve
  readonly vault: Vault
  readonly locks: LockManager
  readonly setup: () => Pick<Setup, 'durability' | 'largestBody'>
}

/** Stores large bodies, before their messages. Holds a Web Lock for each until it is its message's: what nobody holds is an orphan. */
export class Spooling {
  readonly #options: SpoolingOptions
  readonly #held = new Map<string, () => void>()

  constructor(options: SpoolingOptions) {
    this.#options = options
  }

  /** Stores a body: what is no larger than a chunk goes along with its message. */
  async store(body: Blob): Promise<StoredBody> {
    checkSize(body.size, this.#options.setup().largestBody)
    if (body.size <= CHUNK) return readBytes(body)
    const spool = mintProducer()
    await this.add({ spool, number: 0, body })
    return { spool, chunks: Math.ceil(body.size / CHUNK), size: body.size }
  }

  /** Stores a portion, chunk by chunk: no more than one of a file is in memory. Where that fails, nothing of the body stays. */
  async add({ spool, number, body }: Portion): Promise<void> {
    await this.#hold(spool)
    try {
      let next = number
      for (let start = 0; start < body.size; start += CHUNK)
        await this.#put(spool, next++, await readBytes(body.slice(start, start + CHUNK)))
    } catch (error) {
      await this.drop(spool)
      throw error
    }
  }

  /** Whoever enqueues has given it up. */
  async drop(spool: string): Promise<void> {
    // What cannot be deleted now is an orphan.
    await dropSpool(this.#options.connection, spool).catch(() => {})
    this.#release(spool)
  }

  /** Has messages stored: their large bodies are theirs then. Where that fails, they go. */
  async claim<Decided>(messages: readonly Pick<Message, 'body'>[], storing: () => Promise<Decided>): Promise<Decided> {
    const spools = messages.flatMap(({ body }) => (isSpooled(body) ? [body.spool] : []))
    try {
      const decided = await storing()
      for (const spool of spools) this.#release(spool)
      return decided
    } catch (error) {
      await Promise.all(spools.map((spool) => this.drop(spool)))
      throw error
    }
  }

  /** Drops what nobody spools any more: whoever began it is gone. */
  async sweep(): Promise<void> {
    const { connection, locks, queue } = this.#options
    for (const spool of await spools(connection)) {
      await locks.request(spoolLock(queue, spool), { ifAvailable: true }, async (lock) => lock && (await dropSpool(connection, spool)))
    }
  }

  close(): void {
    for (const spool of this.#held.keys()) this.#release(spool)
  }

  #release(spool: string): void {
    this.#held.get(spool)?.()
    this.#held.delete(spool)
  }

  async #put(spool: string, number: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { connection, reserve, vault, setup } = this.#options
    if (!(await reserve.isKept())) throw new QueueError('storage-full', 'The browser gives this origin no more space; nothing was stored')
    if (await putChunk(connection, setup().durability, { spool, number, ...(await vault.sealChunk(spool, number, bytes)) })) return
    throw bodyGone()
  }

  #hold(spool: string): Promise<void> {
    if (this.#held.has(spool)) return Promise.resolve()
    const { locks, queue } = this.#options
    return new Promise((resolve, reject) => {
      const holding = locks.request(spoolLock(queue, spool), { mode: 'exclusive' }, () => {
        resolve()
        return new Promise<void>((release) => this.#held.set(spool, release))
      })
      holding.catch(reject)
    })
  }
}
