import { reportUncaught } from '../message/error.ts'

/** A listener that throws is reported as any uncaught error is, and keeps nobody else from hearing. */
export function callSafely<Given>(listener: (given: Given) => void, given: Given): void {
  try {
    listener(given)
  } catch (error) {
    reportUncaught(error)
  }
}
