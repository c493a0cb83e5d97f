import type { PageFunctions } from '../protocol/functions.ts'

/**
 * The functions of a queue that gives no headers once it is being closed, those neither that it was asked for before: who closes it may have signed out, and what would be given now be
 * the headers of whoever has signed in.
 *
 * @param assertOpen throws where the queue is not open any more.
 */
export function whileOpen(functions: PageFunctions, assertOpen: () => void): PageFunctions {
  return {
    ...functions,
    async headers(unauthorized) {
      assertOpen()
      const entries = await functions.headers(unauthorized)
      assertOpen()
      return entries
    },
  }
}
