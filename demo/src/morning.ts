import type { Order } from './order.ts'
import { queue } from './orders.ts'
import { find, orders } from './page.ts'

const button = find('load-morning', HTMLButtonElement)
const said = find('morning-said', HTMLOutputElement)

/** Lets a person load some hundred orders at once. */
export function enableMorning(): void {
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      said.value = `${orders(await loadMorning())} stored on this device`
    } catch (error) {
      said.value = `Not loaded: ${String(error)}`
    }
    button.disabled = false
  })
}

async function loadMorning(): Promise<number> {
  // A file of the page: the service worker has it, too, when there is no connection.
  const response = await fetch(new URL('../data/morning.json', import.meta.url))
  const morning = (await response.json()) as Order[]
  // In one go: what is enqueued in one tick is stored in one transaction, in this order.
  const receipts = await Promise.all(morning.map((order) => queue.enqueue(order)))
  return receipts.length
}
