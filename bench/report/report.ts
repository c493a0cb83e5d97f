import { CONTENDERS } from '../runner/contenders.ts'
import type { Contender } from '../runner/contenders.ts'
import type { Profile } from '../runner/profile.ts'
import type { Results } from '../runner/results.ts'
import { GROUPS, ROWS, WAITING } from '../runner/rows.ts'
import { chart } from './chart.ts'
import type { Line } from './chart.ts'
import { goalsOf } from './goals.ts'
import { largeBodies } from './large-bodies.ts'
import type { LargeBodies } from './large-bodies.ts'
import { pools } from './pools.ts'
import type { Pools } from './pools.ts'
import { Numbers, shown, table } from './numbers.ts'
import { NEXT_LIMIT } from './reasons.ts'

const NONE = '–'
const COLORS = ['#0b6bcb', '#0b6bcb', '#888', '#888', '#c4570c', '#7a3fb0', '#2a8a3e', '#b01e4b', '#a67c00']

/** What was measured by itself, if it was. */
export interface Smaller {
  readonly large: LargeBodies | undefined
  readonly pool: Pools | undefined
}

/** What `docs/performance.md` says, and the plot beside it. */
export function report(results: Results, { large, pool }: Smaller): { readonly page: string; readonly growth: string | undefined } {
  const numbers = new Numbers(results)
  const growth = growthOf(numbers)
  const sections = [
    introduction(results),
    '## Goals\n',
    goals(numbers),
    '## Side by side\n',
    'Messages a second, the median of all rounds, and the least and the most in brackets; more is better. The block in milliseconds; less is better.\n',
    sideBySide(numbers),
    block(numbers),
    notes(),
    '## What became of the messages\n',
    losses(numbers),
    '## A backlog\n',
    opening(numbers),
    ...(growth === undefined ? [] : ['![Time to open against messages waiting](growth.svg)\n']),
    ...(pool ? ['## Consumers\n', pools(pool)] : []),
    ...(large ? ['## Large bodies\n', largeBodies(large)] : []),
    '## Size\n',
    sizes(results),
    '## Where the time goes\n',
    ...profiles(results.profiles),
    '## The next limit\n',
    NEXT_LIMIT,
  ]
  return { page: `${sections.join('\n').trim()}\n`, growth }
}

function introduction({ date, scale, only, machine, versions, loads, minutes }: Results): string {
  const load = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `# Performance

Written by \`npm run bench\`; change \`bench/\`, not this page. Holdfast beside the raw limits of the browser and beside its peers, all in one run:
${scale.rounds} rounds${only ? ` of ${only.join(', ')}` : ''} on ${date}, ${Math.round(minutes)} minutes, each cell in a browser of its own on a fresh profile, rounds interleaved, with nothing attached to the page.
Messages are 1 kB of random text. The server and the browser share ${machine.cores} cores and ${machine.memoryInGb} GB (${machine.platform}, Node ${machine.node}, Chromium
${machine.chromium}); the load average as rounds began was ${load}. Trust ratios within this page, and no figure on its own.

Every enqueue counts from the call to its promise, in a page whose server hangs; then the browser is killed, started again, and what is stored is read back and compared.
Every drain counts from the first arrival at the server to the last, one in batches from the page's call until all is answered; and what arrived is compared. Compared with: ${others.join(', ')}.
`
}

function goals(numbers: Numbers): string {
  const rows = goalsOf(numbers).map(({ figure, goal, reached, verdict, reason }) => [
    figure,
    goal,
    reached || NONE,
    reason ? `**${verdict}**: ${reason}` : verdict,
  ])
  return `${table(['figure', 'goal', 'here', 'reached'], rows).replaceAll('--:', '---')}\n`
}

const MAIN_ROWS = [
  'burst-1000',
  'burst-10000',
  'burst-10000-groups-100',
  'burst-10000-groups-10000',
  'one-by-one',
  'drain',
  'drain-batches',
]

function sideBySide(numbers: Numbers): string {
  const rows = ROWS.filter(({ id }) => MAIN_ROWS.includes(id))
  const lines = CONTENDERS.map((contender) => [contender.title, ...rows.map((row) => rate(numbers, contender, row.id))])
  return `${table(['', ...rows.map(({ title }) => title)], lines)}\n`
}

function rate(numbers: Numbers, { id }: Contender, row: string): string {
  return shown(numbers.spread(row, id, 'rate')) ?? failure(numbers, row, id) ?? NONE
}

function failure(numbers: Numbers, row: string, contender: string): string | undefined {
  return numbers.cell(row, contender)?.rounds.find(({ error }) => error !== undefined)?.error
}

function block(numbers: Numbers): string {
  const rows = CONTENDERS.filter(({ id }) => numbers.cell('block', id)).map(({ id, title, mostAtOnce }) => [
    mostAtOnce === undefined ? title : `${title} (at ${mostAtOnce.toLocaleString('en')})`,
    ...['block', 'loop', 'beyond', 'noise'].map((figure) => shown(numbers.spread('block', id, figure), 1) ?? NONE),
  ])
  const head = [
    'main thread, burst of 10,000, ms',
    'longest block',
    'the caller’s own loop of calls',
    'longest beyond it',
    'the page at rest just before',
  ]
  return `${table(head, rows)}\n`
}

function notes(): string {
  const noted = CONTENDERS.filter(({ note, kind }) => note !== undefined && kind === 'peer').map(
    ({ title, note }) => `- ${title}: ${note}.`,
  )
  return `A promise that resolves means that the transaction has completed; strict, that it was flushed to the disk. Otherwise:\n\n${noted.join('\n')}\n`
}

function losses({ results }: Numbers): string {
  const rows = results.cells.flatMap(({ row, contender, rounds }) => {
    const checks = rounds.flatMap(({ check }) => check ?? [])
    const sum = (of: 'expected' | 'lost' | 'repeated' | 'outOfOrder' | 'changed'): number =>
      checks.reduce((total, check) => total + check[of], 0)
    const counts = [sum('lost'), sum('repeated'), sum('outOfOrder'), sum('changed')]
    if (counts.every((count) => count === 0)) return []
    return [
      [
        titleOf(contender),
        ROWS.find(({ id }) => id === row)?.title ?? row,
        ...[sum('expected'), ...counts].map((n) => n.toLocaleString('en')),
      ],
    ]
  })
  const total = results.cells.flatMap(({ rounds }) => rounds.flatMap(({ check }) => check?.expected ?? [])).reduce((sum, n) => sum + n, 0)
  const all = `Of ${total.toLocaleString('en')} messages, read back after a kill or counted at the server, all were there once, in order and unchanged`
  if (rows.length === 0) return `${all}.\n`
  return `${all}, but for these, all rounds together:\n\n${table(['', 'row', 'messages', 'lost', 'repeated', 'out of order', 'changed'], rows)}\n`
}

function titleOf(contender: string): string {
  return CONTENDERS.find(({ id }) => id === contender)?.title ?? contender
}

function opening(numbers: Numbers): string {
  const waiting = WAITING.filter((count) => numbers.spread(`open-${count}`, 'holdfast', 'durable'))
  const openers = CONTENDERS.filter(({ has }) => has.includes('open'))
  const part = (what: string, figure: string, digits: number): string => {
    const rows = openers.map(({ id, title }) => [
      title,
      ...waiting.map(
        (count) => shown(numbers.spread(`open-${count}`, id, figure), digits) ?? failure(numbers, `open-${count}`, id) ?? NONE,
      ),
    ])
    return `${table([what, ...waiting.map((count) => count.toLocaleString('en'))], rows)}\n`
  }
  return [
    'A queue that another browser left with so many messages waiting is opened, and one more is enqueued. Milliseconds from opening, less is better:\n',
    part('first enqueue durable', 'durable', 0),
    part('first message at the server', 'first', 0),
    'Memory of the page and its dedicated workers (service workers are not in it) when both have happened, in MB, by `performance.measureUserAgentSpecificMemory()`:\n',
    part('memory', 'memory', 1),
    openingGroups(numbers),
  ].join('\n')
}

function openingGroups(numbers: Numbers): string {
  const figures = [
    ['first enqueue durable, ms', 'durable', 0],
    ['first message at the server, ms', 'first', 0],
    ['memory, MB', 'memory', 1],
  ] as const
  const rows = figures.map(([title, figure, digits]) => [
    title,
    ...GROUPS.map((groups) => shown(numbers.spread(`open-groups-${groups}`, 'holdfast', figure), digits) ?? NONE),
  ])
  return `The same of Holdfast by groups, all of which but that of the message that is enqueued wait for a retry; no other in this run has groups:

${table(['groups', ...GROUPS.map((groups) => groups.toLocaleString('en'))], rows)}
`
}

function growthOf(numbers: Numbers): string | undefined {
  const openers = CONTENDERS.filter(({ has }) => has.includes('open'))
  const line = ({ id, title }: Contender, figure: 'durable' | 'first'): Omit<Line, 'color'> => ({
    title: `${title.split(',')[0]}: ${figure === 'durable' ? 'enqueue' : 'first sent'}`,
    isDashed: figure === 'first',
    points: WAITING.flatMap((count) => {
      const found = numbers.spread(`open-${count}`, id, figure)
      return found ? [[count, Math.max(1, found.median)] as const] : []
    }),
  })
  const detailed = openers
    .filter(({ kind }) => kind !== 'peer')
    .flatMap((contender) => [line(contender, 'durable'), line(contender, 'first')])
  const peers = openers.filter(({ kind }) => kind === 'peer').map((contender) => line(contender, 'durable'))
  const lines = [...detailed, ...peers].filter(({ points }) => points.length > 1)
  if (lines.length === 0) return undefined
  return chart(
    'Milliseconds from opening, by messages waiting',
    lines.map((drawn, i) => ({ ...drawn, color: COLORS[i % COLORS.length]! })),
  )
}

function sizes({ bytes }: Results): string {
  const kB = (size: number | undefined): string => (size === undefined ? NONE : `${(size / 1_000).toFixed(2)} kB`)
  const rows = Object.entries(bytes).map(([id, { page, worker }]) => [titleOf(id).split(',')[0]!, kB(page), kB(worker)])
  return `Minified and gzipped, with all that it needs.\n\n${table(['', 'page', 'worker or service worker'], rows)}\n`
}

function profiles(found: readonly Profile[]): string[] {
  if (found.length === 0) return ['Not in this run.\n']
  const intro = `Holdfast with a tracer attached, in a run of its own that no figure above is from; the time that each thread worked, and where its JavaScript was.
Shares count: a tracer costs time. Storage and network work in the browser's own processes.\n`
  return [intro, ...found.map(profileTable)]
}

function profileTable({ title, duration, threads }: Profile): string {
  const rows = threads.map(({ name, busy, functions }) => {
    const own = functions.filter(({ name: called }) => called !== '(program)').slice(0, 6)
    const longest = own.filter(({ self }) => self >= duration / 200)
    const text = longest
      .map(({ name: called, self }) => `${called === '(anonymous)' ? called : `\`${called}\``} ${self.toFixed(0)}`)
      .join(', ')
    return [name, busy.toFixed(0), `${((busy / duration) * 100).toFixed(0)} %`, text || NONE]
  })
  return `${table([`${title}: ${duration.toFixed(0)} ms`, 'ms', 'of the time', 'functions, their own time in ms'], rows)}\n`
}
