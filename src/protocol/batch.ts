/** What a device and a server say to each other of several messages in one request: CloudEvents 1.0, in the JSON batch format. */

/** The media type of such a request. */
export const BATCH_TYPE = 'application/cloudevents-batch+json'

/** What is said of an event beside its data. Extensions (`partitionkey`, `sequence`, and one of our own for the key) have names of small letters. */
export interface EventAttributes {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  /** The group: events of one are in order, and those without one are a group together. */
  readonly partitionkey?: string
  /** The place in the queue, in digits that sort as text. */
  readonly sequence: string
  /** The idempotency key, where that is not the id. */
  readonly idempotencykey?: string
  readonly datacontenttype: string
}

/** What the server says of one event. */
export interface BatchResult {
  readonly id: string
  readonly outcome: 'accepted' | 'retry' | 'rejected'
  /** The status that it would have answered to this event alone. */
  readonly status?: number
  /** How long to wait before it is sent again, in milliseconds. */
  readonly after?: number
  readonly body?: unknown
}

/** @param data its data as a member of the object: `"data":…`, or `"data_base64":…`. The text of a body goes as it is stored. */
export function formatEvent(attributes: EventAttributes, data: string): string {
  return `${JSON.stringify(attributes).slice(0, -1)},${data}}`
}

export const eventSource = (queue: string): string => `urn:holdfast:${queue}`

export const EVENT_TYPE = 'holdfast.message'

/** Sixteen digits: more than a number has that is exact. */
export function formatSequence(sequence: number): string {
  return String(sequence).padStart(16, '0')
}

/** @returns nothing where it is no such answer. What is not as it should be in there is passed over, and what contradicts itself as well. */
export function parseResults(text: string): ReadonlyMap<string, BatchResult> | undefined {
  const { results } = Object(parsed(text)) as { results?: unknown }
  if (!Array.isArray(results)) return undefined
  const found = new Map<string, BatchResult>()
  const contradicted = new Set<string>()
  for (const result of results as unknown[]) {
    if (!isResult(result)) continue
    const before = found.get(result.id)
    if (before && before.outcome !== result.outcome) contradicted.add(result.id)
    found.set(result.id, before ?? result)
  }
  for (const id of contradicted) found.delete(id)
  return found
}

function isResult(value: unknown): value is BatchResult {
  const { id, outcome } = Object(value) as Record<string, unknown>
  return typeof id === 'string' && (outcome === 'accepted' || outcome === 'retry' || outcome === 'rejected')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
