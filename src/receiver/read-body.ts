/** A request's body, and what stands for its content. */
export interface ReadBody {
  readonly text: string
  readonly fingerprint: string
}

/** Reads a body, and gives up as soon as it is too large, whatever its headers claim, or its sender has gone. */
export async function readBody(request: Request, maxBytes: number): Promise<ReadBody | 'too large' | 'cut off'> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  try {
    for await (const chunk of chunksOf(request.body)) {
      size += chunk.byteLength
      if (size > maxBytes) return 'too large'
      chunks.push(chunk)
    }
  } catch {
    return 'cut off'
  }
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
  return { text: new TextDecoder().decode(bytes), fingerprint: await sha256(bytes) }
}

/** A stream's chunks; whoever stops early cancels it. (Not every engine's streams are async iterables.) */
async function* chunksOf(stream: ReadableStream<Uint8Array<ArrayBuffer>> | null): AsyncGenerator<Uint8Array<ArrayBuffer>> {
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

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
