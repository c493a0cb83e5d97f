import type { EndpointHold, Held, Hold } from '../message/message.ts'
import type { Head, Suspect } from '../queue/meta.ts'

/** How a message waits that is a dead letter, and keeps its place. */
export const HALTED: Omit<Held, 'attempts'> = { uncounted: 0, due: Infinity, wait: Infinity, by: 'server', isHalted: true }

/** What everything waits for: the head, in a queue that is one group, and the endpoint. */
export class Holds {
  /** What came of the head. */
  held: Held | undefined
  /** How long the endpoint is to be left alone. */
  endpoint: EndpointHold | undefined
  /** The server does not know who we are. */
  isUnauthorized = false

  /** What hosts may have died of. */
  suspects: readonly Suspect[]

  constructor({ endpoint, suspects = [] }: Pick<Head, 'endpoint' | 'suspects'>, held: Held | undefined) {
    this.held = held
    this.endpoint = endpoint
    this.suspects = suspects
  }

  /** What is to be written of it. */
  get written(): Pick<Head, 'held' | 'endpoint' | 'isUnauthorized' | 'suspects'> {
    const { held, endpoint, isUnauthorized, suspects } = this
    return { isUnauthorized, ...(held && { held }), ...(endpoint && { endpoint }), ...(suspects.length > 0 && { suspects }) }
  }

  /** Nothing waits longer than it was to, though the clock was set back meanwhile. Says whether something had to be set anew. */
  setAnew(now: number): boolean {
    if (!isSetBack(this.held, now) && !isSetBack(this.endpoint, now)) return false
    this.held = anew(this.held, now)
    this.endpoint = anew(this.endpoint, now)
    return true
  }
}

function isSetBack(hold: Hold | undefined, now: number): boolean {
  return hold !== undefined && hold.due - now > hold.wait
}

function anew<Holding extends Hold>(hold: Holding | undefined, now: number): Holding | undefined {
  return hold && { ...hold, due: Math.min(hold.due, now + hold.wait) }
}
