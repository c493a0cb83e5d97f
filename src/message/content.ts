import { QueueError } from './error.ts'
import { multipart } from './multipart.ts'
import { tagOf } from './tag.ts'

/**
 * A body that is no data for JSON, but bytes with a type: a file, a form. It is stored and sent byte for byte, and whoever reads it gets the like of what was
 * enqueued: this says what that was.
 */
export interface Content {
  /** The name of its class. */
  readonly kind: string
  /** Its media type, as the server is told. */
  readonly type: string
  /** Of a `File`. */
  readonly name?: string
  readonly lastModified?: number
}

/** Content with its bytes, wherever they are now. */
export interface TakenContent {
  readonly content: Content
  readonly bytes: Uint8Array<ArrayBuffer> | Blob | ReadableStream<unknown>
}

const BYTES = 'application/octet-stream'

const VIEWS = /^(?:DataView|(?:Big)?(?:Ui|I)nt(?:8|8Clamped|16|32|64)Array|Float(?:16|32|64)Array)$/

/** A body as content; nothing where it is data. By the name of its class: it may come from another realm. */
export function contentOf(body: unknown): TakenContent | undefined {
  const kind = tagOf(body)
  switch (kind) {
    case 'Blob':
      return { content: { kind, type: (body as Blob).type || BYTES }, bytes: body as Blob }
    case 'File': {
      const { type, name, lastModified } = body as File
      return { content: { kind, type: type || BYTES, name, lastModified }, bytes: body as File }
    }
    case 'FormData': {
      const form = multipart(body as FormData)
      return { content: { kind, type: form.type }, bytes: form }
    }
    case 'URLSearchParams': {
      const type = 'application/x-www-form-urlencoded;charset=UTF-8'
      return { content: { kind, type }, bytes: new TextEncoder().encode(String(body)) }
    }
    case 'ReadableStream':
      return { content: { kind, type: BYTES }, bytes: body as ReadableStream<unknown> }
    case 'ArrayBuffer':
      return { content: { kind, type: BYTES }, bytes: new Uint8Array((body as ArrayBuffer).slice(0)) }
    default:
      if (!VIEWS.test(kind)) return undefined
      return { content: { kind, type: BYTES }, bytes: copyOf(body as ArrayBufferView) }
  }
}

/** The like of what was enqueued; of a stream, and of what is not known here, a `Blob`. */
export async function revived({ kind, type, name = '', lastModified }: Content, bytes: Uint8Array<ArrayBuffer> | Blob): Promise<unknown> {
  const options = { type, ...(lastModified !== undefined && { lastModified }) }
  switch (kind) {
    case 'File':
      return new File([bytes], name, options)
    case 'FormData':
      return new Response(bytes, { headers: { 'content-type': type } }).formData()
    case 'URLSearchParams':
      return new URLSearchParams(await new Response(bytes).text())
    case 'ArrayBuffer':
      return new Response(bytes).arrayBuffer()
    default:
      return VIEWS.test(kind) ? viewOf(kind, await new Response(bytes).arrayBuffer()) : new Blob([bytes], { type })
  }
}

/** A copy: what is enqueued stays as it was, whatever becomes of the buffer. */
function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength).slice()
}

function viewOf(kind: string, buffer: ArrayBuffer): unknown {
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => unknown>)[kind]
  if (View) return new View(buffer)
  throw new QueueError('unsupported', `Expected a browser that knows ${kind}`)
}
