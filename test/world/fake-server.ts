/** What the server does with the next request. */
export type Reaction = (request: Request) => Response | Promise<Response>

/** A server at the other end of `fetch`, which accepts everything unless a test says otherwise. */
export class FakeServer {
  /** Every request that arrived, in order, answered or not. */
  readonly arrivals: Arrival[] = []
  /** Takes the place of the default answer. */
  react: Reaction = () => Response.json({ ok: true })
  readonly #scripted: Reaction[] = []
  #underWay = 0
  /** The most requests that were ever under way at once. */
  mostAtOnce = 0

  /** What is to be done with the next requests, one each. */
  next(...reactions: Reaction[]): void {
    this.#scripted.push(...reactions)
  }

  /** The bodies that arrived, in order. */
  get bodies(): unknown[] {
    return this.arrivals.map(({ body }) => body)
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input as RequestInfo, init)
    init?.signal?.throwIfAborted()
    const text = await request.clone().text()
    this.arrivals.push({ body: JSON.parse(text), headers: request.headers, method: request.method, url: request.url })
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay)
    try {
      const reaction = this.#scripted.shift() ?? this.react
      return await Promise.race([reaction(request), aborted(init?.signal)])
    } finally {
      this.#underWay -= 1
    }
  }
}

export interface Arrival {
  readonly body: unknown
  readonly headers: Headers
  readonly method: string
  readonly url: string
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
}

/** Answers with a status and nothing else. */
export const status =
  (code: number, headers: HeadersInit = {}, body: string | null = null): Reaction =>
  () =>
    new Response(body, { status: code, headers })

/** The connection fails: before the server saw anything, or after it did; the device cannot tell. */
export const unreachable: Reaction = () => {
  throw new TypeError('Failed to fetch')
}

/** The server never answers. */
export const silence: Reaction = () => new Promise(() => {})
