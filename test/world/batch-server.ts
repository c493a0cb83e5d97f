import type { Arrival, FakeServer, Reaction } from './fake-server.ts'

/** An event as it arrives in a batch. */
export interface ArrivedEvent {
  readonly id: string
  readonly partitionkey?: string
  readonly sequence: string
  readonly data?: unknown
  readonly [attribute: string]: unknown
}

/** What a server says of an event. */
export interface Said {
  readonly outcome: string
  readonly [name: string]: unknown
}

export const ACCEPTED: Said = { outcome: 'accepted' }

export function eventsOf({ body }: Pick<Arrival, 'body'>): ArrivedEvent[] {
  return body as ArrivedEvent[]
}

/** The data of all that arrived, a list for each request. */
export function batchesOf(server: FakeServer): unknown[][] {
  return server.arrivals.map((arrival) => eventsOf(arrival).map(({ data }) => data))
}

/** Takes batches as a server should: event by event, and nothing more of a group after its first failure. What it has taken it puts into `taken`, in the order in which it was. */
export function takeBatches(say: (event: ArrivedEvent) => Said = () => ACCEPTED, taken: unknown[] = []): Reaction {
  return async (request) => {
    if (!request.headers.get('content-type')?.startsWith('application/cloudevents-batch+json')) return new Response()
    const stopped = new Set<string>()
    const results: object[] = []
    for (const event of (await request.clone().json()) as ArrivedEvent[]) {
      const { id, partitionkey = '', data } = event
      if (stopped.has(partitionkey)) continue
      const said = say(event)
      if (said.outcome === 'accepted') taken.push(data)
      else stopped.add(partitionkey)
      results.push({ id, ...said })
    }
    return Response.json({ results })
  }
}
