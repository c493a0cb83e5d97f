/** What the server does with the next request. */
export type Reaction = (request: Request) => Response | Promise<Response>

/** A server at the other end of `fetch`, which accepts everything unless a test says otherwise. */
export class FakeServer {
  /** Every message that arrived, in order, answered or not. */
  readonly arrivals: Arrival[] = []
  /** Every HEAD request, which asks for an answer and nothing else. */
  readonly questions: Arrival[] = []
  /** What is answered to those; what is answered to messages, unless a test says otherwise. */
  reactToQuestion: Reaction = (request) => this.react(request)
  /** Takes the place of the default answer. */
  react: Reaction = () => Response.json({ ok: true })
  readonly #scripted: Reaction[] = []
  readonly #hangUps = new Set<(error: Error) => void>()
  readonly #watchers: (() => void)[] = []
  #underWay = 0
  /** The most requests that were ever under way at once. */
  mostAtOnce = 0

  /** What is to be done with the next requests, one each. */
  next(...reactions: Reaction[]): void {
    this.#scripted.push(...reactions)
  }

  /** Keeps the next request waiting for its answer, until what is returned gives it. */
  holdNext(): (answer?: Response) => void {
    let give!: (answer: Response) => void
    const answered = new Promise<Response>((resolve) => (give = resolve))
    this.next(() => answered)
    return (answer = new Response()) => give(answer)
  }

  /** Takes back what was scripted. */
  forget(): void {
    this.#scripted.length = 0
  }

  /** The bodies that arrived, in order. */
  get bodies(): unknown[] {
    return this.arrivals.map(({ body }) => body)
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    init?.signal?.throwIfAborted()
    const text = await request.clone().text()
    const isQuestion = request.method === 'HEAD'
    const arrived = isQuestion ? this.questions : this.arrivals
    arrived.push({ body: parsed(text), headers: request.headers, method: request.method, url: request.url })
    this.#watchers.splice(0).forEach((watcher) => watcher())
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay)
    try {
      const reaction = isQuestion ? this.reactToQuestion : (this.#scripted.shift() ?? this.react)
      return await Promise.race([reaction(request), this.#cut(init?.signal)])
    } finally {
      this.#underWay -= 1
    }
  }

  /** Resolves when so many requests have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.arrivals.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  /** Cuts every connection on which nothing was answered yet. */
  hangUp(): void {
    for (const hangUp of this.#hangUps) hangUp(new TypeError('Failed to fetch'))
    this.#hangUps.clear()
  }

  /** Rejects when the client aborts, or the server hangs up. */
  #cut(signal: AbortSignal | null | undefined): Promise<never> {
    return new Promise((_, reject) => {
      this.#hangUps.add(reject)
      if (signal?.aborted) reject(signal.reason as Error)
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
}

export interface Arrival {
  readonly body: unknown
  readonly headers: Headers
  readonly method: string
  readonly url: string
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

/** What was sent as JSON; its text where that is damaged. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
