import type { QueueEvent } from 'holdfast'
import { REASONS } from './activity.ts'
import { customerOf } from './customers.ts'
import { timeOf } from './page.ts'

type Words = { readonly [Type in QueueEvent['type']]?: (event: QueueEvent & { type: Type }) => string }

/** What happened, for people. What is not in here is shown elsewhere, or happens with each order. */
const WORDS: Words = {
  enqueued: ({ id, due }) => `Stored: ${customerOf(id)}${due === undefined ? '' : `, to be sent at ${timeOf(due)}`}`,
  joined: ({ id }) => `Its time has come: ${customerOf(id)}`,
  updated: ({ id }) => `Changed before it was sent: ${customerOf(id)}`,
  replaced: ({ id }) => `Replaced by a newer one: ${customerOf(id)}`,
  leased: ({ id, attempt }) => (attempt > 1 ? `Attempt ${attempt}: ${customerOf(id)}` : ''),
  accepted: ({ id }) => `Delivered: ${customerOf(id)}`,
  cancelled: ({ id, maybeDelivered }) => `Cancelled${maybeDelivered ? ', the server may have it' : ''}: ${customerOf(id)}`,
  'retry-scheduled': ({ id, reason, due }) => `${REASONS[reason]}, again at ${timeOf(due)}: ${customerOf(id)}`,
  'dead-lettered': ({ id, reason, status }) => `${reason === 'expired' ? 'Expired' : `Put aside, answer ${status}`}: ${customerOf(id)}`,
  halted: ({ id, group }) => `Halted until you decide: ${group ?? customerOf(id)}`,
  suspected: ({ id }) => `Never answered, while others are: ${customerOf(id)}`,
  redriven: ({ id }) => `Tried once more: ${customerOf(id)}`,
  purged: ({ id }) => `Deleted from the dead letters: ${customerOf(id)}`,
  paused: ({ group }) => `Paused${group === undefined ? '' : `: ${group}`}`,
  resumed: ({ group }) => `Goes on${group === undefined ? '' : `: ${group}`}`,
  emptied: () => 'Nothing waits any more',
  unauthorized: () => 'The server does not know who we are',
  'endpoint-failed': ({ due }) => `The server fails for everyone: left alone until ${timeOf(due)}`,
  'endpoint-recovered': () => 'The server answers again',
  'headers-failed': ({ message }) => `No headers: ${message}`,
  'storage-failed': ({ message }) => `The storage failed: ${message}`,
  'storage-full': () => 'There is no space left on this device',
  'storage-lost': () => 'The storage does not answer',
  'storage-restored': () => 'The storage answers again',
  'storage-cleared': () => 'This site’s data was cleared',
  'host-started': ({ host, storage }) => {
    if (storage === 'memory') return 'The queue keeps its messages in memory: they are gone with this page'
    return host === 'in-place' ? 'The queue runs in this page' : 'The queue’s worker has started'
  },
  'host-lost': () => 'The queue’s worker has died; another takes its place',
  'leadership-gained': () => 'This tab delivers from now on',
  'leadership-lost': () => 'Another tab delivers from now on',
}

/** @returns nothing for what is no news */
export function inWords(event: QueueEvent): string {
  const words = WORDS[event.type] as ((event: QueueEvent) => string) | undefined
  return words?.(event) ?? ''
}
