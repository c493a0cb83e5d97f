import type { Setup } from '../protocol/host.ts'
import type { BurstHeaders } from './burst-headers.ts'
import type { QueueTime } from './queue-time.ts'
import type { Transport } from './transport.ts'

export interface AskEndpointOptions {
  readonly transport: Transport
  readonly headers: BurstHeaders
  readonly setup: () => Setup
  readonly time: QueueTime
  readonly signal: AbortSignal
}

/**
 * Asks the endpoint for a sign of life, and for the time. Where its answer says no time that can be read, the device's clock is believed.
 *
 * @returns whether it answers; `undefined` where it could not be asked.
 */
export async function askEndpoint({ transport, headers, setup, time, signal }: AskEndpointOptions): Promise<boolean | undefined> {
  const current = setup()
  const entries = await headers.get(current)
  if (!entries || signal.aborted) return undefined
  const { answered, date } = await transport.askTime(current, entries, signal)
  if (!answered) return signal.aborted ? undefined : false
  if (date === undefined) time.trust()
  else time.serverSaid(date)
  return true
}
