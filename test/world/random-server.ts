import type { Attempt, Transport } from '../../src/consumer/transport.ts'
import { pick } from './random.ts'
import type { Steps } from './steps.ts'

type Mood = 'random' | 'accepting'
type Reaction = 'accepts' | 'loses the answer' | 'is away' | 'fails' | 'is busy' | 'rejects' | 'knows nobody'

const REACTIONS: readonly (readonly [number, Reaction])[] = [
  [12, 'accepts'],
  [2, 'loses the answer'],
  [2, 'is away'],
  [4, 'fails'],
  [1, 'is busy'],
  [4, 'rejects'],
  [1, 'knows nobody'],
]

const STATUS = { accepts: 200, fails: 500, 'is busy': 503, rejects: 422, 'knows nobody': 401 } as const

/** A server whose answers are random, and which takes down what it was never to see. */
export class RandomServer {
  mood: Mood = 'random'
  /** Ids of messages that took effect. */
  readonly accepted: Set<string> = new Set()
  /** What was wrong with what arrived. */
  readonly faults: string[] = []
  /** By group: the highest number that arrived. */
  readonly #last = new Map<string, number>()
  readonly #arrived = new Set<number>()
  readonly #random: () => number
  readonly #groupOf: (id: string) => string

  /** @param groupOf the group of a message: of each, the first arrivals are to be in order. */
  constructor(random: () => number, groupOf: (id: string) => string) {
    this.#random = random
    this.#groupOf = groupOf
  }

  /** A line to the server on which requests and answers are steps. */
  lineOf(owner: object, steps: Steps): Transport {
    const busy = new Set<string>()
    return {
      askTime: async () => ({ answered: this.mood === 'accepting' }),
      send: ({ id, sequence }, signal) => {
        const group = this.#groupOf(id)
        if (busy.has(group)) this.faults.push(`two of group "${group}" are under way`)
        busy.add(group)
        return new Promise<Attempt>((resolve) => {
          const cut = (): void => end(unreachable)
          const end = (attempt: Attempt): void => {
            signal.removeEventListener('abort', cut)
            busy.delete(group)
            resolve(attempt)
          }
          signal.addEventListener('abort', cut)
          steps
            .wait(owner, `request ${sequence}`, () => this.#react(id, sequence, group))
            .then((attempt) => steps.wait(owner, `answer to ${sequence}`, () => end(attempt)))
            .catch(() => {})
        })
      },
    }
  }

  #react(id: string, sequence: number, group: string): Attempt {
    const reaction = this.mood === 'accepting' ? 'accepts' : pick(this.#random, REACTIONS)
    if (reaction === 'is away') return unreachable
    this.#arrive(sequence, group)
    if (reaction === 'accepts' || reaction === 'loses the answer') this.accepted.add(id)
    if (reaction === 'loses the answer') return unreachable
    const headers = reaction === 'is busy' ? { 'retry-after': '1' } : {}
    return { answered: true, status: STATUS[reaction], isRedirect: false, headers, text: '', isWhole: true }
  }

  #arrive(sequence: number, group: string): void {
    const last = this.#last.get(group) ?? 0
    if (sequence < last && !this.#arrived.has(sequence)) this.faults.push(`${sequence} of group "${group}" arrives after ${last}`)
    this.#arrived.add(sequence)
    this.#last.set(group, Math.max(last, sequence))
  }
}

const unreachable: Attempt = { answered: false, reason: 'unreachable' }
