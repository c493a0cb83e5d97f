import { deadRow } from './dead-rows.ts'
import type { Deliveries } from './deliveries.ts'
import type { Glance } from './glance.ts'
import { delayedRow, deliveredRow, leasedRow } from './order-rows.ts'
import type { Order } from './order.ts'
import { CAPACITY } from './orders.ts'
import { count, find, setText } from './page.ts'
import { showMore, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'
import { showWaiting } from './waiting-list.ts'

/** What waits, what is under way and what is dead: read from the queue. */
export function showLists({ depth, underWay, groups, delayed, dead }: Glance<Order>): void {
  showUnderWay(depth.leased, underWay)
  showWaiting(depth.ready, Math.max(0, depth.leased - underWay.length), groups)
  showList('delayed', depth.delayed, delayed, delayedRow)
  showList('dead', depth.dead, dead, deadRow)
  find('dead-actions', HTMLElement).hidden = depth.dead === 0
  showFullness(depth.ready + depth.leased + depth.delayed)
}

function showUnderWay(leased: number, underWay: Glance<Order>['underWay']): void {
  showRows(find('leased-rows', HTMLUListElement), underWay, leasedRow)
  find('leased', HTMLElement).toggleAttribute('data-empty', underWay.length === 0)
  setText(find('depth-leased', HTMLElement), count(leased))
  const inLine = leased - underWay.length
  setText(find('in-line', HTMLElement), inLine > 0 ? `${count(inLine)} more ${inLine === 1 ? 'is' : 'are'} next in line` : '')
}

export function showDelivered({ total, last, whileAway }: Deliveries): void {
  showList('delivered', total, last, deliveredRow)
  setText(find('while-away', HTMLElement), whileAway)
}

function showList<T>(name: string, total: number, shown: readonly T[], kind: RowKind<T>): void {
  showRows(find(`${name}-rows`, HTMLUListElement), shown, kind)
  showMore(find(name, HTMLElement), total, shown.length)
  setText(find(`depth-${name}`, HTMLElement), count(total))
}

function showFullness(taken: number): void {
  const meter = find('fullness', HTMLMeterElement)
  meter.max = CAPACITY
  meter.high = CAPACITY * 0.8
  meter.value = taken
  setText(find('fullness-said', HTMLElement), `${count(taken)} of ${count(CAPACITY)}`)
}
