import { queueForm } from 'holdfast/form'
import type { Deliveries } from './deliveries.ts'
import type { Glance } from './glance.ts'
import type { Order } from './order.ts'
import { summaryOf } from './order.ts'
import { proofs } from './orders.ts'
import { find } from './page.ts'
import { drawPicture } from './picture.ts'

const form = find('proof-form', HTMLFormElement)
const chooser = find('proof-photo', HTMLInputElement)
const preview = find('proof-preview', HTMLCanvasElement)
const known = find('proof-orders', HTMLDataListElement)

/** Lets a person hand in a photograph: chosen or taken, dropped onto the page, or pasted. The form does the rest, also when it comes back. */
export function enableProofForm(): void {
  queueForm(form, proofs, {
    // The server answers 2xx; a redirect would be somebody else's.
    redirects: 'retry',
    status: find('proof-said', HTMLOutputElement),
    words: {
      storing: 'Being stored',
      stored: 'Stored on this device. It goes out when there is a connection',
      sent: 'Delivered',
      refused: 'The server will not take it. Mend it, and hand it in again',
      undelivered: 'It could not be delivered. Look at it, and hand it in again',
      failed: 'Not stored: it is still in this form',
    },
  })
  // As the form is sent: what the server hears is when that was, and not when it arrived.
  form.addEventListener('formdata', ({ formData }) => formData.set('takenAt', new Date().toISOString()))
  chooser.addEventListener('change', showChosen)
  // The form empties itself once it is stored, and fills itself with what was refused.
  new MutationObserver(showChosen).observe(form, { attributeFilter: ['data-holdfast'] })
  form.addEventListener('reset', () => setTimeout(showChosen))
  acceptFiles()
  showChosen()
}

/** Orders to choose from, by what a driver would call them: those that wait on this device, and those that were delivered last. */
export function offerOrders(glance: Glance<Order> | undefined, deliveries: Deliveries | undefined): void {
  const waiting = glance ? [...glance.underWay, ...glance.groups.flatMap(({ messages }) => messages)] : []
  const names = [
    ...waiting.map(({ body }) => `${body.customer.name}, ${summaryOf(body)}`),
    ...(deliveries?.last ?? []).map(({ called }) => called),
  ]
  const wanted = [...new Set(names)]
  const offered = Array.from(known.options, ({ value }) => value)
  // An open list would close.
  if (wanted.join('\n') !== offered.join('\n')) known.replaceChildren(...wanted.map((name) => new Option('', name)))
}

function showChosen(): void {
  const [file] = chooser.files ?? []
  form.dataset['photo'] = file ? 'chosen' : 'none'
  void drawPicture(preview, file)
}

/** What is dropped anywhere on the page, or pasted: a browser would leave the page for it. */
function acceptFiles(): void {
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    form.toggleAttribute('data-over', true)
  })
  document.addEventListener('dragleave', () => form.toggleAttribute('data-over', false))
  document.addEventListener('drop', (event) => {
    form.toggleAttribute('data-over', false)
    if (choose(event.dataTransfer)) event.preventDefault()
  })
  document.addEventListener('paste', (event) => {
    // Some programs copy a picture of the text as well.
    const isText = event.clipboardData?.types.includes('text/plain')
    if (!isText && choose(event.clipboardData)) event.preventDefault()
  })
}

/** Puts the first file into the form, as if a person had chosen it there. */
function choose(given: DataTransfer | null): boolean {
  const [file] = given?.files ?? []
  if (!file) return false
  const chosen = new DataTransfer()
  chosen.items.add(file)
  chooser.files = chosen.files
  showChosen()
  return true
}
