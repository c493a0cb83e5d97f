import { checkSize, readBytes } from '../message/body.ts'
import type { TakenContent } from '../message/content.ts'
import { mintProducer } from '../message/id.ts'
import { CHUNK } from '../message/spooled.ts'
import type { StoredBody } from '../message/spooled.ts'
import type { Portion } from '../protocol/host.ts'
import { chunksOf } from './chunks.ts'

export interface ContentsOptions {
  /** The largest body, in bytes. */
  readonly largest: () => number
  /** Stores a part of a large body. */
  readonly spool: (portion: Portion) => Promise<unknown>
  /** Gives it up. */
  readonly unspool: (spool: string) => Promise<unknown>
}

/**
 * Hands bodies of bytes on, one after the other: one that is read in no time does not overtake the one before. Small ones go along with their messages; those above a chunk
 * are stored first: of a file, the host reads as much as it writes; a stream is read as fast as it is written.
 */
export class Contents {
  readonly #options: ContentsOptions
  #last: Promise<unknown> = Promise.resolve()
  /** How many stand in line. */
  #waiting = 0

  constructor(options: ContentsOptions) {
    this.#options = options
  }

  /** Resolves with what is made of it when its turn has come. A stream, which may take for ever, holds up nobody else. */
  async take<Made>(taking: TakenContent['bytes'] | Promise<Blob>, make: (body: StoredBody) => Made): Promise<Made> {
    if ('getReader' in taking) return make(await this.#putStream(taking))
    const storing = Promise.resolve(taking).then((bytes) => this.#put(bytes))
    // Whether it fails is told when its turn has come.
    storing.catch(() => {})
    this.#waiting += 1
    const turn = this.#last.then(() => storing).finally(() => (this.#waiting -= 1))
    this.#last = turn.catch(() => {})
    return make(await turn)
  }

  /** What needs not be read goes along as it is, at once, where nobody stands in line before it. */
  asIs(bytes: TakenContent['bytes']): Uint8Array<ArrayBuffer> | undefined {
    const isSmall = bytes instanceof Uint8Array && bytes.byteLength <= Math.min(CHUNK, this.#options.largest())
    return isSmall && this.#waiting === 0 ? bytes : undefined
  }

  /** Resolves when all have been handed on. */
  async handedOn(): Promise<void> {
    await this.#last
  }

  async #put(bytes: Uint8Array<ArrayBuffer> | Blob): Promise<StoredBody> {
    const size = 'size' in bytes ? bytes.size : bytes.byteLength
    checkSize(size, this.#options.largest())
    if (size <= CHUNK) return 'size' in bytes ? readBytes(bytes) : bytes
    const spool = mintProducer()
    await this.#options.spool({ spool, number: 0, body: 'size' in bytes ? bytes : new Blob([bytes]) })
    return { spool, chunks: Math.ceil(size / CHUNK), size }
  }

  async #putStream(stream: ReadableStream<unknown>): Promise<StoredBody> {
    const spool = mintProducer()
    let [chunks, size] = [0, 0]
    try {
      for await (const { bytes, isLast } of chunksOf(stream)) {
        size += bytes.size
        checkSize(size, this.#options.largest())
        if (isLast && chunks === 0) return await readBytes(bytes)
        // It has ended with a chunk.
        if (bytes.size === 0) break
        await this.#options.spool({ spool, number: chunks, body: bytes })
        chunks += 1
      }
      return { spool, chunks, size }
    } catch (error) {
      if (chunks > 0) await this.#options.unspool(spool).catch(() => {})
      throw error
    }
  }
}
