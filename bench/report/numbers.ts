import { spread } from '../runner/statistics.ts'
import type { Spread } from '../runner/statistics.ts'
import type { Measured, Results } from '../runner/results.ts'

/** Finds figures in the results. */
export class Numbers {
  readonly results: Results
  readonly #cells: ReadonlyMap<string, Measured>

  constructor(results: Results) {
    this.results = results
    this.#cells = new Map(results.cells.map((cell) => [`${cell.row}/${cell.contender}`, cell]))
  }

  cell(row: string, contender: string): Measured | undefined {
    return this.#cells.get(`${row}/${contender}`)
  }

  /** What the rounds gave, by round. */
  rounds(row: string, contender: string, figure: string): Map<number, number> {
    const found = new Map<number, number>()
    for (const { round, figures } of this.cell(row, contender)?.rounds ?? []) {
      const value = figures?.[figure]
      if (value !== undefined) found.set(round, value)
    }
    return found
  }

  spread(row: string, contender: string, figure: string): Spread | undefined {
    return spread([...this.rounds(row, contender, figure).values()])
  }

  /** One figure as a multiple of the largest of others, round by round; theirs may be of another row. */
  ratio(row: string, contender: string, others: readonly string[], figure: string, theirs: string = row): Spread | undefined {
    const against = others.map((other) => this.rounds(theirs, other, figure))
    const ratios: number[] = []
    for (const [round, value] of this.rounds(row, contender, figure)) {
      const best = Math.max(...against.map((rounds) => rounds.get(round) ?? -Infinity))
      if (Number.isFinite(best)) ratios.push(value / best)
    }
    return spread(ratios)
  }

  /** The difference of a figure between two rows, round by round. */
  difference(row: string, from: string, contender: string, figure: string): Spread | undefined {
    const before = this.rounds(from, contender, figure)
    const differences: number[] = []
    for (const [round, value] of this.rounds(row, contender, figure)) {
      if (before.has(round)) differences.push(value - before.get(round)!)
    }
    return spread(differences)
  }
}

export function shown(found: Spread | undefined, digits = 0): string | undefined {
  if (!found) return undefined
  const text = (value: number): string =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: true })
  const { median, least, most, rounds } = found
  return rounds === 1 ? text(median) : `${text(median)} (${text(least)} to ${text(most)})`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, i) => (i === 0 ? '---' : '--:'))
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
