import type { TakenContent } from './content.ts'
import { QueueError, shown } from './error.ts'
import { invalid } from './checks.ts'

/**
 * Makes bytes of bodies, and bodies of bytes again, where JSON will not do: for a `Map`, a `Date`, bytes among data. It runs where a body is enqueued, and where it is read or handled.
 *
 * @example
 * ```ts
 * import { decode, encode } from '@msgpack/msgpack'
 *
 * const codec = { type: 'application/vnd.msgpack', encode: (body: Reading) => encode(body), decode: (bytes: Uint8Array) => decode(bytes) as Reading }
 * ```
 */
export interface Codec<T = unknown> {
  /** The media type of what `encode` gives, as the server is told. */
  readonly type: string
  /** Gives what is stored, and sent, byte for byte. At once: what it throws, `enqueue` rejects with. */
  // Methods: a codec of any bodies is one of some.
  encode(body: T): string | Uint8Array
  /** The other end of it. */
  decode(bytes: Uint8Array<ArrayBuffer>): T | Promise<T>
}

/** What tells a codec's bytes from other content: it is no name of a class. */
const KIND = 'codec'

/** A body as a codec makes bytes of it. */
export function encodedBy<T>(codec: Codec<T>, body: T): TakenContent {
  const made = encode(codec, body)
  if (typeof made !== 'string' && !(made instanceof Uint8Array)) {
    throw new QueueError('invalid-body', `Expected \`codec.encode\` to give bytes or text, got ${shown(made)}`)
  }
  // A copy: encoders use a buffer again.
  const bytes = typeof made === 'string' ? new TextEncoder().encode(made) : made.slice()
  return { content: { kind: KIND, type: codec.type }, bytes }
}

/** Whether it was a codec that has made bytes of a body. */
export function isEncoded({ kind }: TakenContent['content']): boolean {
  return kind === KIND
}

/** A body of its bytes again. */
export async function decodedBy<T>(codec: Codec<T>, bytes: Uint8Array<ArrayBuffer> | Blob): Promise<T> {
  return codec.decode(new Uint8Array(await new Response(bytes).arrayBuffer()))
}

/** @throws QueueError `invalid-option` where a queue has a codec, whose bytes have no place in `where`. */
export function assertNoCodec(codec: Codec | undefined, where: string): void {
  if (codec) throw invalid(`Expected a queue without \`codec\` ${where}: what it takes is stored as JSON`)
}

function encode<T>(codec: Codec<T>, body: T): unknown {
  try {
    return codec.encode(body)
  } catch (error) {
    throw new QueueError('invalid-body', `Expected a body that \`codec\` can encode: ${String(error)}`, { cause: error })
  }
}
