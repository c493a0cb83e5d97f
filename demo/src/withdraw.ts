import type { Cancellation } from 'holdfast'
import { customerOf } from './customers.ts'
import { queue } from './orders.ts'
import { find } from './page.ts'

const said = find('queue-said', HTMLOutputElement)

/** How long it stands there, in milliseconds; what happened can be read in the list of events as well. */
const SHOWN = 10_000

/** What became of orders that were to be cancelled: their events know more than the call's answer. */
const heard = new Map<string, string>()
/** The one that is spoken of. */
let spokenOf: { readonly id: string; readonly abort: boolean } | undefined
let fading: ReturnType<typeof setTimeout> | undefined

/** Lets a person cancel what waits, and abort what is under way; says what came of it, no more than is known. */
export function enableWithdrawal(failed: (error: unknown) => void): void {
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return
    if (target.name === 'cancel') withdraw(target.value, false).catch(failed)
    if (target.name === 'abort') withdraw(target.value, true).catch(failed)
  })
  queue.subscribe((event) => {
    if (event.type === 'cancelled') tell(event.id, event.maybeDelivered ? perhapsDelivered() : 'Cancelled, it was not sent')
    if (event.type === 'accepted') tell(event.id, 'Too late, the server has taken it')
    if (event.type === 'dead-lettered') tell(event.id, 'Too late, it is among the dead letters')
  })
}

async function withdraw(id: string, abort: boolean): Promise<void> {
  spokenOf = { id, abort }
  heard.clear()
  const answer = await queue.cancel(id, { abort })
  if (spokenOf.id === id) say(id, heard.get(id) ?? ANSWERS[answer])
}

const ANSWERS: Readonly<Record<Cancellation, string>> = {
  cancelled: 'Cancelled',
  aborted: 'Aborted, the server may have it',
  leased: 'Too late, it is under way',
  unknown: 'Too late, it has left the queue',
}

/** What waits may have been sent before, and not been answered. */
function perhapsDelivered(): string {
  return spokenOf?.abort ? ANSWERS.aborted : 'Cancelled, the server may have it'
}

function tell(id: string, text: string): void {
  if (spokenOf?.id !== id) return
  heard.set(id, text)
  say(id, text)
}

function say(id: string, text: string): void {
  said.value = `${text}: ${customerOf(id)}`
  clearTimeout(fading)
  fading = setTimeout(() => (said.value = ''), SHOWN)
}
