/** A consumer, for as long as it is on the roll. */
export interface Party {
  /** The channel on which it is spoken to. */
  readonly channel: string
  readonly concurrency: number
  readonly lease: number
  /** The handlers that have not ended, whatever has become of their leases. */
  readonly running: Set<Hand>
  isFrozen: boolean
  isLeaving: boolean
  isGone: boolean
}

/** A message that was enqueued. */
export interface Lot {
  readonly body: number
  readonly group: string
  id: string | undefined
  /** Where it stands, among all that ever stood there. */
  place: number
  /** `asked`: whoever enqueued it was not answered. */
  state: 'asked' | 'waiting' | 'dead' | 'gone'
  /** It was cancelled; `perhaps`: nobody was answered. An answer that was there before counts all the same. */
  cancelled: Certainty
  /** A handler that had it under its lease has thrown a `Reject`. */
  refused: Certainty
  /** The handlers that have returned while they had it. */
  readonly answers: Set<number>
  /** Who has done it, and will say so when it is asked. */
  done: Party | undefined
  /** What must have become of it at the next rest, for all that is known. */
  must: 'accepted' | 'dead' | undefined
  /** Since it was enqueued, or redriven. */
  leases: Lease[]
}

/** A lease, as the leader has said it. */
export interface Lease {
  readonly lot: Lot
  readonly party: Party
  readonly epoch: number
  readonly begun: number
  /** When it is over by the leader's reckoning. */
  until: number
  /** Whether it counts as an attempt, once it is over; before, whether it may do without anybody hearing of it. */
  counts: Certainty
  isOver: boolean
  /** When that was. */
  ended: number
  /** Its leader froze or died, or words are late: nobody may count it. */
  isDoubtful: boolean
  /** What has become of it is on disk. */
  isWritten: boolean
}

/** A message in a handler's hands. */
export interface Hand {
  readonly number: number
  readonly lot: Lot
  readonly party: Party
  readonly signal: AbortSignal
  lease: Lease
  /** Until then it is nobody else's, unless it ends before. */
  until: number
}

export type Certainty = 'no' | 'perhaps' | 'yes'

/** How a handler ends. */
export type HandEnd = 'returns' | 'throws' | 'retries' | 'rejects'

export function show({ body, group, id, state, cancelled, refused, answers, leases }: Lot): string {
  const told = leases.map(({ epoch, counts, isOver }) => `${epoch}${isOver ? '' : '…'} ${counts}`).join(', ')
  return `${body} (${id}, group "${group}", ${state}, cancelled ${cancelled}, refused ${refused}, done by ${[...answers].join('/')}, leases ${told})`
}
