/** A listener that throws is reported as any uncaught error is, and keeps nobody else from hearing. */
export function callSafely<Given>(listener: (given: Given) => void, given: Given): void {
  try {
    listener(given)
  } catch (error) {
    // As for an event listener of the platform's own; Node has no reportError.
    ;(globalThis.reportError ?? console.error)(error)
  }
}
