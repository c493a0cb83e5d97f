/** A request's body, and what stands for its content. */
export interface ReadBody {
  readonly text: string
  readonly fingerprint: string
}

type Bytes = Uint8Array<ArrayBuffer>

/** In how small pieces a compressed body is inflated, in bytes: of each comes a thousand times as much at most, all at once in some engines. */
const PIECE = 16 * 1024

/**
 * Reads a body, and gives up as soon as it is too large, whatever its headers claim, or its sender has gone. What stands for its content is that of the content: compressed or not,
 * and however well, it is the same.
 */
export async function readBody(request: Request, maxBytes: number): Promise<ReadBody | 'too large' | 'cut off' | 'unknown coding'> {
  const coding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  const isGzip = coding === 'gzip' || coding === 'x-gzip'
  if (coding !== 'identity' && (!isGzip || typeof DecompressionStream !== 'function')) return 'unknown coding'
  const arriving = new Counted(maxBytes)
  const inflating = new Counted(maxBytes)
  const chunks: Bytes[] = []
  try {
    const stream = isGzip ? request.body?.pipeThrough(arriving.inPieces()).pipeThrough(new DecompressionStream('gzip')) : request.body
    for await (const chunk of chunksOf(stream ?? null)) {
      if (inflating.isTooMuch(chunk)) return 'too large'
      chunks.push(chunk)
    }
  } catch {
    return arriving.isOver ? 'too large' : 'cut off'
  }
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
  return { text: new TextDecoder().decode(bytes), fingerprint: await sha256(bytes) }
}

/** Bytes as they come, up to so many. */
class Counted {
  isOver = false
  readonly #most: number
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  isTooMuch({ byteLength }: Bytes): boolean {
    this.#size += byteLength
    this.isOver = this.#size > this.#most
    return this.isOver
  }

  /** What is too much ends the stream: there may be any amount of it that inflates to nothing. */
  inPieces(): TransformStream<Bytes, Bytes> {
    return new TransformStream({
      transform: (chunk, controller) => {
        if (this.isTooMuch(chunk)) controller.error(new RangeError('too large'))
        else for (let at = 0; at < chunk.byteLength; at += PIECE) controller.enqueue(chunk.subarray(at, at + PIECE))
      },
    })
  }
}

/** A stream's chunks; whoever stops early cancels it. (Not every engine's streams are async iterables.) */
async function* chunksOf(stream: ReadableStream<Bytes> | null): AsyncGenerator<Bytes> {
  const reader = stream?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // Not awaited, and it may have failed already.
    reader.cancel().catch(() => {})
  }
}

/** What stands for a body that has come among others: the same as where it comes alone. */
export function fingerprintOf(text: string): Promise<string> {
  return sha256(new TextEncoder().encode(text))
}

async function sha256(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
