import { QueueError, shown } from '../message/error.ts'
import { CHUNK } from '../message/spooled.ts'

/** A chunk of a stream. */
interface StreamChunk {
  readonly bytes: Blob
  readonly isLast: boolean
}

/** What a stream gives, cut into chunks; it is read on as they are asked for, and cancelled where they are not any more. */
export async function* chunksOf(stream: ReadableStream<unknown>): AsyncGenerator<StreamChunk> {
  const reader = readerOf(stream)
  let parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await read(reader)
      isOver = done
      if (done) break
      for (let rest = bytesOf(value); rest.byteLength > 0;) {
        const taken = rest.subarray(0, CHUNK - size)
        rest = rest.subarray(taken.byteLength)
        parts.push(taken)
        size += taken.byteLength
        if (size < CHUNK) continue
        yield { bytes: new Blob(parts), isLast: false }
        parts = []
        size = 0
      }
    }
  } finally {
    // Not awaited: what ends the stream may take its time, and has nothing to say any more.
    if (!isOver) reader.cancel().catch(() => {})
  }
  yield { bytes: new Blob(parts), isLast: true }
}

function readerOf(stream: ReadableStream<unknown>): ReadableStreamDefaultReader<unknown> {
  if (!stream.locked) return stream.getReader()
  throw new QueueError('invalid-body', 'Expected a stream that nobody else reads')
}

async function read(reader: ReadableStreamDefaultReader<unknown>): Promise<ReadableStreamReadResult<unknown>> {
  try {
    return await reader.read()
  } catch (error) {
    throw new QueueError('invalid-body', `Expected a stream that can be read to its end: ${String(error)}`, { cause: error })
  }
}

/** A copy: a stream may use a buffer again. */
function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
  throw new QueueError('invalid-body', `Expected a stream of bytes, or of text, got ${shown(value)} in it`)
}
