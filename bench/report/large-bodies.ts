import { table } from './numbers.ts'

/** What `results/large-bodies.json` holds: what `npm run bench:small` has measured. */
export interface LargeBodies {
  readonly date: string
  readonly chromium: string
  /** The load average as it ended. */
  readonly load: number
  readonly rows: readonly {
    readonly what: string
    /** In milliseconds; how long, and the longest that the page's thread was busy. */
    readonly took: number
    readonly longest: number
    /** In megabytes: how much more than before, at the most. */
    readonly renderer: number
    readonly browser: number
    readonly others: number
  }[]
}

export function largeBodies({ date, chromium, load, rows }: LargeBodies): string {
  const head = ['one after the other', 's', 'longest block of the page, ms', 'page and worker, MB', 'browser process, MB', 'all others, MB']
  const lines = rows.map(({ what, took, longest, renderer, browser, others }) => [
    what,
    (took / 1_000).toFixed(1),
    `${longest}`,
    `+${renderer}`,
    `+${browser}`,
    `+${others}`,
  ])
  return `By \`npm run bench:small\` on ${date}, Chromium ${chromium}, load average ${load.toFixed(1)}: the peak of what processes have to themselves, beyond what they had before, looked at ten times a second. The server reads each body as it comes, on the same machine,
and has compared the file by its hash. A worker has a chunk of a file in hand at a time; what it has let go of, the collector takes when it sees fit.

${table(head, lines)}
`
}
