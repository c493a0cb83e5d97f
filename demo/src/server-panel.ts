import { count, find, setText } from './page.ts'
import { fillPart, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'
import { setSwitch } from './server-link.ts'
import { showServerProofs } from './server-proofs.ts'
import type { Arrival, ArrivalOutcome, Figures, ServerState, Switches } from './server-state.ts'
import { customers } from './suggestions.ts'

const panel = find('server', HTMLElement)
const switches = Array.from(panel.querySelectorAll<HTMLButtonElement>('[role="switch"]'))
const refused = find('refused', HTMLSelectElement)

/** Lets a person set the server's switches; what they show is what the server says. */
export function enableSwitches(): void {
  for (const button of switches) {
    button.addEventListener('click', async () => {
      const isOn = button.getAttribute('aria-checked') === 'true'
      await setSwitch({ [button.name]: !isOn }).catch(showServerLost)
    })
  }
  for (const name of customers) refused.add(new Option(name, name))
  refused.addEventListener('change', () => setSwitch({ refused: refused.value }).catch(showServerLost))
}

export function showServer({ switches: state, figures, arrivals, note, proofs, file }: ServerState): void {
  panel.dataset['link'] = 'up'
  for (const button of switches) button.setAttribute('aria-checked', String(state[button.name as keyof Switches]))
  refused.value = state.refused
  setText(find('server-note', HTMLElement), note.text === '' ? 'None yet' : note.text)
  setText(find('note-arrivals', HTMLElement), count(note.arrivals))
  setText(find('server-link', HTMLElement), state.away ? 'Away: orders are cut off' : `Writes orders to ${file}`)
  showServerProofs(proofs)
  showFigures(figures)
  showRows(find('arrival-rows', HTMLOListElement), arrivals, arrivalRow)
}

export function showServerLost(): void {
  panel.dataset['link'] = 'down'
  setText(find('server-link', HTMLElement), 'Cannot be reached from this page')
}

function showFigures(figures: Figures): void {
  for (const element of panel.querySelectorAll<HTMLElement>('[data-figure]')) {
    setText(element, count(figures[element.dataset['figure'] as keyof Figures]))
  }
  showCheck('check-order', figures.outOfOrder === 0, 'Each customer in order', `${count(figures.outOfOrder)} out of order`)
  showCheck('check-once', figures.handledTwice === 0, 'Each one once', `${count(figures.handledTwice)} more than once`)
}

function showCheck(id: string, isPassed: boolean, good: string, bad: string): void {
  const check = find(id, HTMLElement)
  check.dataset['passed'] = String(isPassed)
  setText(check, isPassed ? good : bad)
}

const arrivalRow: RowKind<Arrival> = {
  template: 'arrival-row',
  keyOf: ({ arrival }) => String(arrival),
  fill(row, arrival) {
    const { sequence, customer, outcome, isAnswerLost } = arrival
    fillPart(row, 'sequence', sequence === undefined ? '' : `#${sequence}`)
    fillPart(row, 'title', customer ?? 'An order')
    fillPart(row, 'tag', whatBecameOf(arrival))
    row.dataset['outcome'] = isAnswerLost ? 'lost' : outcome
  },
}

function whatBecameOf({ outcome, number, isAnswerLost }: Arrival): string {
  const parts = [outcome && OUTCOMES[outcome], number && `no. ${count(number)}`, isAnswerLost && 'answer lost']
  return parts.filter(Boolean).join(' · ')
}

const OUTCOMES: Readonly<Record<ArrivalOutcome, string>> = {
  accepted: 'taken in',
  repeat: 'repeat',
  rejected: '422',
  unauthorized: '401',
  failed: '500',
  'in-progress': '409',
}
