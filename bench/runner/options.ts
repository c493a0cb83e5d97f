import { parseArgs } from 'node:util'
import { ROWS, SCALES } from './rows.ts'
import type { Scale } from './rows.ts'

export interface Options {
  readonly scale: Scale
  /** Names of rows; all when empty. */
  readonly only: readonly string[]
  /** Writes the page anew from the last results, and runs nothing. */
  readonly isReport: boolean
}

export const USAGE = `npm run bench -- [options]

  --quick        a few minutes: two rounds, small backlogs
  --full         up to an hour: seven rounds
  --only <row>   only this row, or those whose names begin so; may be given again
                 (${ROWS.map(({ id }) => id).join(', ')}, profile)
  --rounds <n>   so many rounds
  --report       writes docs/performance.md anew from bench/results/latest.json

A run of all rows writes bench/results/latest.json and docs/performance.md; --quick and --only write bench/results/trial.json and print.
`

export function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean' },
      full: { type: 'boolean' },
      report: { type: 'boolean' },
      help: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
    },
  })
  if (values.help) return undefined
  if (values.quick && values.full) throw new Error('Expected one of `--quick` and `--full`, got both')
  const scale = SCALES[values.quick ? 'quick' : values.full ? 'full' : 'default']
  const rounds = Number(values.rounds ?? scale.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`Expected \`--rounds\` to be a number from 1 and up, got ${values.rounds}`)
  return { scale: { ...scale, rounds }, only: values.only ?? [], isReport: values.report ?? false }
}
