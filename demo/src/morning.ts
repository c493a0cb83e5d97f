import { isQueueError } from 'holdfast'
import type { Order } from './order.ts'
import { queue } from './orders.ts'
import { find, orders } from './page.ts'

const button = find('load-morning', HTMLButtonElement)
const said = find('morning-said', HTMLOutputElement)

/** Lets a person load some hundred orders at once. */
export function enableMorning(failed: (error: unknown) => void): void {
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      said.value = `${orders(await loadMorning())} stored on this device`
    } catch (error) {
      said.value = whyNotLoaded(error)
      if (isQueueError(error)) failed(error)
    }
    button.disabled = false
  })
}

function whyNotLoaded(error: unknown): string {
  if (isQueueError(error) && error.code === 'queue-full') return 'None of them stored: there is not room for all'
  if (isQueueError(error) && error.code === 'host-lost') return 'Perhaps stored, perhaps not: reload this page, and look'
  return `Not loaded: ${String(error)}`
}

async function loadMorning(): Promise<number> {
  // A file of the page: the service worker has it, too, when there is no connection.
  const response = await fetch(new URL('../data/morning.json', import.meta.url))
  const morning = (await response.json()) as Order[]
  // In one go: what is enqueued in one tick is stored in one transaction, in this order.
  const receipts = await Promise.all(morning.map((order) => queue.enqueue(order)))
  return receipts.length
}
