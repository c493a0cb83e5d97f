import { QueueError, shown } from './error.ts'

/** The largest body, in UTF-16 units of its JSON text, or in bytes: what crosses threads in one piece without trouble in each engine. */
const LARGEST_BODY = 16 * 1024 * 1024

/**
 * A body as the JSON text that is stored and sent. Text, since the bytes under an idempotency key must never change, and
 * since a string crosses threads and is stored faster than the object it describes.
 *
 * `JSON.stringify` loses much in silence (a function, a `Map`, `NaN`). A queue that says "stored" must not: whatever would not
 * arrive as it was given is refused. A property that is `undefined` is left out, as everywhere in JSON, and `toJSON` is heeded.
 */
export function encodeBody(body: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(body, refuseLoss)
  } catch (error) {
    if (error instanceof QueueError) throw error
    throw new QueueError('invalid-body', `Expected a body that can be sent as JSON: ${reasonOf(error)}`, { cause: error })
  }
  if (text === undefined) throw new QueueError('invalid-body', `Expected a body that can be sent as JSON, got ${shown(body)}`)
  if (text.length > LARGEST_BODY) {
    throw new QueueError('body-too-large', `Expected a body of at most ${LARGEST_BODY} characters as JSON, got ${text.length}`)
  }
  return text
}

/** Refuses a body that is larger than its queue allows. */
export function checkSize(size: number, largest: number): void {
  if (size > largest) throw new QueueError('body-too-large', `Expected a body of at most ${largest} bytes, got ${size}`)
}

/** The bytes of a body, or of a part of one: a file may be another by now, or gone. */
export async function readBytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (error) {
    throw new QueueError('invalid-body', `Expected a body that can be read: ${String(error)}`, { cause: error })
  }
}

/** What {@link encodeBody} wrote, as data again; nothing where the text was damaged since. */
export function decodeBody(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) }
  } catch {
    return undefined
  }
}

/** Called by `JSON.stringify` for each value in a body, after the value's own `toJSON`. */
function refuseLoss(this: unknown, key: string, value: unknown): unknown {
  // A property that is undefined is left out; in a list it would become null.
  if (!survivesJson(value) || (value === undefined && Array.isArray(this))) {
    const where = key === '' ? 'a body' : `"${key}" of a body`
    throw new QueueError('invalid-body', `Expected ${where} to be something that JSON can hold, got ${shown(value)}`)
  }
  return value
}

function survivesJson(value: unknown): boolean {
  switch (typeof value) {
    case 'function':
    case 'symbol':
    case 'bigint':
      return false
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || Array.isArray(value) || isRecordLike(value)
    default:
      return true
  }
}

/** Plain objects and instances of a user's classes, but not what keeps its content out of its properties: Map, Blob, Promise, Error, … */
function isRecordLike(value: object): boolean {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Object]' || tag === '[object String]' || tag === '[object Number]' || tag === '[object Boolean]'
}

function reasonOf(error: unknown): string {
  return error instanceof RangeError ? 'it is nested too deeply' : String(error instanceof Error ? error.message : error)
}
