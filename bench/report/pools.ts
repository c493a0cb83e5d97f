import { table } from './numbers.ts'

/** What `results/consumers.json` holds: what `npm run bench:small` has measured. */
export interface Pools {
  readonly date: string
  readonly chromium: string
  /** The load average as it ended. */
  readonly load: number
  readonly rows: readonly {
    readonly what: string
    readonly cores: number
    /** Messages a second, by the size of the pool. */
    readonly rates: readonly { readonly size: number; readonly rate: number }[]
  }[]
}

export function pools({ date, chromium, load, rows }: Pools): string {
  const head = ['messages a second, by a pool of', ...rows[0]!.rates.map(({ size }) => `${size}`)]
  const lines = rows.map(({ what, rates }) => [what, ...rates.map(({ rate }) => `${rate}`)])
  return `By \`npm run bench:small\` on ${date}, Chromium ${chromium}, ${rows[0]!.cores} cores, load average ${load.toFixed(1)}: \`order: 'none'\`, medians of three interleaved rounds, from \`resume()\` to \`idle()\`. A handler that computes is busy
by the clock, not by its own time, so that more workers than cores gain as well. Where handlers do nothing, the one tab that hands messages out is the limit.

${table(head, lines)}
`
}
