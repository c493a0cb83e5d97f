import { whyDead } from './dead-rows.ts'
import type { GroupGlance } from './groups-glance.ts'
import type { Order } from './order.ts'
import { waitingRow } from './order-rows.ts'
import { queue } from './orders.ts'
import { count, find, setText } from './page.ts'
import { fillButtons, fillPart, showMore, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'

const list = find('ready-rows', HTMLUListElement)

/** Who was shown where: a customer who is paused must not jump from under the hand. */
let places: readonly string[] = []

/** What waits, and what is next in line, by customer. */
export function showWaiting(ready: number, inLine: number, groups: readonly GroupGlance<Order>[]): void {
  const placeOf = ({ group }: GroupGlance<Order>): number => (places.includes(group) ? places.indexOf(group) : places.length)
  const placed = groups.toSorted((one, other) => placeOf(one) - placeOf(other))
  places = placed.map(({ group }) => group)
  showRows(list, placed, customerRow)
  const section = find('ready', HTMLElement)
  showMore(section, ready + inLine, Math.min(ready + inLine, sum(groups)))
  section.toggleAttribute('data-empty', groups.length === 0)
  setText(find('depth-ready', HTMLElement), count(ready))
}

/** Lets a person hold a customer, or decide about an order that has halted one. */
export function enableCustomers(failed: (error: unknown) => void): void {
  list.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLButtonElement) act(target)?.catch(failed)
  })
}

function act({ name, value }: HTMLButtonElement): Promise<unknown> | undefined {
  switch (name) {
    case 'hold':
      return queue.pause({ group: value })
    case 'go-on':
    case 'skip':
      return queue.resume({ group: value })
    case 'retry':
      return queue.redrive([value])
    case 'delete':
      return queue.purge([value])
    default:
      return undefined
  }
}

const customerRow: RowKind<GroupGlance<Order>> = {
  template: 'customer-row',
  keyOf: ({ group }) => group,
  fill(row, { group, messages, total, isPaused, isHalted, haltedBy }) {
    const { name, language } = messages[0]?.body.customer ?? haltedBy?.body?.customer ?? { name: group, language: undefined }
    fillPart(row, 'title', name)?.setAttribute('lang', language ?? '')
    fillPart(row, 'tag', isHalted ? 'halted' : isPaused ? 'paused' : '')
    row.dataset['state'] = isHalted ? 'halted' : isPaused ? 'paused' : 'going'
    fillPart(row, 'why', isHalted ? whyHalted(haltedBy) : '')
    const hold = row.querySelector<HTMLButtonElement>(':scope > .row-head button')
    // One button for both, so that the focus stays on it.
    if (hold) hold.name = isPaused ? 'go-on' : 'hold'
    showButton(row, 'hold', !isHalted)
    setText(hold, isPaused ? 'Resume' : 'Pause')
    for (const act of ['retry', 'delete']) showButton(row, act, haltedBy !== undefined)
    showButton(row, 'skip', isHalted)
    fillButtons(row, ':scope > .row-head button, [name="skip"]', group, name)
    fillButtons(row, '[name="retry"], [name="delete"]', haltedBy?.id ?? '', `the order that halts ${name}`)
    const orders = row.querySelector('ul')
    if (orders) showRows(orders, messages, waitingRow)
    fillPart(row, 'more', total > messages.length ? `and ${count(total - messages.length)} more` : '')
  },
}

function whyHalted(letter: GroupGlance<Order>['haltedBy']): string {
  return `An order before these was put aside${letter ? `: ${whyDead(letter)}` : ''}`
}

function showButton(row: HTMLElement, name: string, isShown: boolean): void {
  const button = row.querySelector<HTMLButtonElement>(`button[name="${name}"]`)
  if (button) button.hidden = !isShown
}

function sum(groups: readonly GroupGlance<Order>[]): number {
  return groups.reduce((all, { total }) => all + total, 0)
}
