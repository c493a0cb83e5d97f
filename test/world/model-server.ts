import { Life } from './life.ts'
import type { FakeServer } from './fake-server.ts'
import { throwFault } from './model.ts'
import type { Known, Model } from './model.ts'

/** What the server does with a request. `held`: it answers when it is told to, or never. */
export type Answering = 'accepts' | 'rejects' | 'fails' | 'conflicts' | 'busy' | 'forgot us' | 'away' | 'loses' | 'held'

const STATUS = {
  accepts: 200,
  rejects: 422,
  fails: 500,
  conflicts: 409,
  busy: 503,
  'forgot us': 401,
  away: 0,
  loses: 0,
  held: 200,
} as const

/** A server that compares whatever arrives with what may be sent, and takes down what it answers. */
export class ModelServer {
  readonly script: Answering[] = []
  readonly faults: unknown[] = []
  /** Nothing is to arrive. */
  isStopped: (known: Known) => boolean = () => false
  /** The life of the leader. */
  leader: Life | undefined
  readonly #model: Model
  readonly #held = new Set<() => void>()
  readonly #underWay = new Map<Life | undefined, Set<Known>>()

  constructor(server: FakeServer, model: Model) {
    this.#model = model
    server.react = (request) => this.#react(request)
  }

  /** Whether the leader is sending it. */
  isUnderWay(known: Known): boolean {
    return this.underWay.includes(known)
  }

  /** What the leader is sending. */
  get underWay(): readonly Known[] {
    return [...(this.#underWay.get(this.leader) ?? [])]
  }

  /** Answers whatever waits for an answer. */
  release(): void {
    for (const answer of this.#held) answer()
    this.#held.clear()
  }

  async #react(request: Request): Promise<Response> {
    // Whether it is there at all.
    if (request.method === 'HEAD') return new Response()
    const life = Life.current
    const text = await request.text()
    const how = this.script.shift() ?? 'accepts'
    const status = STATUS[how]
    let known: Known | undefined
    try {
      known = this.#arrive(life, request, text)
      if (how === 'held') await new Promise<void>((resolve) => this.#held.add(resolve))
      const isHeard = life?.isOver !== true && !request.signal.aborted
      if (how === 'loses' || (status === 200 && !isHeard)) known.isAccepted = true
      if (isHeard) this.#model.answer(known, status, life === this.leader)
    } catch (error) {
      this.faults.push(error)
    } finally {
      if (known) this.#underWay.get(life)?.delete(known)
    }
    if (status === 0) throw new TypeError('Failed to fetch')
    return Response.json({ text }, { status, headers: how === 'busy' ? { 'retry-after': '1' } : {} })
  }

  #arrive(life: Life | undefined, { headers, signal }: Request, text: string): Known {
    const id = headers.get('idempotency-key')!.slice(1, -1)
    const isLeading = life === this.leader
    const known = this.#model.arrive(Number(text), id, text, isLeading)
    if (isLeading && this.isStopped(known)) throwFault(`${text} is sent, though that was stopped`)
    const underWay = this.#underWay.get(life) ?? new Set()
    this.#underWay.set(life, underWay)
    if ([...underWay].some(({ group }) => group === known.group)) throwFault(`two of group "${known.group}" are under way`)
    underWay.add(known)
    signal.addEventListener('abort', () => {
      underWay.delete(known)
      known.unanswered += 1
    })
    return known
  }
}
