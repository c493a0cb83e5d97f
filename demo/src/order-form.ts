import { isQueueError } from 'holdfast'
import type { EnqueueOptions, Receipt } from 'holdfast'
import { learnCustomer } from './customers.ts'
import { isConfirmation } from './order.ts'
import type { Order } from './order.ts'
import { queue } from './orders.ts'
import { count, find } from './page.ts'
import { suggestionAt } from './suggestions.ts'

const form = find('order-form', HTMLFormElement)
const said = find('order-said', HTMLOutputElement)

/** Lets a person place orders. */
export function enableForm(failed: (error: unknown) => void): void {
  let placed = 0
  fill(placed)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const data = new FormData(form)
    const options = readOptions(data)
    const order = readOrder(data, options)
    placed += 1
    fill(placed)
    place(order, options).catch(failed)
  })
}

/** Two steps: what goes wrong in the second does not undo the first. Rejects with what concerns the whole page. */
async function place(order: Order, options: EnqueueOptions): Promise<void> {
  const { name } = order.customer
  let receipt: Receipt
  try {
    receipt = await queue.enqueue(order, options)
  } catch (error) {
    say(whyNotStored(error, name))
    throw error
  }
  learnCustomer(receipt.id, name)
  // From here on the order is on disk: the tab may be closed.
  form.dataset['stored'] = String(Number(form.dataset['stored'] ?? 0) + 1)
  say(`Stored on this device: ${name}`)
  await follow(receipt, name)
}

/** What becomes of an order, as long as this page is open to hear it. */
async function follow(receipt: Receipt, name: string): Promise<void> {
  try {
    const { body } = await receipt.delivered
    say(isConfirmation(body) ? `Delivered as no. ${count(body.number)}: ${name}` : `Delivered: ${name}`)
  } catch (error) {
    if (isQueueError(error) && error.code === 'dead-lettered')
      return say(`The server will not take this order: ${name}. It is kept among the dead letters`)
    if (isQueueError(error) && error.code === 'cancelled') return say(`Taken out of the queue: ${name}`)
    if (isQueueError(error) && error.code === 'storage-cleared')
      return say(`Gone with this site’s data: ${name}. Perhaps it was delivered before, perhaps not`)
    say(`Stored on this device: ${name}. This page will not hear the server’s answer`)
    throw error
  }
}

function whyNotStored(error: unknown, name: string): string {
  if (!isQueueError(error)) return `Not stored: ${name}. ${String(error)}`
  switch (error.code) {
    case 'storage-full':
      return `Not stored, there is no space left on this device: ${name}`
    case 'queue-full':
      return `Not stored, as many orders wait as this device is to keep: ${name}`
    case 'host-lost':
      return `Perhaps stored, perhaps not: ${name}. Reload this page, and look for it before you place it again`
    default:
      return `Not stored: ${name}. ${error.message}`
  }
}

function say(text: string): void {
  said.value = text
}

function fill(placed: number): void {
  const { name, street, district, product, quantity, slot, note } = suggestionAt(placed)
  const values = { name, street, district, product, quantity: String(quantity), slot, note, delay: '0', ttl: '' }
  for (const [field, value] of Object.entries(values)) {
    const control = form.elements.namedItem(field)
    if (control && 'value' in control) control.value = value
  }
}

/** What holds for this order alone. An offer is as long as the driver says, from when it is sent. */
function readOptions(data: FormData): EnqueueOptions {
  const delay = Number(data.get('delay'))
  const valid = Number(data.get('ttl'))
  return { delay, ...(valid > 0 && { ttl: delay + valid }) }
}

function readOrder(data: FormData, { ttl }: EnqueueOptions): Order {
  const text = (field: string): string => {
    const value = data.get(field)
    return typeof value === 'string' ? value.trim() : ''
  }
  const note = text('note')
  return {
    customer: { name: text('name') },
    address: { street: text('street'), district: text('district') },
    slot: slotFrom(text('slot')),
    lines: [{ sku: text('product'), name: productName(text('product')), quantity: Number(text('quantity')) }],
    payment: { kind: 'paid' },
    ...(note && { note }),
    ...(ttl !== undefined && { offerUntil: new Date(Date.now() + ttl).toISOString() }),
  }
}

/** Two hours from a full hour on. */
function slotFrom(from: string): Order['slot'] {
  return { from, to: `${String(Number.parseInt(from, 10) + 2).padStart(2, '0')}:00` }
}

function productName(sku: string): string {
  return form.querySelector(`option[value="${CSS.escape(sku)}"]`)?.textContent ?? sku
}
