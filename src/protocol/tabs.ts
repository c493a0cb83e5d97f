import type { QueueEvent } from '../message/event.ts'

/** What the hosts of one queue tell each other across tabs. Hearsay: the truth is in the database. */
export type TabMessage =
  | { readonly holdfast: 1; readonly events: readonly QueueEvent[] }
  /** To the tab that drains: try now, whatever the backoff; or look at a group that is due now. */
  | { readonly holdfast: 1; readonly command: 'retry-now'; readonly group?: string }
  /** To the tab that drains: cut the attempt at a message short, which was cancelled. At its place: a dead letter that is redriven has another; absent from an earlier release. */
  | { readonly holdfast: 1; readonly command: 'abort'; readonly id: string; readonly sequence?: number }
  /** To the tab that drains: is it there? Something waits, and nothing moves. And its answer. */
  | { readonly holdfast: 1; readonly command: 'are-you-there' | 'here' }

/** The most events that one message between tabs may carry. */
export const MOST_EVENTS = 1_000

/** What each page hears from its own host alone: of another it would be believed to be said of this one. */
const OWN: ReadonlySet<unknown> = new Set<QueueEvent['type']>([
  'host-started',
  'host-lost',
  'leadership-gained',
  'leadership-lost',
  'persist-answered',
  'pool-worker-failed',
  'storage-opened',
  'storage-cleared',
  'storage-lost',
  'storage-restored',
])

/** Whether something heard on the channel is ours, of this version, and of a size to be believed. */
export function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== 'object' || data === null || !('holdfast' in data) || data.holdfast !== 1) return false
  if ('command' in data) return isCommand(data)
  return 'events' in data && Array.isArray(data.events) && data.events.length <= MOST_EVENTS && data.events.every(isEvent)
}

function isCommand({ command, group, id, sequence }: { command: unknown; group?: unknown; id?: unknown; sequence?: unknown }): boolean {
  if (command === 'abort') return typeof id === 'string' && (sequence === undefined || Number.isSafeInteger(sequence))
  if (command === 'retry-now') return group === undefined || typeof group === 'string'
  return command === 'are-you-there' || command === 'here'
}

function isEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string' && !OWN.has(event.type)
}
