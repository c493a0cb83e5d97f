import type { Decision } from '../message/decision.ts'
import type { QueueEvent } from '../message/event.ts'
import type { OutgoingMessage } from '../protocol/host.ts'
import type { DeadRecord } from '../queue/schema.ts'

/** What the others hear of a batch. */
export function newsOf(messages: readonly OutgoingMessage[], decided: readonly Decision[], now: number): QueueEvent[] {
  const decisions = new Map(decided)
  return messages.flatMap(({ id, delay }, offset): QueueEvent[] => {
    const decision = decisions.get(offset)
    if (decision === undefined) return [{ type: 'enqueued', id, ...(delay && { due: now + delay }) }]
    if (decision === 'full' || decision === 'lost') return []
    if ('replaced' in decision) return [{ type: 'replaced', id: decision.replaced, by: id }]
    return decision.isUpdated ? [{ type: 'updated', id: decision.sameAs }] : []
  })
}

/** What the others hear of dead letters that were taken out. */
export function newsOfTaken(type: 'redriven' | 'purged', letters: readonly DeadRecord[]): QueueEvent[] {
  return letters.flatMap(({ id, halts, group }): QueueEvent[] => {
    const resumed: QueueEvent = { type: 'resumed', ...(group !== undefined && { group }) }
    return [{ type, id }, ...(halts ? [resumed] : [])]
  })
}
