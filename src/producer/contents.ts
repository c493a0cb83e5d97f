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
 * Reads bodies of bytes. Small ones go along with their messages; those above a chunk are stored first: of a file, the host reads as much as it writes; a stream is read as fast
 * as it is written.
 */
export class Contents {
  readonly #options: ContentsOptions

  constructor(options: ContentsOptions) {
    this.#options = options
  }

  /** What needs not be read goes along as it is. */
  asIs(bytes: TakenContent['bytes']): Uint8Array<ArrayBuffer> | undefined {
    const isSmall = bytes instanceof Uint8Array && bytes.byteLength <= Math.min(CHUNK, this.#options.largest())
    return isSmall ? bytes : undefined
  }

  async put(bytes: Uint8Array<ArrayBuffer> | Blob): Promise<StoredBody> {
    const size = 'size' in bytes ? bytes.size : bytes.byteLength
    checkSize(size, this.#options.largest())
    if (size <= CHUNK) return 'size' in bytes ? readBytes(bytes) : bytes
    const spool = mintProducer()
    await this.#options.spool({ spool, number: 0, body: 'size' in bytes ? bytes : new Blob([bytes]) })
    return { spool, chunks: Math.ceil(size / CHUNK), size }
  }

  async putStream(stream: ReadableStream<unknown>): Promise<StoredBody> {
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
