import type { QueueEvent } from '../message/event.ts'

/** A listener that throws is reported as any uncaught error is, and keeps nobody else from hearing. */
export function callSafely(listener: (event: QueueEvent) => void, event: QueueEvent): void {
  try {
    listener(event)
  } catch (error) {
    // As for an event listener of the platform's own; Node has no reportError.
    ;(globalThis.reportError ?? console.error)(error)
  }
}
