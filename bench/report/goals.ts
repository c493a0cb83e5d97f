import { CONTENDERS } from '../runner/contenders.ts'
import { GROUPS, WAITING } from '../runner/rows.ts'
import { shown } from './numbers.ts'
import type { Numbers } from './numbers.ts'
import { REASONS } from './reasons.ts'

export interface Goal {
  readonly figure: string
  readonly goal: string
  /** Empty when it was not measured. */
  readonly reached: string
  readonly verdict: 'yes' | 'no' | 'not in this run'
  readonly reason: string
}

interface Judged {
  readonly id: string
  readonly figure: string
  readonly goal: string
  readonly reached: string | undefined
  readonly isReached: boolean
}

const PEERS = CONTENDERS.filter(({ kind }) => kind === 'peer').map(({ id }) => id)

export function goalsOf(numbers: Numbers): Goal[] {
  return [
    judge(burst(numbers, 'burst-10000', 'burst of 10,000 durable enqueues, one group')),
    judge(burst(numbers, 'burst-10000-groups-100', 'the same over 100 groups')),
    judge(burst(numbers, 'burst-10000-groups-10000', 'the same over 10,000 groups')),
    ...oneByOne(numbers).map(judge),
    judge(drain(numbers)),
    judge(block(numbers)),
    ...opening(numbers).map(judge),
    ...openingGroups(numbers).map(judge),
    judge(memory(numbers)),
    ...bytes(numbers).map(judge),
  ]
}

function judge({ id, figure, goal, reached, isReached }: Judged): Goal {
  if (reached === undefined) return { figure, goal, reached: '', verdict: 'not in this run', reason: '' }
  return { figure, goal, reached, verdict: isReached ? 'yes' : 'no', reason: isReached ? '' : (REASONS[id] ?? '') }
}

function times(ratio: ReturnType<Numbers['ratio']>): string | undefined {
  const text = shown(ratio, 2)
  return text === undefined ? undefined : `${text} times`
}

function burst(numbers: Numbers, row: string, figure: string): Judged {
  const ours = numbers.rounds(row, 'holdfast', 'rate')
  const limits = ['limit-page', 'limit-worker'].map((limit) => numbers.rounds('burst-10000', limit, 'rate'))
  // The limit knows no groups: its one row counts for all.
  const ratios = numbers.ratio(row, 'holdfast', ['limit-page', 'limit-worker'], 'rate', 'burst-10000')
  const isMeasured = ours.size > 0 && limits.some(({ size }) => size > 0)
  return {
    id: 'burst',
    figure,
    goal: '4 times the limit of one record each',
    reached: isMeasured ? times(ratios) : undefined,
    isReached: (ratios?.median ?? 0) >= 4,
  }
}

function oneByOne(numbers: Numbers): Judged[] {
  const against = (id: string, figure: string, goal: string, ours: string, others: readonly string[]): Judged => {
    const ratio = numbers.ratio('one-by-one', ours, others, 'rate')
    return { id, figure, goal, reached: times(ratio), isReached: (ratio?.median ?? 0) >= 1 }
  }
  const figure = 'awaited one by one'
  return [
    against('one-by-one-strict', `${figure}, strict`, 'as raw idb strict', 'holdfast', ['idb-strict']),
    against('one-by-one-relaxed', `${figure}, relaxed`, 'as raw idb relaxed', 'holdfast-relaxed', ['idb-relaxed']),
    against('one-by-one-peers', `${figure}, relaxed, as all peers are`, 'ahead of every peer', 'holdfast-relaxed', PEERS),
  ]
}

function drain(numbers: Numbers): Judged {
  const ratio = numbers.ratio('drain', 'holdfast', ['fetch-page', 'fetch-worker'], 'rate')
  return {
    id: 'drain',
    figure: 'drain, one request each',
    goal: '0.95 of the raw sequential `fetch` loop',
    reached: shown(ratio, 2),
    isReached: (ratio?.median ?? 0) >= 0.95,
  }
}

function block(numbers: Numbers): Judged {
  const beyond = numbers.spread('block', 'holdfast', 'beyond')
  const noise = numbers.spread('block', 'holdfast', 'noise')
  return {
    id: 'block',
    figure: 'longest main-thread block in the burst of 10,000, beyond the caller’s own loop',
    goal: 'under 16 ms',
    reached: beyond && `${shown(beyond, 1)} ms; the page at rest just before: ${shown(noise, 1)} ms`,
    isReached: (beyond?.median ?? Infinity) < 16,
  }
}

/** The most that a queue was opened with in this run. */
function largest(numbers: Numbers): number | undefined {
  return WAITING.findLast((waiting) => waiting > 10 && numbers.spread(`open-${waiting}`, 'holdfast', 'durable'))
}

function opening(numbers: Numbers): Judged[] {
  const waiting = largest(numbers)
  const count = waiting?.toLocaleString('en') ?? '1,000,000'
  const ours = waiting === undefined ? undefined : numbers.spread(`open-${waiting}`, 'holdfast', 'durable')
  const raw = numbers.spread('open-10', 'idb-worker', 'durable')
  const ratio = ours && raw && ours.median / raw.median
  return [
    asWithTen(numbers, 'open-durable', `open with ${count} waiting: first enqueue durable`, 'durable', ['open', waiting]),
    asWithTen(numbers, 'open-first', `open with ${count} waiting: first message at the server`, 'first', ['open', waiting]),
    {
      id: 'open-twice',
      figure: `open with ${count} waiting: first enqueue durable`,
      goal: 'under twice a raw idb worker with 10 waiting',
      reached: ratio === undefined ? undefined : `${ratio.toFixed(2)} times`,
      isReached: ratio !== undefined && ratio < 2,
    },
  ]
}

function openingGroups(numbers: Numbers): Judged[] {
  const most = GROUPS.at(-1)!
  const isMeasured = numbers.spread(`open-groups-${most}`, 'holdfast', 'durable') !== undefined
  const figure = `open with ${most.toLocaleString('en')} groups of which all but one wait for a retry`
  const rows = ['open-groups', isMeasured ? most : undefined] as const
  return [
    asWithTen(numbers, 'open-groups-durable', `${figure}: first enqueue durable`, 'durable', rows),
    asWithTen(numbers, 'open-groups-first', `${figure}: first message at the server`, 'first', rows),
  ]
}

/** As, within what the rounds with 10 differ among themselves. */
function asWithTen(
  numbers: Numbers,
  id: string,
  figure: string,
  what: string,
  [row, count]: readonly [row: string, count: number | undefined],
): Judged {
  const many = count === undefined ? undefined : numbers.spread(`${row}-${count}`, 'holdfast', what)
  const few = numbers.spread(`${row}-10`, 'holdfast', what)
  return {
    id,
    figure,
    goal: 'as with 10',
    reached: many && few && `${shown(many, 1)} ms; with 10: ${shown(few, 1)} ms`,
    isReached: many !== undefined && few !== undefined && many.median <= few.most,
  }
}

function memory(numbers: Numbers): Judged {
  const waiting = largest(numbers)
  const more = waiting === undefined ? undefined : numbers.difference(`open-${waiting}`, 'open-10', 'holdfast', 'memory')
  return {
    id: 'memory',
    figure: `memory with ${waiting?.toLocaleString('en') ?? '1,000,000'} waiting`,
    goal: 'as with 10, within 2 MB',
    reached: more && `${shown(more, 2)} MB more`,
    isReached: (more?.median ?? Infinity) <= 2,
  }
}

function bytes({ results }: Numbers): Judged[] {
  const { page, worker = 0 } = results.bytes['holdfast'] ?? { page: NaN }
  const of = (id: string, where: string, size: number, most: number): Judged => ({
    id,
    figure: `gzip bytes ${where}`,
    goal: `${most / 1_000} kB`,
    reached: Number.isNaN(size) ? undefined : `${(size / 1_000).toFixed(2)} kB`,
    isReached: size <= most,
  })
  return [of('bytes-page', 'on the page', page, 4_000), of('bytes-worker', 'in the worker', worker, 11_000)]
}
