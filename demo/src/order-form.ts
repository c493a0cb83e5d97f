import { isQueueError } from 'holdfast'
import type { Receipt } from 'holdfast'
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
    const order = readOrder(new FormData(form))
    placed += 1
    fill(placed)
    place(order).catch(failed)
  })
}

/** Two steps: what goes wrong in the second does not undo the first. Rejects with what concerns the whole page. */
async function place(order: Order): Promise<void> {
  const { name } = order.customer
  let receipt: Receipt
  try {
    receipt = await queue.enqueue(order)
  } catch (error) {
    say(whyNotStored(error, name))
    throw error
  }
  // From here on the order is on disk: the tab may be closed.
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
  const values = { name, street, district, product, quantity: String(quantity), slot, note }
  for (const [field, value] of Object.entries(values)) {
    const control = form.elements.namedItem(field)
    if (control && 'value' in control) control.value = value
  }
}

function readOrder(data: FormData): Order {
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
  }
}

/** Two hours from a full hour on. */
function slotFrom(from: string): Order['slot'] {
  return { from, to: `${String(Number.parseInt(from, 10) + 2).padStart(2, '0')}:00` }
}

function productName(sku: string): string {
  return form.querySelector(`option[value="${CSS.escape(sku)}"]`)?.textContent ?? sku
}
