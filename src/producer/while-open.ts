import type { QueueError } from '../message/error.ts'
import type { PageFunctions } from '../protocol/functions.ts'

/**
 * The functions of a queue that gives no headers once it is being closed, those neither that it was asked for before: who closes it may have signed out, and what would be given now be
 * the headers of whoever has signed in.
 *
 * @param ended why it is not open any more.
 */
export function whileOpen(functions: PageFunctions, ended: () => QueueError | undefined): PageFunctions {
  const assertOpen = (): void => {
    const error = ended()
    if (error) throw error
  }
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
