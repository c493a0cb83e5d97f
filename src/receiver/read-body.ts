type Bytes = Uint8Array<ArrayBuffer>

/** In how small pieces a compressed body is inflated, in bytes: of each comes a thousand times as much at most, all at once in some engines. */
const PIECE = 16 * 1024

/**
 * How many times as much as may be taken is read at most, to be thrown away. Most clients send all of a body before they listen: one whose connection is closed in the midst of it knows
 * only that, and would send it again for ever. nginx reads on for thirty seconds.
 */
const LINGER = 16

/** Reads a body, inflated; keeps nothing of it as soon as it is too large, whatever its headers claim, or its sender has gone. */
export async function readBody(request: Request, maxBytes: number): Promise<Bytes | 'too large' | 'cut off' | 'unknown coding'> {
  const coding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  const isGzip = coding === 'gzip' || coding === 'x-gzip'
  if (coding !== 'identity' && (!isGzip || typeof DecompressionStream !== 'function')) return 'unknown coding'
  const intake = new Intake(maxBytes)
  try {
    const stream = isGzip ? request.body?.pipeThrough(intake.arriving()).pipeThrough(new DecompressionStream('gzip')) : request.body
    for await (const chunk of chunksOf(stream ?? null)) intake.take(chunk)
  } catch {
    return intake.isTooLarge ? 'too large' : 'cut off'
  }
  return intake.isTooLarge ? 'too large' : new Uint8Array(await new Blob(intake.chunks).arrayBuffer())
}

/** What is taken of a body: all, or nothing once it is too large. */
class Intake {
  isTooLarge = false
  chunks: Bytes[] = []
  readonly #most: number
  #taken = 0
  #arrived = 0

  constructor(most: number) {
    this.#most = most
  }

  /** @throws RangeError when it is not worth reading on. */
  take(chunk: Bytes): void {
    this.#taken += chunk.byteLength
    if (this.#count(this.#taken)) this.chunks.push(chunk)
  }

  /** What is compressed is too large as well when it is so as it comes: there may be any amount of it that inflates to nothing. */
  arriving(): TransformStream<Bytes, Bytes> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#arrived += chunk.byteLength
        for (let at = 0; this.#count(this.#arrived) && at < chunk.byteLength; at += PIECE)
          controller.enqueue(chunk.subarray(at, at + PIECE))
      },
    })
  }

  /** Whether any more is wanted. */
  #count(bytes: number): boolean {
    if (bytes > this.#most * LINGER) throw new RangeError('too large')
    this.isTooLarge ||= bytes > this.#most
    if (this.isTooLarge) this.chunks = []
    return !this.isTooLarge
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
