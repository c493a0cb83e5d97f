import type { QueueError } from '../message/error.ts'
import type { HostApi } from '../protocol/host.ts'
import type { Result } from '../protocol/result.ts'

/** Asks a host for something, by what else is known. */
export type Ask<T, Known extends unknown[] = []> = (api: HostApi, ...known: Known) => Promise<Result<T>>

/** A question that the host has not answered. */
export interface Waiting {
  readonly ask: (host: HostApi) => void
  readonly reject: (error: QueueError) => void
  /** Of how many hosts it was asked. */
  asked: number
}

export function askOf(host: HostApi, waiting: Waiting): void {
  waiting.asked += 1
  waiting.ask(host)
}
