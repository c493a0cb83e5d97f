import { fromBase64 } from '../message/base64.ts'
import { BATCH_TYPE } from '../protocol/batch.ts'
import type { BatchResult } from '../protocol/batch.ts'
import { formatKey, isJson, kindOf, parseKey } from '../protocol/http.ts'
import type { Place } from '../protocol/http.ts'
import { retryAfter } from '../protocol/retry-after.ts'
import { valueOf } from './content.ts'
import { fingerprintOf } from './fingerprint.ts'
import { failed } from './once.ts'
import { problem } from './problem.ts'

/** A message as it came, in a request of its own or with others. */
export interface Came {
  readonly id: string
  readonly body: unknown
  readonly fingerprint: string
  readonly place: Place | undefined
}

export interface BatchOptions {
  /** Where the first message of the request stands. */
  readonly place: Place | undefined
  readonly maxMessages: number
  /** Whether a content type is. */
  readonly isTaken: (type: string) => boolean
  /** Takes one message in, and answers as if it had come alone. */
  readonly take: (message: Came) => Promise<Response>
}

/** An event that has an id: the rest of it is what anybody could send. */
interface Event extends Readonly<Record<string, unknown>> {
  readonly id: string
}

export function isBatch(type: string): boolean {
  return type.toLowerCase().startsWith(BATCH_TYPE)
}

/** Takes events in, one after the other, and says what came of each; after the first of a group that was not accepted, nothing more of that group. */
export async function takeBatch(value: unknown, options: BatchOptions): Promise<Response> {
  if (!isListOfEvents(value)) return problem(400, 'Expected a list of events, each with an id')
  if (value.length > options.maxMessages) return problem(413, `Expected at most ${options.maxMessages} messages`)
  const results: BatchResult[] = []
  const stopped = new Set<unknown>()
  for (const event of value) {
    const { id } = event
    const group = event['partitionkey'] ?? undefined
    if (stopped.has(group)) continue
    const result = await resultOf(id, await takeEvent(event, options))
    results.push(result)
    if (result.outcome !== 'accepted') stopped.add(group)
  }
  return Response.json({ results })
}

function isListOfEvents(value: unknown): value is Event[] {
  return Array.isArray(value) && value.every((event) => typeof (Object(event) as Partial<Event>).id === 'string')
}

async function takeEvent(event: Event, { place, isTaken, take }: BatchOptions): Promise<Response> {
  // An attribute that is null is not there (CloudEvents 1.0.2, JSON format, 2.2).
  const { specversion, id, sequence } = event
  const [idempotencykey, type] = [event['idempotencykey'] ?? id, event['datacontenttype'] ?? 'application/json']
  const key = typeof idempotencykey === 'string' ? parseKey(formatKey(idempotencykey)) : undefined
  if (key === undefined) return problem(400, 'Expected an id, or an idempotencykey, of 1 to 256 characters of ASCII')
  if (specversion !== '1.0') return problem(400, 'Expected an event of CloudEvents 1.0')
  if (typeof type !== 'string') return problem(400, 'Expected a `datacontenttype` that is text')
  if (!isTaken(type)) return problem(415, `Expected a \`datacontenttype\` that is taken, got "${type}"`)
  const isSequence = typeof sequence === 'string' && /^\d{1,16}$/.test(sequence)
  try {
    const content = await contentOf(event, type)
    if (!content) return problem(400, 'Expected data that is what its type says')
    return await take({ ...content, id: key, place: place && isSequence ? { ...place, sequence: Number(sequence) } : undefined })
  } catch (error) {
    return failed(error)
  }
}

/** The data of an event: bytes, JSON, or, of another type, text. */
async function contentOf({ data, data_base64 }: Event, type: string): Promise<Pick<Came, 'body' | 'fingerprint'> | undefined> {
  if (data_base64 === undefined && data !== undefined && isJson(type))
    return { body: data, fingerprint: await fingerprintOf(JSON.stringify(data)) }
  const bytes = bytesOf(data_base64, data)
  const read = bytes && (await valueOf(bytes, type))
  return read && { body: read.value, fingerprint: await fingerprintOf(bytes) }
}

function bytesOf(base64: unknown, text: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (base64 === undefined) return typeof text === 'string' ? new TextEncoder().encode(text) : undefined
  try {
    return typeof base64 === 'string' ? fromBase64(base64) : undefined
  } catch {
    return undefined
  }
}

async function resultOf(id: string, response: Response): Promise<BatchResult> {
  const { status, headers } = response
  const text = await response.text()
  const after = retryAfter(Object.fromEntries(headers), Date.now())
  return {
    id,
    outcome: kindOf(status),
    status,
    ...(after !== undefined && { after }),
    ...(text !== '' && { body: isJson(headers.get('content-type') ?? '') ? parsed(text) : text }),
  }
}

/** What a handler calls JSON need not be it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
