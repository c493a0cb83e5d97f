/** A request's body, and what stands for its content. */
export interface ReadBody {
  readonly text: string
  readonly fingerprint: string
}

/** Reads a body, and gives up as soon as it is too large, whatever its headers claim. */
export async function readBody(request: Request, maxBytes: number): Promise<ReadBody | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for await (const chunk of chunksOf(request.body)) {
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
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
    await reader.cancel()
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
