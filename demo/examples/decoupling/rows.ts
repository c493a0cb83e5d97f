import { timeOf } from '../../src/page.ts'
import { fillPart } from '../../src/rows.ts'
import type { RowKind } from '../../src/rows.ts'
import type { Entry, Sighting } from './queue.ts'

/** How many of a list are shown. */
export const ROWS = 48

export const sightingRow: RowKind<Sighting> = {
  template: 'sighting-row',
  keyOf: ({ number }) => String(number),
  fill: fillSighting,
}

export const entryRow: RowKind<Entry> = {
  template: 'entry-row',
  keyOf: ({ number }) => String(number),
  fill(row, entry) {
    fillSighting(row, entry)
    fillPart(row, 'entered', `entered ${timeOf(entry.enteredAt)}`)
  },
}

function fillSighting(row: HTMLElement, { number, ship, course, seenAt }: Sighting): void {
  fillPart(row, 'number', `no. ${number}`)
  fillPart(row, 'title', ship)
  fillPart(row, 'tag', `heading ${course}`)
  fillPart(row, 'seen', timeOf(seenAt))
}
