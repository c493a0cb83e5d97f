import { count, find, setText } from '../../src/page.ts'
import { fillPart, showRows } from '../../src/rows.ts'
import type { RowKind } from '../../src/rows.ts'
import type { Lane } from './lanes.ts'
import type { Stage } from './stages.ts'
import type { Trouble } from './books.ts'
import type { Troubles } from './troubles.ts'

/** How many are shown of those that wait, and of those that were shipped. */
const CHIPS = 8

/** A customer's lane, where the first of it is, and what goes wrong. */
interface Seen extends Lane {
  readonly stage: Stage | 'halted' | undefined
  readonly troubles: Troubles
}

interface Chip {
  readonly number: number
  readonly state: Stage | 'halted' | 'waiting' | 'shipped'
}

export function showLanes(lanes: readonly Lane[], stages: ReadonlyMap<string, Stage>, troubles: Troubles): void {
  const seen = lanes.map((lane): Seen => {
    const first = lane.waiting[0]
    return { ...lane, troubles, stage: lane.haltedBy ? 'halted' : first && stages.get(first.id) }
  })
  showRows(find('lanes', HTMLElement), seen, laneRow)
}

const laneRow: RowKind<Seen> = {
  template: 'lane',
  keyOf: ({ customer }) => customer,
  fill(row, lane) {
    const { customer, haltedBy, stage, troubles } = lane
    row.dataset['stage'] = stage ?? 'idle'
    fillPart(row, 'customer', customer)
    fillPart(row, 'why', whyHeldUp(lane))
    for (const button of row.querySelectorAll('button')) {
      button.value = customer
      button.setAttribute('aria-label', `${button.textContent}: ${customer}`)
      const trouble = button.dataset['trouble'] as Trouble | undefined
      if (trouble) button.setAttribute('aria-checked', String(troubles[trouble].has(customer)))
    }
    const decide = row.querySelector<HTMLElement>('.decide')
    if (decide) decide.hidden = !haltedBy
    fillTrack(row, lane)
  },
}

function fillTrack(row: HTMLElement, { waiting, shipped, haltedBy, stage }: Seen): void {
  const first = haltedBy?.body ?? (stage ? waiting[0] : undefined)
  const behind = haltedBy || !stage ? waiting : waiting.slice(1)
  // The next one stands next to the first stage.
  showChips(
    row,
    'waiting',
    behind
      .slice(0, CHIPS)
      .map(({ number }): Chip => ({ number, state: 'waiting' }))
      .toReversed(),
  )
  for (const [place, here] of [
    ['charge', stage === 'charge' || stage === 'halted'],
    ['pack', stage === 'pack'],
    ['ship', stage === 'ship' || stage === 'late'],
  ] as const) {
    showChips(row, place, first && stage && here ? [{ number: first.number, state: stage }] : [])
  }
  showChips(
    row,
    'shipped',
    shipped
      .slice(-CHIPS)
      .toReversed()
      .map(({ number }): Chip => ({ number, state: 'shipped' })),
  )
  fillPart(row, 'waiting-count', count(behind.length))
  fillPart(row, 'shipped-count', count(shipped.length))
}

function showChips(row: HTMLElement, place: string, chips: readonly Chip[]): void {
  const list = row.querySelector<HTMLElement>(`[data-chips="${place}"]`)
  if (list) showRows(list, chips, chipRow)
}

const chipRow: RowKind<Chip> = {
  template: 'chip',
  keyOf: ({ number }) => String(number),
  fill(row, { number, state }) {
    row.dataset['state'] = state
    setText(row, String(number))
  },
}

function whyHeldUp({ haltedBy, waiting, stage }: Seen): string {
  if (haltedBy?.body) return `Halted: no. ${haltedBy.body.number}, ${haltedBy.excerpt.toLowerCase()}`
  if (stage === 'late') return `No. ${waiting[0]?.number}: the courier has not come; it is tried again`
  return ''
}
