import { keepLooking } from '../../src/keep-looking.ts'
import { count, find, setText } from '../../src/page.ts'
import type { Trouble } from './books.ts'
import { showLanes } from './lane-view.ts'
import { isInSequence, readLanes } from './lanes.ts'
import type { Lane } from './lanes.ts'
import { orders, place } from './queue.ts'
import { shop } from './shop.ts'
import { watchStages } from './stages.ts'
import { readTroubles, setTrouble, whenSwitched } from './troubles.ts'
import type { Troubles } from './troubles.ts'
import { work } from './work.ts'

const CUSTOMERS = ['Maeve', 'João', 'Ewa', 'Łukasz']

const said = find('said', HTMLOutputElement)
const stages = watchStages(orders)
let lanes: readonly Lane[] = []
let troubles: Troubles = { declined: new Set(), late: new Set() }

async function look(): Promise<void> {
  lanes = await readLanes(orders, CUSTOMERS)
  await lookAtTroubles()
}

async function lookAtTroubles(): Promise<void> {
  troubles = await readTroubles()
  show()
}

function show(): void {
  showLanes(lanes, stages, troubles)
  const check = find('check', HTMLElement)
  const isGood = lanes.every(isInSequence)
  check.dataset['passed'] = String(isGood)
  setText(check, isGood ? 'Each customer in sequence, each order once' : 'Not in sequence')
  setText(find('shipped', HTMLElement), count(lanes.reduce((all, { shipped }) => all + shipped.length, 0)))
}

/** What the buttons in a lane do. */
const acts: Readonly<Record<string, (customer: string, button: HTMLButtonElement) => Promise<unknown>>> = {
  place: (customer) => place(customer, 1),
  redrive: (customer) => settle(customer, (id) => orders.redrive([id])),
  purge: (customer) => settle(customer, (id) => orders.purge([id])),
  trouble: (customer, button) => toggle(customer, button.dataset['trouble'] as Trouble),
}

async function settle(customer: string, act: (id: string) => Promise<unknown>): Promise<void> {
  const letter = lanes.find((lane) => lane.customer === customer)?.haltedBy
  if (letter) await act(letter.id)
}

async function toggle(customer: string, trouble: Trouble): Promise<void> {
  const isSo = !troubles[trouble].has(customer)
  await setTrouble(customer, trouble, isSo)
  await lookAtTroubles()
  // The courier is here: no need to wait for the next attempt.
  if (trouble === 'late' && !isSo) await orders.retryNow({ group: customer })
}

function fail(error: unknown): void {
  setText(said, error instanceof Error ? error.message : String(error))
}

find('lanes', HTMLElement).addEventListener('click', ({ target }) => {
  if (target instanceof HTMLButtonElement) acts[target.name]?.(target.value, target).catch(fail)
})
find('all', HTMLButtonElement).addEventListener('click', () => {
  Promise.all(CUSTOMERS.map((customer) => place(customer, 3))).catch(fail)
})
whenSwitched(() => void lookAtTroubles().catch(fail))
work(shop)
keepLooking(orders, look, fail)
