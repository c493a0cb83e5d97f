import { isQueueError, QueueError } from '../message/error.ts'
import type { QueueErrorCode } from '../message/error.ts'

/** An error as plain data: Comlink (4.4.2) carries a thrown one over without its `code` and `cause`. */
export interface ErrorData {
  readonly code: QueueErrorCode
  readonly message: string
  readonly cause?: string
}

/** What a call to a host comes back with. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData }

/** Runs a host's verb, so that whatever it throws crosses as data. */
export async function resultOf<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    return { ok: false, error: errorData(error) }
  }
}

/** The other end of {@link resultOf}: the value, or a QueueError that is thrown here. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  const { code, message, cause } = result.error
  throw new QueueError(code, message, cause === undefined ? undefined : { cause: new Error(cause) })
}

function errorData(error: unknown): ErrorData {
  if (!isQueueError(error)) return { code: 'internal', message: String(error) }
  const { code, message, cause } = error
  return cause instanceof Error ? { code, message, cause: `${cause.name}: ${cause.message}` } : { code, message }
}
