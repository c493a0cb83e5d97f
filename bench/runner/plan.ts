import { CONTENDERS } from './contenders.ts'
import type { Contender } from './contenders.ts'
import { ROWS } from './rows.ts'
import type { Row, Scale } from './rows.ts'

/** What is run once in each round. */
export interface Planned {
  readonly row: Row
  readonly contender: Contender
}

/** All cells of a round: row by row, so that those that are compared stand next to each other. */
export function plan(scale: Scale, only: readonly string[]): Planned[] {
  return rowsOf(only).flatMap((row) =>
    CONTENDERS.filter((contender) => takesPart(contender, row, scale)).map((contender) => ({ row, contender })),
  )
}

export function takesPart(contender: Contender, row: Row, scale: Scale): boolean {
  return row.needs.every((need) => contender.has.includes(need)) && row.isIn(contender, scale)
}

/** The rows with these names, or whose names begin so; all when there are none. */
export function rowsOf(only: readonly string[]): Row[] {
  const rows = ROWS.filter(({ id }) => only.length === 0 || only.some((name) => id === name || id.startsWith(`${name}-`)))
  if (rows.length === 0 && !only.includes('profile'))
    throw new Error(`Expected \`--only\` to name a row: ${ROWS.map(({ id }) => id).join(', ')}`)
  return rows
}

/** The cells in the order of this round: each begins with another contender, so that none is always first. */
export function inOrderOfRound(cells: readonly Planned[], round: number): Planned[] {
  const rows = new Map<string, Planned[]>()
  for (const cell of cells) rows.set(cell.row.id, [...(rows.get(cell.row.id) ?? []), cell])
  return [...rows.values()].flatMap((row) => {
    const start = round % row.length
    return [...row.slice(start), ...row.slice(0, start)]
  })
}
