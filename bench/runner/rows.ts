import type { Task } from '../page/protocol.ts'
import type { Contender, Has } from './contenders.ts'

/** A line of a table: one thing that is measured, of everybody who has it. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly needs: readonly Has[]
  readonly task: (contender: Contender, scale: Scale) => Task
  /** Run on copies of a profile that was filled before. */
  readonly filled?: Filling
  /** Whether it is in the run at this scale, for this contender. */
  readonly isIn: (contender: Contender, scale: Scale) => boolean
  /** The figure that counts. */
  readonly figure: string
}

/** So many messages wait, put there by the contender itself or by a module in `contenders/` that does it for it. */
export interface Filling {
  readonly count: number
  readonly by?: string
}

export interface Scale {
  readonly name: 'quick' | 'default' | 'full'
  readonly rounds: number
  /** Messages to be awaited one by one, and to be drained. */
  readonly oneByOne: number
  readonly drained: number
  /** The most messages to open with. */
  readonly mostWaiting: number
}

export const SCALES: Readonly<Record<Scale['name'], Scale>> = {
  quick: { name: 'quick', rounds: 2, oneByOne: 50, drained: 100, mostWaiting: 1_000 },
  default: { name: 'default', rounds: 3, oneByOne: 200, drained: 500, mostWaiting: 1_000_000 },
  full: { name: 'full', rounds: 7, oneByOne: 300, drained: 1_000, mostWaiting: 1_000_000 },
}

/** With how many messages waiting a queue is opened. */
export const WAITING = [10, 100, 1_000, 10_000, 100_000, 1_000_000]

/** With how many groups, of which all but the one that is enqueued to wait for a retry. */
export const GROUPS = [10, 100_000]

const always = (): boolean => true
const atOnce =
  (count: number) =>
  ({ mostAtOnce = Infinity }: Contender): boolean =>
    count <= mostAtOnce

export const ROWS: readonly Row[] = [
  {
    id: 'burst-1000',
    title: 'burst of 1,000',
    needs: ['burst'],
    task: () => ({ kind: 'burst', count: 1_000, groups: 0 }),
    isIn: always,
    figure: 'rate',
  },
  {
    id: 'burst-10000',
    title: 'burst of 10,000',
    needs: ['burst'],
    task: () => ({ kind: 'burst', count: 10_000, groups: 0 }),
    isIn: atOnce(10_000),
    figure: 'rate',
  },
  ...[100, 10_000].map((groups): Row => ({
    id: `burst-10000-groups-${groups}`,
    title: `the same over ${groups.toLocaleString('en')} groups`,
    needs: ['burst', 'groups'],
    task: () => ({ kind: 'burst', count: 10_000, groups }),
    isIn: atOnce(10_000),
    figure: 'rate',
  })),
  {
    id: 'one-by-one',
    title: 'awaited one by one',
    needs: ['one-by-one'],
    task: (_, { oneByOne }) => ({ kind: 'one-by-one', count: oneByOne }),
    isIn: always,
    figure: 'rate',
  },
  {
    id: 'drain',
    title: 'drain, one request each',
    needs: ['drain'],
    task: (_, { drained }) => ({ kind: 'drain', count: drained, inBatches: false }),
    isIn: always,
    figure: 'rate',
  },
  {
    id: 'drain-batches',
    title: 'drain, batches',
    needs: ['batches'],
    task: (_, { drained }) => ({ kind: 'drain', count: drained, inBatches: true }),
    isIn: always,
    figure: 'rate',
  },
  {
    id: 'block',
    title: 'longest main-thread block at 10,000',
    needs: ['burst'],
    task: ({ mostAtOnce = Infinity }) => ({ kind: 'block', count: Math.min(10_000, mostAtOnce) }),
    isIn: ({ id }) => id !== 'holdfast-relaxed',
    figure: 'block',
  },
  ...WAITING.map((waiting): Row => ({
    id: `open-${waiting}`,
    title: `open with ${waiting.toLocaleString('en')} waiting`,
    needs: ['open'],
    task: () => ({ kind: 'open', waiting, hasGroups: false }),
    filled: { count: waiting },
    isIn: ({ mostWaiting = Infinity }, scale) => waiting <= Math.min(mostWaiting, scale.mostWaiting),
    figure: 'durable',
  })),
  ...GROUPS.map((groups): Row => ({
    id: `open-groups-${groups}`,
    title: `open with ${groups.toLocaleString('en')} groups, all but one waiting for a retry`,
    needs: ['open', 'groups'],
    task: () => ({ kind: 'open', waiting: groups - 1, hasGroups: true }),
    filled: { count: groups - 1, by: 'held-groups' },
    isIn: (_, scale) => groups <= scale.mostWaiting,
    figure: 'durable',
  })),
]
